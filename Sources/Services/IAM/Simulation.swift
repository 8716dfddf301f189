import Directory
import IAMAPI
import Platform
import Policy
import Wire

/// What the two simulating operations have in common: one caller and its policies, asked about many requests.
struct Simulation {
    private var caller: Principal
    private let identity: [CompiledPolicy]
    private let boundaries: [CompiledPolicy]?
    private let membership: OrganizationMembership?
    private var resourcePolicy: String?
    private var resourceOwner: String?
    private var context: [String: ContextValue] = [:]

    /// - Parameter membership: what the organization of the simulated principal's account is to it.
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
    mutating func set(
        caller callerARN: String?, resourcePolicy: String?, resourceOwner: String?, context: [IAM.ContextEntry]?
    ) throws(ServiceError) {
        if let callerARN {
            // AWS takes users alone here.
            guard let arn = ARN(parsing: callerARN), arn.service == "iam", arn.resource.hasPrefix("user/") else {
                throw .invalidInput("Invalid Caller Arn: \(callerARN) is not the ARN of an IAM user.")
            }
            caller = Principal(kind: .user, arn: callerARN, accountID: arn.account)
        }
        if let resourceOwner {
            guard let account = Self.account(resourceOwner) else {
                throw .invalidInput("Invalid Resource Owner: \(resourceOwner) is not the ARN of an account.")
            }
            self.resourceOwner = account
        }
        self.resourcePolicy = resourcePolicy
        for entry in context ?? [] { try add(entry) }
    }

    // MARK: Results

    /// One page of the results of every action on every resource, in this order.
    /// - Throws: InvalidInput.
    func output(
        actions: [String], resources: [String]?, _ paging: Paging
    ) throws(ServiceError) -> IAM.SimulatePolicyResponse {
        let resources = resources.flatMap { $0.isEmpty ? nil : $0 } ?? ["*"]
        for action in actions where !Self.isAction(action) {
            throw .invalidInput("Invalid action name: \(action)")
        }
        for resource in resources where resource != "*" && ARN(parsing: resource) == nil {
            throw .invalidInput("Invalid Resource Arn: \(resource)")
        }
        let count = actions.count * resources.count
        var start = 0
        if let after = paging.after {
            guard let number = Int(after), (0..<count).contains(number) else { throw .validation("Invalid Marker.") }
            start = number + 1
        }
        let end = min(count, start + paging.limit)
        var results: [IAM.EvaluationResult] = []
        for number in start..<max(start, end) {
            results.append(try result(actions[number / resources.count], resources[number % resources.count]))
        }
        var output = IAM.SimulatePolicyResponse()
        output.evaluationResults = results
        output.isTruncated = end < count
        if end < count { output.marker = Paging.marker(after: String(end - 1)) }
        return output
    }

    private func result(_ action: String, _ resource: String) throws(ServiceError) -> IAM.EvaluationResult {
        let owner = ARN(parsing: resource).map(\.account).flatMap { $0.isEmpty ? nil : $0 } ?? resourceOwner
        let request = AuthorizationRequest(
            principal: caller, action: action, resource: resource, resourceAccount: owner)
        var inputs = PolicyInputs(
            identity: identity, boundaries: boundaries, serviceControl: membership?.serviceControl)
        if let resourcePolicy {
            let type: PolicyType = Self.isAboutTrust(action, resource) ? .roleTrust : .resource
            let policy = try Self.policy(resourcePolicy, as: type, named: "ResourcePolicy")
            if type == .roleTrust { inputs.roleTrust = policy } else { inputs.resource = policy }
        }
        let trace = PolicyEvaluator.explain(request, inputs, DictionaryContext(context))
        let policies = identity + (boundaries ?? []) + [inputs.resource, inputs.roleTrust].compactMap { $0 }
        let matched = SimulatedStatements(trace, policies)
        let missing = matched.keys.filter { name in
            !context.keys.contains { $0.lowercased() == name.lowercased() }
        }

        var boundary: IAM.PermissionsBoundaryDecisionDetail?
        if boundaries != nil {
            var detail = IAM.PermissionsBoundaryDecisionDetail()
            detail.allowedByPermissionsBoundary = trace.decision(of: [.permissionsBoundary]) == "allowed"
            boundary = detail
        }
        var result = IAM.EvaluationResult()
        result.evalActionName = action
        result.evalResourceName = resource
        result.evalDecision = trace.decision.outcome.simulated
        result.matchedStatements = matched.statements
        result.permissionsBoundaryDecisionDetail = boundary
        if let membership {
            var detail = IAM.OrganizationsDecisionDetail()
            detail.allowedByOrganizations =
                caller.isServiceLinkedRole || trace.allows(serviceControl: membership.serviceControl)
            result.organizationsDecisionDetail = detail
        }
        // For a named resource, what concerns it stands in a result of its own.
        guard resource != "*" else {
            result.missingContextValues = missing
            return result
        }
        let details = self.details(trace, isCrossAccount: owner.map { $0 != caller.accountID } ?? false)
        result.missingContextValues = []
        result.evalDecisionDetails = details
        var specific = IAM.ResourceSpecificResult()
        specific.evalResourceName = resource
        specific.evalResourceDecision = trace.decision.outcome.simulated
        specific.matchedStatements = matched.statements
        specific.missingContextValues = missing
        specific.evalDecisionDetails = details
        specific.permissionsBoundaryDecisionDetail = boundary
        result.resourceSpecificResults = [specific]
        return result
    }

    /// What each type of policy says by itself, of requests from one account to another.
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
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty && !$0.contains("*") && !$0.contains("?") }
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
    /// Whether every level of service control policies allows, and none denies. nil binds nothing.
    fileprivate func allows(serviceControl levels: [[CompiledPolicy]]?) -> Bool {
        let policies = policies.filter { $0.source.type == .serviceControl }
        guard !policies.contains(where: { $0.hasMatch(effect: "Deny") }) else { return false }
        return (levels ?? []).indices.allSatisfy { level in
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
