import Policy

/// The condition keys that policies mention, in conditions and in variables: as written first, each once.
struct ContextKeys {
    private(set) var names: [String] = []
    private var seen: Set<String> = []

    init(_ documents: [PolicyDocument] = []) {
        for document in documents {
            for statement in document.statements { add(statement, document.version) }
        }
    }

    mutating func add(_ statement: Statement, _ version: PolicyDocument.Version) {
        for resource in statement.resources?.values ?? [] { addVariables(resource.value, version) }
        for condition in statement.conditions {
            add(condition.key.value)
            for value in condition.values { addVariables(value.value, version) }
        }
    }

    private mutating func add(_ name: String) {
        if seen.insert(name.lowercased()).inserted { names.append(name) }
    }

    /// `${key}` and `${key, 'default'}`; the older version of the language has no variables.
    private mutating func addVariables(_ text: String, _ version: PolicyDocument.Version) {
        guard version == .v2012 else { return }
        for part in text.split(separator: "${", omittingEmptySubsequences: false).dropFirst() {
            guard let end = part.firstIndex(of: "}") else { continue }
            let name = part[..<end].prefix { $0 != "," && $0 != " " }
            if name.contains(":") { add(String(name)) }
        }
    }
}
