/// Decides beforehand what does not depend on the request: the settings of the Core Rule Set, and the rules that skip those of
/// higher paranoia levels.
struct ConstantFolding {
    private(set) var variables = TransactionVariables()
    /// Names that rules set once requests are looked at, and what such names begin with.
    private var changing: Set<[UInt8]> = []
    private var changingPrefixes: [[UInt8]] = []

    /// The numbers of the rules that set the Core Rule Set up.
    private static let setup = 900_000..<902_000

    init(_ rules: some Sequence<SecRule>) {
        for rule in rules where !Self.setup.contains(rule.id) {
            for assignment in rule.links.flatMap(\.assignments) {
                if let name = assignment.name.constant {
                    changing.insert(name.map(asciiLowercased))
                } else if case .literal(let prefix)? = assignment.name.parts.first {
                    changingPrefixes.append(prefix.map(asciiLowercased))
                } else {
                    changingPrefixes.append([])
                }
            }
        }
    }

    /// Sets a variable before any rule does: what an operator has chosen.
    mutating func set(_ name: String, _ value: Int) { variables.set(Array(name.utf8), Array(String(value).utf8)) }

    /// What becomes of a rule.
    enum Outcome {
        /// It has to be asked for each request.
        case asked
        /// It never matches, or nothing comes of it.
        case done
        /// It always matches, and those behind it are skipped.
        case skips(String)
    }

    mutating func fold(_ rule: SecRule) -> Outcome {
        guard rule.unread == nil, !rule.denies || Self.setup.contains(rule.id) else { return .asked }
        for link in rule.links {
            guard let test = link.test else { continue }
            guard let holds = holds(test) else { return .asked }
            if !holds { return .done }
        }
        let assignments = rule.links.flatMap(\.assignments)
        guard assignments.isEmpty || Self.setup.contains(rule.id) else { return .asked }
        for assignment in assignments {
            guard isConstant(assignment.value), assignment.name.constant != nil else { return .asked }
        }
        for assignment in assignments {
            guard let name = assignment.name.constant, let value = variables.expanded(assignment.value) else {
                continue
            }
            variables.assign(name, assignment.change, value)
        }
        // A rule that logs is one that is to be told of.
        if let marker = rule.skipAfter { return .skips(marker) }
        return rule.isLogged && rule.links.contains { $0.test != nil } && !Self.setup.contains(rule.id) ? .asked : .done
    }

    /// nil: it depends on the request.
    private func holds(_ test: SecLink.Test) -> Bool? {
        guard test.transformations.allSatisfy({ $0 == .shared(.urlDecodeUnicode) || $0 == .shared(.lowercase) }),
            let text = test.condition.text, isConstant(text), let wanted = variables.expanded(text)
        else { return nil }
        var isMatch = false
        for choice in test.variables.choices {
            guard choice.variable == .transaction, case .name(let name)? = choice.selector, !isChanging(name) else {
                return nil
            }
            let value = variables[name]
            let values = choice.isCount ? [Array((value == nil ? "0" : "1").utf8)] : value.map { [$0] } ?? []
            if values.contains(where: { test.condition.holds($0, wanted) != test.isNegated }) { isMatch = true }
        }
        return isMatch
    }

    private func isConstant(_ text: SecText) -> Bool {
        text.parts.allSatisfy { part in
            switch part {
            case .literal, .empty: true
            case .variable(.transaction, let key): key.map { !isChanging($0) } ?? false
            case .variable: false
            }
        }
    }

    private func isChanging(_ name: [UInt8]) -> Bool {
        // What expressions capture.
        if name.count == 1, (0x30...0x39).contains(name[0]) { return true }
        return changing.contains(name) || changingPrefixes.contains { name.starts(with: $0) }
    }
}
