public import Policy

/// Actions that every statement of some policies treats alike: what is so of one of them is so of all.
enum ActionClasses {
    private struct Signature: Hashable {
        var service: String
        /// Whether each statement is about the action.
        var statements: [Bool]
    }

    private static let treatedApart: Set<String> = [
        "kms:retiregrant", "kms:describekey", "kms:creategrant", "kms:createalias", "kms:updatealias",
        "kms:deletealias", "kms:createkey", "kms:listkeys", "kms:listaliases", "kms:listretirablegrants",
        "kms:generaterandom",
    ]

    static func classes(_ actions: [String], _ policies: [SymbolicPolicy]) -> [[String]] {
        let statements = policies.flatMap(\.statements)
        var classes: [Signature: [String]] = [:]
        var order: [Signature] = []
        for action in actions {
            let pattern = Pattern.action(action)
            // The rules of evaluation speak of services, and of some of KMS's actions.
            let isKMS = action.prefix(4).lowercased() == "kms:"
            let signature = Signature(
                service: isKMS && treatedApart.contains(action.lowercased())
                    ? action.lowercased() : action.prefix { $0 != ":" }.lowercased(),
                statements: statements.map { $0.matches(pattern) })
            if classes[signature] == nil { order.append(signature) }
            classes[signature, default: []].append(action)
        }
        return order.compactMap { classes[$0] }
    }
}

extension Checks {
    /// Which of some actions a caller may do.
    ///
    /// - Parameters:
    ///   - actions: full names, no patterns.
    ///   - resources: patterns as in an element `Resource`.
    ///   - owner: the account that owns the resources.
    /// - Returns: the actions in the order of the question, a request for one of them, and whether some are not decided.
    /// - Complexity: linear in the statements for each group of actions that no statement tells apart.
    public func actions(
        _ actions: [String], of caller: BoundCaller, on resources: [String], owner: String
    ) -> (allowed: [String], witness: Witness?, isUndecided: Bool) {
        var allowed: Set<String> = []
        var witness: Witness?
        var isUndecided = false
        for alike in ActionClasses.classes(actions, caller.policies.all) {
            guard let first = alike.first else { continue }
            switch access(of: caller, to: AccessTarget([first], on: resources, resourceAccount: owner)) {
            case .yes(let found):
                allowed.formUnion(alike)
                witness = witness ?? found
            case .no: break
            case .unknown: isUndecided = true
            }
        }
        return (actions.filter(allowed.contains), witness, isUndecided)
    }
}
