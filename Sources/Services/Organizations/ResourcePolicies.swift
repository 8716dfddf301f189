import Directory
import OrganizationsAPI
import Platform
import Policy
import Wire

// The organization's resource-based policy, which delegates the administration of policies to member accounts. How it
// is enforced is in Delegation.swift.
// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html>

extension Organizations.ResourcePolicy {
    init(_ policy: OrganizationResourcePolicy, in organization: Directory.Organization) {
        self.init()
        var summary = Organizations.ResourcePolicySummary()
        summary.id = policy.id
        summary.arn = organization.arn("resourcepolicy", policy.id)
        resourcePolicySummary = summary
        content = policy.content
    }
}

extension Organizations.PutResourcePolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        guard let organization = call.directory.organization(ofAccount: call.accountID) else {
            return call.accessOnAll(requestTags(input.tags))
        }
        let policy = call.directory.resourcePolicy(ofOrganization: organization.id)
        let keys = ConditionKeys.resourceTags(policy?.tags ?? [], service: "organizations")
            .merging(requestTags(input.tags)) { $1 }
        var put = call.need(on: organization.arn("resourcepolicy", policy?.id ?? "*"), keys)
        put.displayedResource = organization.arn("resourcepolicy", "*")
        guard !(input.tags ?? []).isEmpty else { return .required(put) }
        var tag = put
        tag.action = "organizations:TagResource"
        return .required([put, tag])
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        guard own.organization.featureSet == .all else { throw .notAllFeatures }
        try DelegationDocument.check(input.content, own.organization)
        var policy = try own.resourcePolicy()
        if policy != nil, !(input.tags ?? []).isEmpty {
            throw .invalidInput(
                "INVALID_LIST_MEMBER", "You can add tags to a resource policy only when you make it: use TagResource.")
        }
        policy?.content = input.content
        var new =
            policy
            ?? OrganizationResourcePolicy(
                id: OrganizationIDs.resourcePolicy(), organizationID: own.organization.id, content: input.content)
        if policy == nil { new.tags = try TagRules.ofOrganizations.new(input.tags) }
        try own.records.put(new)
        return Output(resourcePolicy: Organizations.ResourcePolicy(new, in: own.organization))
    }
}

extension Organizations.DescribeResourcePolicy: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessOnAll() }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        guard let policy = try own.resourcePolicy() else { throw .noResourcePolicy }
        return Output(resourcePolicy: Organizations.ResourcePolicy(policy, in: own.organization))
    }
}

extension Organizations.DeleteResourcePolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessOnAll() }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        guard let policy = try own.resourcePolicy() else { throw .noResourcePolicy }
        try own.records.delete(policy)
        return Output()
    }
}

extension OwnOrganization {
    fileprivate func resourcePolicy() throws(ServiceError) -> OrganizationResourcePolicy? {
        try records.list(OrganizationResourcePolicy.self, limit: 1).first
    }
}

extension ServiceError {
    fileprivate static let noResourcePolicy = ServiceError.organizations(
        .resourcePolicyNotFoundException,
        "We can't find a resource policy request with the parameter that you specified.")
}

/// What AWS takes in a delegation policy: principals of member accounts, and operations that can be delegated.
private enum DelegationDocument {
    /// - Throws: InvalidInputException.
    static func check(_ content: String, _ organization: Organization) throws(ServiceError) {
        guard let document = try? PolicyDocument(parsing: content, as: .resource) else {
            throw .invalidInput(
                "INVALID_RESOURCE_POLICY_JSON", "The provided resource policy document isn't valid.")
        }
        for statement in document.statements {
            for principal in statement.principals?.entries ?? [] {
                guard principal.type == "AWS" || principal.type == "*" else {
                    throw .invalidInput(
                        "INVALID_PRINCIPAL", "You specified an invalid principal element in the policy.")
                }
            }
            // A deny or an exception may be broader than what can be delegated, because it delegates nothing.
            guard statement.effect == .allow else { continue }
            guard !statement.actions.isNegated, statement.principals?.isNegated == false else {
                throw .unsupportedAction
            }
            for action in statement.actions.values where !isDelegable(action.value) { throw .unsupportedAction }
            for resource in statement.resources?.values ?? [] {
                guard resource.value == "*" || resource.value.hasPrefix("arn:aws:organizations:") else {
                    throw .invalidInput(
                        "UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY",
                        "You specified a resource that isn't supported in a resource-based policy.")
                }
            }
            for condition in statement.conditions where condition.key.value.lowercased() == "organizations:policytype" {
                for value in condition.values where !isPolicyType(value.value) {
                    throw .invalidInput(
                        "UNSUPPORTED_POLICY_TYPE_IN_RESOURCE_POLICY",
                        "You specified a policy type that isn't supported in a resource-based policy.")
                }
            }
        }
    }

    /// Whether an action names an operation that can be delegated. A pattern may take in others, which are not
    /// delegated by it.
    private static func isDelegable(_ action: String) -> Bool {
        let parts = action.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0].lowercased() == "organizations" else { return false }
        let name = parts[1].lowercased()
        return isPattern(name) || Delegation.operations.contains { $0.lowercased() == name }
    }

    private static func isPolicyType(_ value: String) -> Bool {
        isPattern(value) || OrganizationPolicyType(rawValue: value) != nil
    }

    private static func isPattern(_ text: String) -> Bool { text.contains("*") || text.contains("?") }
}

extension ServiceError {
    fileprivate static let unsupportedAction = ServiceError.invalidInput(
        "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY", "You specified an action that can't be delegated.")
}
