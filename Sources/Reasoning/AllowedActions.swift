public import Policy

/// Actions that every statement of some policies treats alike: what is so of one of them is so of all.
enum ActionClasses {
    static func classes(_ actions: AskedActions, _ policies: [SymbolicPolicy]) -> [[String]] {
        let statements = policies.flatMap(\.statements)
        var classes: [Signature: [String]] = [:]
        var order: [Signature] = []
        for (index, action) in actions.names.enumerated() {
            let pattern = actions.patterns[index]
            let signature = Signature(
                kind: actions.kinds[index], statements: statements.map { $0.matches(pattern) })
            if classes[signature] == nil { order.append(signature) }
            classes[signature, default: []].append(action)
        }
        return order.compactMap { classes[$0] }
    }

    private struct Signature: Hashable {
        /// Of which the rules of evaluation speak: a service, or one of some actions of KMS's.
        var kind: Int
        /// Whether each statement is about the action.
        var statements: [Bool]
    }
}

/// Actions that are asked about, made ready once for many questions.
public struct AskedActions: Sendable {
    /// Full names, no patterns.
    public let names: [String]
    let patterns: [Pattern]
    /// Equal for those that the rules of evaluation do not tell apart by name.
    let kinds: [Int]

    /// Makes actions ready.
    /// - Parameter names: full names, no patterns.
    public init(_ names: [String]) {
        self.names = names
        patterns = names.map { Pattern.action($0) }
        var numbers: [String: Int] = [:]
        kinds = names.map { name in
            let name = name.lowercased()
            let kind = Self.treatedApart.contains(name) ? name : String(name.prefix { $0 != ":" })
            if let known = numbers[kind] { return known }
            numbers[kind] = numbers.count
            return numbers.count - 1
        }
    }

    private static let treatedApart: Set<String> = [
        "kms:retiregrant", "kms:describekey", "kms:creategrant", "kms:createalias", "kms:updatealias",
        "kms:deletealias", "kms:createkey", "kms:listkeys", "kms:listaliases", "kms:listretirablegrants",
        "kms:generaterandom",
    ]
}
