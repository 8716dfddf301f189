public import Policy

/// A question about a caller and a resource: what the one may do with the other, and under which conditions.
public struct InsideQuestion: Sendable {
    /// One of the decisions that a request needs: by the caller's policies and those of the resource, or of a way to it.
    public struct Door: Sendable {
        let caller: BoundCaller
        let owner: String
        let alias: ResourceAlias?

        /// Makes a door.
        ///
        /// - Parameters:
        ///   - caller: who asks, with all that binds its requests here.
        ///   - owner: the account that owns what is asked for.
        ///   - alias: the name by which policies speak of the resource here; nil: its own.
        public init(_ caller: BoundCaller, owner: String, alias: ResourceAlias? = nil) {
            self.caller = caller
            self.owner = owner
            self.alias = alias
        }
    }

    /// All of them have to allow a request. They have one caller.
    public var doors: [Door]
    /// A request that this allows does not count; nil: all count.
    public var unless: Door?
    /// The resource, and what is in it, as patterns.
    public var resources: [String]
    /// The actions that there are.
    public var actions: AskedActions
    /// The condition keys that every request has, in lower case.
    public var context: [String: ContextValue]
    /// Those that no request has, in lower case.
    public var absentKeys: Set<String>

    /// Makes a question; see the properties.
    public init(
        doors: [Door], unless: Door? = nil, resources: [String], actions: AskedActions,
        context: [String: ContextValue] = [:], absentKeys: Set<String> = []
    ) {
        self.doors = doors
        self.unless = unless
        self.resources = resources
        self.actions = actions
        self.context = context
        self.absentKeys = absentKeys
    }
}

/// Access that a caller has, under some conditions.
public struct InsideAccess: Sendable {
    /// In the order of the question.
    public let actions: [String]
    /// What must be so of a request, by the names of condition keys as they are written.
    public let conditions: [String: String]
    /// A request that proves it.
    public let witness: Witness
}

extension Checks {
    /// What a caller may do with a resource, and under which conditions.
    ///
    /// A condition is told where there is no access without it: of the conditions of all statements that allow, each value by
    /// itself, and of those that deny what they spare, where it says who asks or from where. Of access under conditions, what is
    /// there without them is left out. Where it can't be decided what is needed, access is told without conditions, never left
    /// out.
    ///
    /// - Returns: the access, and whether something could not be decided.
    /// - Complexity: linear in the statements for each group of actions that no statement tells apart; where conditions count,
    ///   in the combinations of their values, up to a bound.
    public func insideAccess(_ question: InsideQuestion) -> (access: [InsideAccess], isUndecided: Bool) {
        guard var search = InsideSearch(question, domain) else { return ([], false) }
        return search.result()
    }
}

private struct InsideSearch {
    private let question: InsideQuestion
    private let domain: Domain
    private let principal: Principal
    private let policies: [SymbolicPolicy]
    private let resources: Formula
    /// What is so of the condition keys of all requests.
    private let facts: KeyFacts
    private var found: [ConditionalAccess] = []
    private var isUndecided = false

    init?(_ question: InsideQuestion, _ domain: Domain) {
        guard let caller = question.doors.first?.caller else { return nil }
        self.question = question
        self.domain = domain
        principal = caller.principal
        let doors = question.doors + [question.unless].compactMap { $0 }
        policies = doors.flatMap { $0.caller.policies.all }
        resources = .resource(.resources(question.resources), true)
        var facts = KeyFacts()
        for door in doors { facts.add(door.caller.keys) }
        let keys = doors.reduce(into: Set<String>()) { $0.formUnion($1.caller.policies.keys) }
        facts.add(question.context, absent: question.absentKeys, of: keys)
        self.facts = facts
    }

    mutating func result() -> (access: [InsideAccess], isUndecided: Bool) {
        for actions in ActionClasses.classes(question.actions, policies) { look(at: actions) }
        let order = Dictionary(question.actions.names.enumerated().map { ($1, $0) }) { first, _ in first }
        let access = found.widest.map { one in
            InsideAccess(
                actions: one.actions.sorted { order[$0] ?? 0 < order[$1] ?? 0 }, conditions: one.conditionValues,
                witness: one.witness)
        }
        return (access, isUndecided)
    }

    /// Looks at actions that all statements treat alike.
    private mutating func look(at actions: [String]) {
        guard let first = actions.first else { return }
        let action = PatternSet([.action(first)])
        var formulas: [Formula] = [.action(action, true), resources]
        var cells = CellSources()
        for door in question.doors {
            guard let allowed = allowed(door, action, &cells) else {
                isUndecided = true
                return
            }
            if case .always(false) = allowed { return }
            formulas.append(allowed)
        }
        if let unless = question.unless {
            var others = CellSources()
            guard let allowed = allowed(unless, action, &others) else {
                isUndecided = true
                return
            }
            formulas.append(allowed.negated)
        }
        var doubts = 0
        func solve(_ more: KeyFacts, _ meter: Meter) -> Witness? {
            var known = facts
            known.add(more)
            switch Solver(domain: domain, meter: meter, facts: known).solve(formulas) {
            case .none: return nil
            case .unknown: break
            case .found(let assignment):
                if !meter.isExhausted, let witness = confirmed(assignment, first) { return witness }
            }
            doubts += 1
            return nil
        }
        guard let witness = solve(KeyFacts(), Meter(domain.budget)) else {
            if doubts > 0 { isUndecided = true }
            return
        }
        let meter = Meter(domain.budget)
        let groups = Cell.groups(cells.allows, cells.denies)
        let leaves = groups.isEmpty ? [] : ConditionSearch.leaves(groups) { solve($0, meter) }
        let name = Outsiders.Name(type: "AWS", value: principal.arn)
        guard doubts == 0, !leaves.isEmpty else {
            found.add(ConditionalAccess(name: name, conditions: [], actions: Set(actions), witness: witness))
            return
        }
        for leaf in leaves {
            found.add(
                ConditionalAccess(name: name, conditions: leaf.cells, actions: Set(actions), witness: leaf.witness))
        }
    }

    /// The statements whose conditions may tell access apart.
    private struct CellSources {
        var allows: [Statement] = []
        var denies: [Statement] = []
    }

    /// The requests that a door lets in; nil where that depends on what formulas don't say.
    /// - Parameter cells: gets the statements that have a say.
    private func allowed(_ door: InsideQuestion.Door, _ action: PatternSet, _ cells: inout CellSources) -> Formula? {
        let names = door.alias.map { alias in question.resources.compactMap(alias.name(of:)) } ?? question.resources
        guard !names.isEmpty else { return .always(false) }
        let target = Relevance(actions: action, resources: .resources(names))
        let policies = door.caller.policies
        let hasBoundary = policies.inputs.boundaries != nil
        // What the resource says comes first.
        let own = policies.resourcePolicies
        for policy in own + policies.all.filter({ one in !own.contains { $0 === one } }) {
            func statements(ofDenies isDeny: Bool) -> [Statement] {
                target.places(in: policy, ofDenies: isDeny).compactMap { place in
                    let reach = policy.policy.reach(ofStatement: place, principal, hasBoundary: hasBoundary)
                    let statement = policy.document.statements[place]
                    return reach == .none || statement.conditions.isEmpty ? nil : statement
                }
            }
            cells.allows += statements(ofDenies: false)
            cells.denies += statements(ofDenies: true)
        }
        let allowed = policies.allowed(
            principal, resourceAccount: door.owner, of: target, knowing: door.caller.known)
        guard let alias = door.alias else { return allowed }
        return allowed?.through(alias, knowing: door.caller.known)
    }

    /// The request that was found, decided by the engine.
    private func confirmed(_ assignment: Solver.Assignment, _ action: String) -> Witness? {
        var context = question.context
        // Variables whose values are known are in no formula any more.
        for (key, value) in question.doors.first?.caller.known ?? [:] {
            if case .text(let text) = value { context[key] = .one(text) }
        }
        context.merge(assignment.context) { _, own in own }
        func request(_ door: InsideQuestion.Door) -> AuthorizationRequest? {
            let resource = door.alias.map { $0.name(of: assignment.resource) } ?? assignment.resource
            return resource.map {
                AuthorizationRequest(principal: principal, action: action, resource: $0, resourceAccount: door.owner)
            }
        }
        var first: (request: AuthorizationRequest, decision: Decision)?
        for door in question.doors {
            guard let request = request(door) else { return nil }
            let decision = PolicyEvaluator.evaluate(request, door.caller.policies.inputs, DictionaryContext(context))
            guard decision.isAllowed else { return nil }
            first = first ?? (request, decision)
        }
        if let unless = question.unless {
            guard let request = request(unless),
                !PolicyEvaluator.allows(request, unless.caller.policies.inputs, DictionaryContext(context))
            else { return nil }
        }
        guard let first else { return nil }
        return Witness(
            request: first.request, context: context,
            absentKeys: Set(assignment.absent).union(question.absentKeys).sorted(), decision: first.decision)
    }
}
