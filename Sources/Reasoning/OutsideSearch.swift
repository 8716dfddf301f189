import Policy

/// The search for everybody from outside whom a resource lets in.
struct OutsideSearch {
    private let question: OutsideQuestion
    private let domain: Domain
    private let policies: [SymbolicPolicy]
    private let keys: Set<String>
    private let outsiders: Outsiders
    // Most policies let nobody in but whom they name.
    private lazy var strangers = outsiders.strangers()
    private lazy var named = outsiders.named()
    /// The question's actions, those that every statement treats alike together.
    private let classes: [[String]]
    private let resources: Formula
    private var found: [ConditionalAccess] = []
    /// The action that is asked about, as it is written.
    private var asked = ""
    private var isUndecided = false

    init(_ question: OutsideQuestion, _ domain: Domain) {
        self.question = question
        self.domain = domain
        policies = question.doors.flatMap(\.policies.all)
        keys = question.doors.reduce(into: []) { $0.formUnion($1.policies.keys) }
        outsiders = Outsiders(policies, keys, question, domain)
        classes = ActionClasses.classes(question.actions, policies)
        resources = .resource(.resources(question.resources), true)
    }

    /// What was found, without what something wider contains.
    var result: (access: [OutsideAccess], isUndecided: Bool) {
        let order = Dictionary(question.actions.names.enumerated().map { ($1, $0) }) { first, _ in first }
        let kept = found.widest.map { one in
            OutsideAccess(
                principalType: one.name.type, principal: one.name.value,
                actions: one.actions.sorted { order[$0] ?? 0 < order[$1] ?? 0 }, conditions: one.conditionValues,
                isPublic: one.isPublic, witness: one.witness)
        }
        return (kept, isUndecided)
    }

    // MARK: Statements and grants

    mutating func look(at statement: SymbolicStatement, of policy: SymbolicPolicy) {
        let source = policy.document.statements[statement.index]
        guard let principals = source.principals else { return }
        let own = classes.filter { $0.first.map { statement.matches(.action($0)) } == true }
        guard !own.isEmpty else { return }
        let alias = question.doors.first?.alias
        guard let applies = alias.map({ statement.applies.through($0) }) ?? statement.applies else {
            isUndecided = true
            return
        }
        let isForAll = principals.isNegated || principals.entries.contains(where: \.isEverybody)
        if isForAll {
            let reached = strangers.filter { isReached($0.principal, statement, policy) }
            for actions in own {
                let cells = cells(of: source, actions)
                let isFound = search(
                    reached, .everybody, actions, [applies], cells, mayBePublic: true)
                // Only some whom other statements name may have it.
                guard !isFound else { continue }
                for (name, callers) in named {
                    let callers = callers.filter { isReached($0.principal, statement, policy) }
                    search(callers, name, actions, [applies], cells, mayBePublic: false)
                }
            }
        }
        guard !principals.isNegated else { return }
        for entry in principals.entries where !entry.isEverybody {
            guard let (name, callers) = outsiders.callers(entry.type, entry.value) else { continue }
            for actions in own {
                search(
                    callers, name, actions, [applies], cells(of: source, actions), mayBePublic: false)
            }
        }
    }

    private func isReached(_ principal: Principal, _ statement: SymbolicStatement, _ policy: SymbolicPolicy) -> Bool {
        policy.policy.reach(ofStatement: statement.index, principal, hasBoundary: false) != .none
    }

    mutating func look(at grant: KeyGrant) {
        guard !grant.grantee.hasSuffix(".amazonaws.com"),
            let (name, callers) = outsiders.callers("AWS", grant.grantee)
        else { return }
        let operations = Set(grant.operations.map { "kms:\($0)" })
        let constraints = Cell.of(grant.constraints)
        let needed = constraints.map { Formula.key($0.test, true) }
        for actions in classes {
            let granted = actions.filter(operations.contains)
            guard !granted.isEmpty else { continue }
            // Who may see or retire a grant does not depend on what it was made for.
            let isFree = ["kms:DescribeKey", "kms:RetireGrant", "kms:CreateGrant"].contains(granted[0])
            let cells = cells(of: nil, granted)
            search(
                callers, name, granted, isFree ? [] : needed,
                cells + (isFree ? [] : constraints.map { [$0] }), mayBePublic: false)
        }
    }

    /// The conditions by which access is told apart: those of a statement, and those that spare a request from being denied.
    private func cells(of statement: Statement?, _ actions: [String]) -> [[Cell]] {
        let action = actions.first.map { Pattern.action($0) }
        let denies = policies.flatMap { policy in
            policy.statements.filter { denies in denies.isDeny && action.map { denies.matches($0) } == true }
                .map { policy.document.statements[$0.index] }
        }
        return Cell.groups(statement.map { [$0] } ?? [], denies)
    }

    // MARK: Conditions

    /// Looks for access of some callers to actions that are treated alike, in each combination of conditions' values.
    /// - Returns: whether there is any.
    @discardableResult
    private mutating func search(
        _ callers: [Caller], _ name: Outsiders.Name, _ actions: [String], _ formulas: [Formula], _ cells: [[Cell]],
        mayBePublic: Bool
    ) -> Bool {
        guard let first = actions.first, !callers.isEmpty else { return false }
        let action = PatternSet([.action(first)])
        asked = first
        let formulas = [.action(action, true), resources] + formulas
        var isFound = false
        let undecidedBefore = undecided.value
        let leaves = ConditionSearch.leaves(cells) { solve(callers, action, formulas, $0) }
        if undecided.value != undecidedBefore { isUndecided = true }
        for leaf in leaves {
            isFound = true
            let isPublic = mayBePublic && isPublic(callers, action, formulas, leaf.facts)
            found.add(
                ConditionalAccess(
                    name: name, conditions: leaf.cells, actions: Set(actions), isPublic: isPublic,
                    witness: leaf.witness))
        }
        return isFound
    }

    private func isPublic(
        _ callers: [Caller], _ action: PatternSet, _ formulas: [Formula], _ facts: KeyFacts
    ) -> Bool {
        var facts = facts
        for policy in policies { facts.add(Checks.trustedValues(policy)) }
        let strange = outsiders.strangeAccount
        let callers = callers.filter { $0.principal.kind == .anonymous || $0.principal.accountID == strange }
        let before = undecided.value
        defer { undecided.value = before }
        return solve(callers, action, formulas, facts) != nil
    }

    // MARK: One question

    private final class Count { var value = 0 }
    private let undecided = Count()

    /// A request of one of some callers that is let in.
    private func solve(
        _ callers: [Caller], _ action: PatternSet, _ formulas: [Formula], _ facts: KeyFacts
    ) -> Witness? {
        var isUnknown = false
        let target = Relevance(actions: action)
        for caller in callers {
            var known = caller.keys
            known.add(facts)
            var all = formulas
            var isImpossible = false
            for door in question.doors {
                let own = door.policies.allowed(caller.principal, resourceAccount: door.owner, of: target)
                guard let allowed = door.alias.map({ own?.through($0) }) ?? own else {
                    isUnknown = true
                    isImpossible = true
                    break
                }
                all.append(allowed)
            }
            if isImpossible { continue }
            let meter = Meter(domain.budget)
            switch Solver(domain: domain, meter: meter, facts: known).solve(all) {
            case .none: continue
            case .unknown: isUnknown = true
            case .found(let assignment):
                if let witness = confirmed(assignment, caller), !meter.isExhausted { return witness }
                isUnknown = true
            }
        }
        if isUnknown { undecided.value += 1 }
        return nil
    }

    /// The request that was found, decided by the engine.
    private func confirmed(_ assignment: Solver.Assignment, _ caller: Caller) -> Witness? {
        var principal = caller.named(by: assignment.context)
        if principal.accountID != caller.principal.accountID { principal = caller.principal }
        let context = question.context.merging(assignment.context) { _, own in own }
        var decision: Decision?
        for door in question.doors {
            let resource = door.alias.map { $0.name(of: assignment.resource) } ?? assignment.resource
            guard let resource else { return nil }
            let request = AuthorizationRequest(
                principal: principal, action: asked, resource: resource, resourceAccount: door.owner)
            let made = PolicyEvaluator.evaluate(request, door.deciding, DictionaryContext(context))
            guard made.isAllowed else { return nil }
            decision = decision ?? made
        }
        guard let decision, let owner = question.doors.first?.owner else { return nil }
        return Witness(
            request: AuthorizationRequest(
                principal: principal, action: asked, resource: assignment.resource, resourceAccount: owner),
            context: context, absentKeys: (assignment.absent + question.absentKeys).sorted(), decision: decision)
    }
}

extension PrincipalEntry {
    fileprivate var isEverybody: Bool { value == "*" && (type == "AWS" || type == "*") }
}
