public import Policy

/// A decision as it is drawn: the stages of AWS's evaluation in their order, each with what was consulted and what came of it.
///
/// ```swift
/// for stage in DecisionStages(denied).stages where stage.outcome != .notApplicable {
///     print(stage.title, stage.outcome.rawValue, stage.isDecisive ? "←" : "")
///     for policy in stage.policies { for statement in policy.statements { print(statement.lines) } }
/// }
/// ```
///
/// AWS: "Policy evaluation logic", `reference_policies_evaluation-logic.html`: first a deny anywhere, then resource control
/// policies, service control policies, the resource's policy, identity-based policies, the permissions boundary, session
/// policies; and last the policy of a VPC endpoint.
public struct DecisionStages: Sendable {
    /// The decision that is drawn.
    public let decision: Decision
    /// AWS's message for it; "" if it is an allow.
    public let message: String
    /// In AWS's order. Each level of an organization is a stage of its own, root first.
    public let stages: [Stage]

    /// A step of the evaluation.
    public struct Stage: Sendable, Hashable {
        /// Which stage.
        public let kind: Kind
        /// Where the control policies of a level are attached; nil for other kinds.
        public let place: ControlLevel?
        /// The stage in words: "Service control policies at root r-8xwk".
        public let title: String
        /// What was found.
        public let outcome: Outcome
        /// Whether the decision fell here.
        public let isDecisive: Bool
        /// What was consulted.
        public let policies: [ConsultedPolicy]
        /// What there is to say besides: a policy that is missing, grants.
        public let notes: [String]
    }

    /// The stages.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Whether any statement of any policy denies.
        case explicitDeny
        /// One level of resource control policies.
        case resourceControl
        /// One level of service control policies.
        case serviceControl
        /// The resource's policy, a role's trust policy, an access control list, a key's grants.
        case resource
        /// The caller's own policies and those of its groups.
        case identity
        /// The permissions boundary.
        case permissionsBoundary
        /// Session policies.
        case session
        /// The policy of the VPC endpoint that the request came through.
        case endpoint
    }

    /// What was found in a stage.
    public enum Outcome: String, Sendable, Hashable {
        /// A statement allows; in the first stage: none denies.
        case allowed
        /// A statement denies explicitly.
        case denied
        /// No statement matches where one would have to: that is an implicit deny.
        case noMatch
        /// No statement matches, and none has to.
        case silent
        /// There is nothing of the kind that binds the request.
        case notApplicable
    }

    /// A policy that was looked at.
    public struct ConsultedPolicy: Sendable, Hashable {
        /// Where it comes from.
        public let source: PolicySource
        /// Its statements; those about other actions too, which ``ConsultedStatement/isNear`` tells apart.
        public let statements: [ConsultedStatement]
    }

    /// A statement that was looked at.
    public struct ConsultedStatement: Sendable, Hashable {
        /// Counted from 1, as messages do.
        public let number: Int
        /// nil: it has none.
        public let sid: String?
        /// "Allow" or "Deny".
        public let effect: String
        /// The line of the document on which it begins, counted from 1.
        public let line: Int
        /// Whether it counts for the request.
        public let applies: Bool
        /// Whether it does not apply but is about the action, so that it says what would have been needed.
        public let isNear: Bool
        /// Its elements, each with what was found: what a page shows beside the statement.
        public let elements: [Element]

        /// An element or a condition of a statement.
        public struct Element: Sendable, Hashable {
            /// "action", "resource", "principal", or a condition's key.
            public let name: String
            /// Whether it matched.
            public let matched: Bool
            /// A condition's operator; nil for other elements.
            public let operatorName: String?
            /// What the policy wants, with variables replaced as far as they have values.
            public let wanted: [String]
            /// What the request has; nil: nothing.
            public let found: [String]?

            /// `action matched`, `condition aws:SourceIp failed: had 127.0.0.1, wants IpAddress 10.0.0.0/8`
            public var text: String {
                let isCondition = operatorName != nil
                let name = isCondition ? "condition \(name)" : name
                guard !matched else { return "\(name) matched" }
                let had = found.map { $0.isEmpty ? "an empty list" : $0.joined(separator: ", ") } ?? "no such key"
                let wants = ([operatorName].compactMap { $0 } + [wanted.joined(separator: " or ")]).joined(
                    separator: " ")
                return "\(name) \(isCondition ? "failed" : "not matched"): had \(had), wants \(wants)"
            }
        }

        /// Where it misses, in one line: what matched, then what did not.
        public var lines: String { elements.map(\.text).joined(separator: ", ") }
    }
}

extension DecisionStages {
    /// Draws the decision about a request, which need not be denied.
    ///
    /// - Complexity: as of `PolicyEvaluator.explain`: linear in the size of all policies that bind the request.
    public init(_ asked: DeniedRequest) {
        let trace = asked.trace
        decision = trace.decision
        message = trace.message
        stages = StageReader(asked, trace).stages
    }
}

/// Sorts a trace into stages.
private struct StageReader {
    let asked: DeniedRequest
    let trace: Trace
    /// A trace names the policies of most types by what they were compiled as; their order says what they are used as.
    private var rest: ArraySlice<Trace.Policy>

    init(_ asked: DeniedRequest, _ trace: Trace) {
        self.asked = asked
        self.trace = trace
        rest = trace.policies[...]
    }

    var stages: [DecisionStages.Stage] {
        var reader = self
        let inputs = asked.inputs
        let isBound = !trace.policies.isEmpty
        var stages: [DecisionStages.Stage] = []
        let resourceLevels = reader.levels(.resourceControl, inputs.resourceControlLevels?.count)
        let serviceLevels = reader.levels(.serviceControl, inputs.serviceControlLevels?.count)
        stages += reader.stages(.resourceControl, resourceLevels, inputs.resourceControlPlaces(asked.request))
        stages += reader.stages(.serviceControl, serviceLevels, inputs.serviceControlPlaces(asked.request))
        let ofResource = [inputs.roleTrust, inputs.resource, inputs.accessControlList].compactMap { $0 }.count
        let resource = reader.take(isBound ? ofResource : 0)
        stages.append(reader.stage(.resource, resource, isThere: ofResource > 0 || !inputs.grants.isEmpty))
        let identity = reader.take(isBound ? inputs.identitySets.reduce(0) { $0 + $1.count } : 0)
        let hasOwn = asked.request.principal.policyHolder != nil || !identity.isEmpty
        stages.append(reader.stage(.identity, identity, isThere: hasOwn))
        let boundary = reader.take(isBound ? inputs.boundaries?.count ?? 0 : 0)
        stages.append(reader.stage(.permissionsBoundary, boundary, isThere: inputs.boundaries != nil))
        let session = reader.take(isBound ? inputs.session?.count ?? 0 : 0)
        stages.append(
            reader.stage(
                .session, session, isThere: inputs.session != nil || trace.decision.policyType == .session))
        let endpoint = reader.take(isBound ? inputs.endpoint?.count ?? 0 : 0)
        stages.append(reader.stage(.endpoint, endpoint, isThere: inputs.endpoint != nil))
        return [explicitDeny] + stages
    }

    /// The first stage: whether anything denies.
    private var explicitDeny: DecisionStages.Stage {
        let denying = trace.policies.filter { $0.hasMatch(effect: "Deny") }
        let isDenied = trace.decision.outcome == .explicitlyDenied
        return DecisionStages.Stage(
            kind: .explicitDeny, place: nil, title: "Explicit deny in any policy",
            outcome: isDenied ? .denied : .allowed, isDecisive: isDenied, policies: denying.map(consulted), notes: [])
    }

    private mutating func take(_ count: Int) -> [Trace.Policy] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// The policies of each level; nil: no such policies bind the request.
    private mutating func levels(_ type: PolicyType, _ count: Int?) -> [[Trace.Policy]]? {
        guard let count else { return nil }
        var levels = [[Trace.Policy]](repeating: [], count: count)
        var taken = 0
        for policy in rest {
            guard let level = policy.level, levels.indices.contains(level), policy.source.type == type else { break }
            levels[level].append(policy)
            taken += 1
        }
        rest = rest.dropFirst(taken)
        // Of who is not governed by them, none is in the trace.
        return taken == 0 && trace.decision.policyType != type ? nil : levels
    }

    private func stages(
        _ kind: DecisionStages.Kind, _ levels: [[Trace.Policy]]?, _ places: [ControlLevel]
    ) -> [DecisionStages.Stage] {
        guard let levels, !levels.isEmpty else { return [stage(kind, [], isThere: false)] }
        // The first level that does not allow is the one that decided.
        let first = levels.firstIndex { level in
            trace.decision.statement == nil
                ? !level.contains { $0.hasMatch(effect: "Allow") } : level.contains(where: isDeciding)
        }
        return levels.enumerated().map { index, policies in
            let place = places.indices.contains(index) ? places[index] : .number(index, of: levels.count)
            return stage(kind, policies, isThere: true, place: place, isFirst: index == first)
        }
    }

    private func isDeciding(_ policy: Trace.Policy) -> Bool {
        guard let statement = trace.decision.statement else { return false }
        return policy.source == statement.policy && policy.statements.contains { $0.index == statement.index }
    }

    private func stage(
        _ kind: DecisionStages.Kind, _ policies: [Trace.Policy], isThere: Bool, place: ControlLevel? = nil,
        isFirst: Bool = true
    ) -> DecisionStages.Stage {
        let decision = trace.decision
        let isType = kind.types.contains { $0 == decision.policyType }
        // A stage is decisive by its type; grants decide without one.
        let isByGrant =
            kind == .resource && decision.isAllowed && decision.policyType == nil && !asked.inputs.grants.isEmpty
            && asked.request.principal.kind != .root
        let isDecisive = decision.outcome != .explicitlyDenied && ((isType && isFirst) || isByGrant)
        let isMissing = isDecisive && decision.outcome == .implicitlyDenied
        let outcome: DecisionStages.Outcome
        if policies.contains(where: { $0.hasMatch(effect: "Deny") }) {
            outcome = .denied
        } else if policies.contains(where: { $0.hasMatch(effect: "Allow") }) && !isMissing || isByGrant {
            outcome = .allowed
        } else if isMissing {
            outcome = .noMatch
        } else if !isThere {
            outcome = .notApplicable
        } else {
            // The evaluation may have ended before: then what has to allow is known of filters alone.
            outcome = isFilter(kind) && !decision.isAllowed ? .noMatch : .silent
        }
        var notes = kind == .resource ? trace.grants : []
        if isMissing, trace.missing.contains(where: kind.types.contains) {
            notes.append("There is none, and one would have to allow.")
        }
        let title = kind.title + (place.map { " at \($0)" } ?? "")
        return DecisionStages.Stage(
            kind: kind, place: place, title: title, outcome: outcome, isDecisive: isDecisive,
            policies: policies.map(consulted), notes: notes)
    }

    /// Whether nothing passes that it does not allow, whoever asks.
    private func isFilter(_ kind: DecisionStages.Kind) -> Bool {
        switch kind {
        case .resourceControl, .serviceControl, .endpoint: true
        case .explicitDeny, .resource, .identity, .permissionsBoundary, .session: false
        }
    }

    // MARK: Policies

    private func consulted(_ policy: Trace.Policy) -> DecisionStages.ConsultedPolicy {
        let written = document(policy.source)?.statements
        return DecisionStages.ConsultedPolicy(
            source: policy.source,
            statements: policy.statements.map { consulted($0, written?[safe: $0.index]) })
    }

    private func consulted(
        _ statement: Trace.Statement, _ written: Statement?
    ) -> DecisionStages.ConsultedStatement {
        typealias Element = DecisionStages.ConsultedStatement.Element
        func patterns(_ patterns: Statement.Patterns?) -> [String] {
            guard let patterns else { return [] }
            return patterns.values.map { patterns.isNegated ? "not \($0.value)" : $0.value }
        }
        let request = asked.request
        var elements: [Element] = []
        if let principals = written?.principals {
            let caller = request.principal.kind == .anonymous ? "anonymous" : request.principal.arn
            let named = principals.entries.map { principals.isNegated ? "not \($0.value)" : $0.value }
            elements.append(
                Element(
                    name: "principal", matched: statement.principalMatched, operatorName: nil, wanted: named,
                    found: [request.principal.service ?? caller]))
        }
        elements.append(
            Element(
                name: "action", matched: statement.actionMatched, operatorName: nil, wanted: patterns(written?.actions),
                found: [request.action]))
        if let resources = written?.resources {
            elements.append(
                Element(
                    name: "resource", matched: statement.resourceMatched, operatorName: nil,
                    wanted: patterns(resources), found: [request.resource]))
        }
        for condition in statement.conditions {
            let wanted = zip(condition.wanted, condition.resolved).map { $1 ?? "\($0) (the variable has no value)" }
            elements.append(
                Element(
                    name: condition.key, matched: condition.matched, operatorName: condition.operatorName,
                    wanted: wanted, found: condition.found))
        }
        return DecisionStages.ConsultedStatement(
            number: statement.index + 1, sid: statement.sid, effect: statement.effect, line: statement.line,
            applies: statement.applies, isNear: !statement.applies && statement.actionMatched, elements: elements)
    }

    private func document(_ source: PolicySource) -> PolicyDocument? {
        let inputs = asked.inputs
        var all = inputs.identity + [inputs.resource, inputs.roleTrust, inputs.accessControlList].compactMap { $0 }
        all += (inputs.boundaries ?? []) + (inputs.session ?? []) + (inputs.endpoint ?? [])
        all += (inputs.serviceControl ?? []).joined()
        all += (inputs.resourceControl ?? []).joined()
        return all.first { $0.source == source }?.document
    }
}

extension DecisionStages.Kind {
    /// The types of policy that are asked in it.
    fileprivate var types: [PolicyType] {
        switch self {
        case .explicitDeny: []
        case .resourceControl: [.resourceControl]
        case .serviceControl: [.serviceControl]
        case .resource: [.resource, .roleTrust]
        case .identity: [.identity]
        case .permissionsBoundary: [.permissionsBoundary]
        case .session: [.session]
        case .endpoint: [.endpoint]
        }
    }

    fileprivate var title: String {
        switch self {
        case .explicitDeny: "Explicit deny in any policy"
        case .resourceControl: "Resource control policies"
        case .serviceControl: "Service control policies"
        case .resource: "Policy of the resource"
        case .identity: "Identity-based policies"
        case .permissionsBoundary: "Permissions boundary"
        case .session: "Session policies"
        case .endpoint: "Policy of the VPC endpoint"
        }
    }
}
