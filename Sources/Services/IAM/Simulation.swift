import Directory
import IAMAPI
import Platform
import Policy
import Wire

/// The requests of the two simulating operations.
typealias SimulationFields = IAM.WithActionNames & IAM.MayHaveCallerArn & IAM.MayHaveContextEntries
    & IAM.MayHaveResourceArns & IAM.MayHaveResourceOwner & IAM.MayHaveResourcePolicy & PageRequestFields

/// What the two simulating operations have in common: one caller and its policies, asked about many requests.
struct Simulation {
    private var caller: Principal
    private let identity: [CompiledPolicy]
    private let boundaries: [CompiledPolicy]?
    private let membership: OrganizationMembership?
    private var resourcePolicy: String?
    private var resourceOwner: String?
    private var context: [String: ContextValue] = [:]

    /// - Parameter membership: the place of the simulated principal's account in its organization.
    init(
        caller: Principal, identity: [CompiledPolicy], boundaries: [CompiledPolicy]?,
        membership: OrganizationMembership? = nil
    ) {
        self.caller = caller
        self.identity = identity
        self.boundaries = boundaries
        self.membership = membership
    }

    /// - Throws: InvalidInput.
    mutating func set<F: SimulationFields>(_ input: View<F>) throws(ServiceError) {
        if let callerARN = input.callerArn {
            // AWS takes users alone here.
            guard let arn = ARN(parsing: callerARN), arn.service == "iam", arn.resource.hasPrefix("user/") else {
                throw .invalidInput("Invalid Caller Arn: \(callerARN) is not the ARN of an IAM user.")
            }
            caller = Principal(kind: .user, arn: callerARN, accountID: arn.account)
        }
        if let resourceOwner = input.resourceOwner {
            guard let account = Self.account(resourceOwner) else {
                throw .invalidInput("Invalid Resource Owner: \(resourceOwner) is not the ARN of an account.")
            }
            self.resourceOwner = account
        }
        resourcePolicy = input.resourcePolicy
        for entry in input.contextEntries ?? [] { try add(entry) }
    }

    // MARK: Results

    /// One page of the results, ordered by action and then by resource. Without a scenario each action on each resource
    /// has a result of its own; a scenario asks about all resources together.
    /// - Throws: InvalidInput.
    func output<F: SimulationFields>(
        _ input: View<F>, _ scenario: SimulatedScenario?
    ) throws(ServiceError) -> IAM.SimulatePolicyResponse {
        let paging = try Paging(input)
        let actions = input.actionNames
        let resources = input.resourceArns.flatMap { $0.isEmpty ? nil : $0 } ?? ["*"]
        for action in actions where !Self.isAction(action) {
            throw .invalidInput("Invalid action name: \(action)")
        }
        for resource in resources where resource != "*" && ARN(parsing: resource) == nil {
            throw .invalidInput("Invalid Resource Arn: \(resource)")
        }
        try scenario?.check(resources)
        let groups = scenario == nil ? resources.map { [$0] } : [resources]
        let count = actions.count * groups.count
        var start = 0
        if let after = paging.after {
            guard let number = Int(after), (0..<count).contains(number) else { throw .validation("Invalid Marker.") }
            start = number + 1
        }
        let end = min(count, start + paging.limit)
        var results: [IAM.EvaluationResult] = []
        for number in start..<max(start, end) {
            results.append(try result(actions[number / groups.count], groups[number % groups.count]))
        }
        var output = IAM.SimulatePolicyResponse()
        output.evaluationResults = results
        output.isTruncated = end < count
        if end < count { output.marker = Paging.marker(after: String(end - 1)) }
        return output
    }

    /// The result of an action that needs all of `resources`.
    private func result(_ action: String, _ resources: [String]) throws(ServiceError) -> IAM.EvaluationResult {
        var answers: [Answer] = []
        for resource in resources { answers.append(try answer(action, resource)) }
        // A single deny is a denial, and so is a single resource that nothing allows.
        let outcome =
            [Decision.Outcome.explicitlyDenied, .implicitlyDenied].first { outcome in
                answers.contains { $0.trace.decision.outcome == outcome }
            } ?? .allowed
        var result = IAM.EvaluationResult()
        result.evalActionName = action
        result.evalResourceName = resources.count == 1 ? resources[0] : "*"
        result.evalDecision = outcome.simulated
        var statements: [IAM.Statement] = []
        for answer in answers where answer.trace.decision.outcome == outcome {
            for statement in answer.statements
            where !statements.contains(where: { $0.structure == statement.structure }) {
                statements.append(statement)
            }
        }
        result.matchedStatements = statements
        if boundaries != nil {
            var detail = IAM.PermissionsBoundaryDecisionDetail()
            detail.allowedByPermissionsBoundary = answers.allSatisfy { $0.isAllowedByBoundary }
            result.permissionsBoundaryDecisionDetail = detail
        }
        if let membership {
            var detail = IAM.OrganizationsDecisionDetail()
            detail.allowedByOrganizations =
                caller.isServiceLinkedRole
                || answers.allSatisfy { $0.trace.allows(serviceControlLevels: membership.serviceControl?.count ?? 0) }
            result.organizationsDecisionDetail = detail
        }
        // For named resources, each has a result of its own.
        let named = answers.filter { $0.resource != "*" }
        guard !named.isEmpty else {
            result.missingContextValues = answers.first?.missing ?? []
            return result
        }
        result.missingContextValues = []
        result.evalDecisionDetails = named.count == 1 ? named[0].details : [:]
        result.resourceSpecificResults = named.map { specific($0) }
        return result
    }

    private func specific(_ answer: Answer) -> IAM.ResourceSpecificResult {
        var specific = IAM.ResourceSpecificResult()
        specific.evalResourceName = answer.resource
        specific.evalResourceDecision = answer.trace.decision.outcome.simulated
        specific.matchedStatements = answer.statements
        specific.missingContextValues = answer.missing
        specific.evalDecisionDetails = answer.details
        if boundaries != nil {
            var detail = IAM.PermissionsBoundaryDecisionDetail()
            detail.allowedByPermissionsBoundary = answer.isAllowedByBoundary
            specific.permissionsBoundaryDecisionDetail = detail
        }
        return specific
    }

    /// What the policies say to one action on one resource.
    private struct Answer {
        let resource: String
        let trace: Trace
        let statements: [IAM.Statement]
        /// The condition keys that were looked for in vain.
        let missing: [String]
        let details: [String: String]

        var isAllowedByBoundary: Bool { trace.decision(of: [.permissionsBoundary]) == "allowed" }
    }

    private func answer(_ action: String, _ resource: String) throws(ServiceError) -> Answer {
        let owner = ARN(parsing: resource).map(\.account).flatMap { $0.isEmpty ? nil : $0 } ?? resourceOwner
        let request = AuthorizationRequest(
            principal: caller, action: action, resource: resource, resourceAccount: owner)
        var inputs = PolicyInputs(
            identity: identity, boundaries: boundaries, serviceControl: membership?.serviceControl?.map(\.policies))
        if let resourcePolicy {
            let type: PolicyType = Self.isAboutTrust(action, resource) ? .roleTrust : .resource
            let policy = try Self.policy(resourcePolicy, as: type, named: "ResourcePolicy")
            if type == .roleTrust { inputs.roleTrust = policy } else { inputs.resource = policy }
        } else {
            // AWS's simulator takes no resource-based policy into account that it is not given.
            inputs.ignoresResourceSide = true
        }
        let trace = PolicyEvaluator.explain(request, inputs, DictionaryContext(context))
        let policies = identity + (boundaries ?? []) + [inputs.resource, inputs.roleTrust].compactMap { $0 }
        let matched = SimulatedStatements(trace, policies)
        return Answer(
            resource: resource, trace: trace, statements: matched.statements,
            missing: matched.keys.filter { name in !context.keys.contains { $0.lowercased() == name.lowercased() } },
            details: details(trace, isCrossAccount: owner.map { $0 != caller.accountID } ?? false))
    }

    /// What each type of policy says by itself, for requests from one account to another.
    private func details(_ trace: Trace, isCrossAccount: Bool) -> [String: String] {
        guard isCrossAccount else { return [:] }
        var details = [
            "IAM Policy": trace.decision(of: [.identity]),
            "Resource Policy": trace.decision(of: [.resource, .roleTrust]),
        ]
        if boundaries != nil { details["Permissions Boundary Policy"] = trace.decision(of: [.permissionsBoundary]) }
        return details
    }

    // MARK: Input

    /// - Throws: InvalidInput with AWS's text for a malformed policy.
    static func policies(
        _ documents: [String], as type: PolicyType, named name: String
    ) throws(ServiceError) -> [CompiledPolicy] {
        var policies: [CompiledPolicy] = []
        for (index, document) in documents.enumerated() {
            policies.append(try policy(document, as: type, named: "\(name).\(index + 1)"))
        }
        return policies
    }

    static func boundaries(_ documents: [String]?) throws(ServiceError) -> [CompiledPolicy]? {
        guard let documents, !documents.isEmpty else { return nil }
        guard documents.count == 1 else {
            throw .invalidInput("PermissionsBoundaryPolicyInputList can contain only one policy.")
        }
        return try policies(documents, as: .permissionsBoundary, named: "PermissionsBoundaryPolicyInputList")
    }

    private static func policy(
        _ document: String, as type: PolicyType, named name: String
    ) throws(ServiceError) -> CompiledPolicy {
        do throws(PolicyError) {
            return CompiledPolicy(
                try PolicyDocument(parsing: document, as: type), source: PolicySource(type: type, name: name))
        } catch {
            throw .invalidInput(error.message)
        }
    }

    private mutating func add(_ entry: IAM.ContextEntry) throws(ServiceError) {
        guard let name = entry.contextKeyName, let values = entry.contextKeyValues, !values.isEmpty,
            let type = entry.contextKeyType
        else { throw .invalidInput("A context entry needs ContextKeyName, ContextKeyValues and ContextKeyType.") }
        guard !context.keys.contains(where: { $0.lowercased() == name.lowercased() }) else {
            throw .invalidInput("Duplicate context key: \(name)")
        }
        let isList = type.hasSuffix("List")
        guard isList || values.count == 1 else {
            throw .invalidInput("Context key \(name) of type \(type) can have one value only.")
        }
        for value in values {
            let isRight =
                switch isList ? String(type.dropLast(4)) : type {
                case "numeric": Double(value) != nil
                case "boolean": ["true", "false"].contains(value.lowercased())
                default: true
                }
            guard isRight else { throw .invalidInput("Invalid \(type) value of context key \(name): \(value)") }
        }
        context[name] = isList ? .many(values) : .one(values[0])
    }

    private static func isAction(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let isWildcard = { (byte: UInt8) in byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") }
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty && !$0.utf8.contains(where: isWildcard) }
    }

    /// `111122223333`, or `arn:aws:iam::111122223333:root`.
    private static func account(_ text: String) -> String? {
        let id = ARN(parsing: text).map(\.account) ?? text
        return id.utf8.count == 12 && id.utf8.allSatisfy { (0x30...0x39).contains($0) } ? id : nil
    }

    private static func isAboutTrust(_ action: String, _ resource: String) -> Bool {
        action.lowercased().hasPrefix("sts:") && ARN(parsing: resource)?.resource.hasPrefix("role/") == true
    }
}

extension Decision.Outcome {
    fileprivate var simulated: String {
        switch self {
        case .allowed: "allowed"
        case .explicitlyDenied: "explicitDeny"
        case .implicitlyDenied: "implicitDeny"
        }
    }
}

extension Trace {
    /// Whether every level of service control policies allows, and none denies.
    fileprivate func allows(serviceControlLevels levels: Int) -> Bool {
        let policies = policies.filter { $0.source.type == .serviceControl }
        guard !policies.contains(where: { $0.hasMatch(effect: "Deny") }) else { return false }
        return (0..<levels).allSatisfy { level in
            policies.contains { $0.level == level && $0.hasMatch(effect: "Allow") }
        }
    }

    /// What the policies of some types say together, whatever the others say.
    fileprivate func decision(of types: Set<PolicyType>) -> String {
        let policies = policies.filter { types.contains($0.source.type) }
        if policies.contains(where: { $0.hasMatch(effect: "Deny") }) { return "explicitDeny" }
        return policies.contains { $0.hasMatch(effect: "Allow") } ? "allowed" : "implicitDeny"
    }
}
