public import Policy

/// A caller with everything that binds its requests.
public struct BoundCaller: Sendable {
    /// Who asks. Of a role, one of its sessions.
    public let principal: Principal
    /// The policies that bind it, and the resource's.
    public let policies: SymbolicInputs
    /// What must be so of the condition keys of its requests.
    let keys: KeyFacts
    /// The values of those of them that can have no other.
    let known: Bindings

    /// Makes a caller.
    ///
    /// - Parameters:
    ///   - tags: the caller's tags, which are all that `aws:PrincipalTag/…` can be. nil: nothing is known of them.
    ///   - domain: says whether condition keys are what the principal says they are.
    public init(
        _ principal: Principal, _ policies: SymbolicInputs, tags: [String: String]? = [:], domain: Domain = .aws
    ) {
        self.principal = principal
        self.policies = policies
        guard domain.relatesKeys else {
            (keys, known) = (KeyFacts(), [:])
            return
        }
        let named = policies.keys
        var keys = Caller.relations(principal, false, nil, named)
        for key in named where key.hasPrefix(Self.tagPrefix) {
            guard let tags else { continue }
            let name = key.dropFirst(Self.tagPrefix.count)
            if let tag = tags.first(where: { $0.key.lowercasedASCII == name }), !tag.value.isEmpty {
                keys.add(KeyTest(key: key, isOneOf: [.text(tag.value)]), true)
            } else {
                keys.add(KeyTest(present: key), false)
            }
        }
        if named.contains("aws:userid"), !principal.uniqueID.isEmpty {
            let isSession = principal.kind == .roleSession || principal.kind == .role
            let pattern = isSession ? Pattern.wild(principal.uniqueID + ":?*") : .text(principal.uniqueID)
            keys.add(KeyTest(key: "aws:userid", isOneOf: [pattern]), true)
        }
        self.keys = keys
        known = keys.onlyValues
    }

    private static let tagPrefix = "aws:principaltag/"
}

/// Something that may be done: actions on resources.
public struct AccessTarget: Sendable {
    private(set) var formulas: [Formula]
    /// nil: any.
    let actions: PatternSet?
    /// nil: any.
    let resources: PatternSet?
    /// The account that owns the resources; nil: the one in their ARNs, or the caller's own.
    public let resourceAccount: String?

    /// Makes a target.
    ///
    /// - Parameters:
    ///   - actions: patterns such as "s3:Delete*"; none: any action.
    ///   - resources: patterns as in an element `Resource`; none: any resource.
    public init(_ actions: [String], on resources: [String], resourceAccount: String? = nil) {
        var formulas: [Formula] = []
        self.actions = actions.isEmpty ? nil : PatternSet(actions.map { Pattern.action($0) })
        if let actions = self.actions { formulas.append(.action(actions, true)) }
        self.resources = resources.isEmpty ? nil : .resources(resources)
        if let resources = self.resources { formulas.append(.resource(resources, true)) }
        self.formulas = formulas
        self.resourceAccount = resourceAccount
    }

    /// The target, of requests whose resource is one of these as well.
    ///
    /// - Parameter resources: patterns as in an element `Resource`.
    public func alsoOn(_ resources: [String]) -> AccessTarget {
        var target = self
        target.formulas.append(.resource(.resources(resources), true))
        return target
    }

    /// The target, but for some actions.
    ///
    /// - Parameter actions: patterns such as "sts:AssumeRole*".
    public func but(_ actions: [String]) -> AccessTarget {
        var target = self
        target.formulas.append(.action(PatternSet(actions.map { Pattern.action($0) }), false))
        return target
    }

    /// The target, but for some resources.
    ///
    /// - Parameter resources: patterns as in an element `Resource`.
    public func butNotOn(_ resources: [String]) -> AccessTarget {
        var target = self
        target.formulas.append(.resource(.resources(resources), false))
        return target
    }

    /// The target, of requests whose resource has a form.
    ///
    /// In policies a wildcard stands for colons, too, so that a resource can be found that fits a pattern and is no ARN of its
    /// type. Here it stands for one character or more between two colons.
    /// - Parameter form: an ARN with "*" for what a resource has of its own.
    public func inForm(_ form: String) -> AccessTarget {
        var target = self
        let symbols = form.unicodeScalars.flatMap { $0 == "*" ? [Symbol.oneInSegment, .manyInSegment] : [$0.value] }
        target.formulas.append(.resource(PatternSet([Pattern(symbols)]), true))
        return target
    }

    /// The target, of requests that name no resource: "*".
    public var withoutResource: AccessTarget {
        var target = self
        target.formulas.append(.resource(PatternSet([], matchesNone: true), true))
        return target
    }

    /// The target, of requests with certain condition keys.
    ///
    /// - Parameter context: the one value that a key has, by its name in lower case; nil: the key is not there.
    public func with(_ context: [String: String?]) -> AccessTarget {
        var target = self
        for (key, value) in context.sorted(by: { $0.key < $1.key }) {
            if let value {
                target.formulas.append(.key(KeyTest(key: key, isOneOf: [.text(value)]), true))
            } else {
                target.formulas.append(.key(KeyTest(present: key), false))
            }
        }
        return target
    }

    fileprivate var relevance: Relevance { Relevance(actions: actions, resources: resources) }
}

extension Checks {
    /// Whether a caller may do something, by everything that binds it together.
    ///
    /// - Complexity: grows with the statements that speak of the target's actions; some microseconds for a caller with a
    ///   handful of policies.
    public func access(of caller: BoundCaller, to target: AccessTarget) -> Answer {
        answer(caller, target, target.relevance, beside: [])
    }

    /// Who of some callers may do something: an answer for each, in their order.
    ///
    /// - Complexity: as for each by itself, but that what a policy has to say about the target is looked up once for all
    ///   callers that share it.
    public func access(of callers: [BoundCaller], to target: AccessTarget) -> [Answer] {
        let relevance = target.relevance
        return callers.map { answer($0, target, relevance, beside: []) }
    }

    /// As `access(of:to:)`, of requests of which other things are true as well.
    func answer(_ caller: BoundCaller, _ target: AccessTarget, beside others: [Formula]) -> Answer {
        answer(caller, target, target.relevance, beside: others)
    }

    private func answer(
        _ caller: BoundCaller, _ target: AccessTarget, _ relevance: Relevance, beside others: [Formula]
    ) -> Answer {
        let policies = caller.policies
        guard
            let allowed = policies.allowed(
                caller.principal, resourceAccount: target.resourceAccount, of: relevance,
                knowing: caller.known)
        else { return .unknown(.encryptionContext) }
        if case .always(false) = allowed { return .no }
        let meter = Meter(domain.budget)
        let solver = Solver(domain: domain, meter: meter, facts: caller.keys)
        switch solver.solve(target.formulas + others + [allowed]) {
        case .none: return .no
        case .unknown: return .unknown(meter.doubt ?? .budget)
        case .found(let assignment):
            if meter.isExhausted { return .unknown(.budget) }
            let request = AuthorizationRequest(
                principal: caller.principal, action: assignment.action, resource: assignment.resource,
                resourceAccount: target.resourceAccount)
            let decision = PolicyEvaluator.evaluate(
                request, policies.inputs, DictionaryContext(assignment.context))
            guard decision.isAllowed else { return .unknown(.disagreement) }
            return .yes(
                Witness(
                    request: request, context: assignment.context, absentKeys: assignment.absent.sorted(),
                    decision: decision))
        }
    }
}
