import Directory
import OrganizationsAPI
import Platform
import Policy
import Wire

// Policies of an organization. How they are attached is in PolicyAttachments.swift.
// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html>

extension Organizations.PolicySummary {
    init(_ policy: FoundPolicy, in organization: Directory.Organization) {
        self.init()
        id = policy.id
        type = policy.type
        arn = organization.arn(policy: policy.id, type: policy.type)
        switch policy {
        case .own(let own):
            name = own.name
            description = own.description
            awsManaged = false
        case .managed(let managed):
            name = managed.name
            description = managed.description
            awsManaged = true
        }
    }
}

extension Organizations.Policy {
    init(_ policy: FoundPolicy, in organization: Directory.Organization) {
        self.init()
        policySummary = Organizations.PolicySummary(policy, in: organization)
        content = policy.content
    }
}

extension Organizations.CreatePolicy: WriteOperation {
    /// For the management account AWS names no resource; a delegation names policies by their type.
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let context = requestTags(input.tags).merging(policyTypeKey(input.type)) { $1 }
        var create = call.need(on: "*", context)
        guard let organization = call.directory.organization(ofAccount: call.accountID) else {
            return .required(create)
        }
        let policies = organization.arn(policy: "*", type: input.type)
        if call.delegation != nil { create.resource = policies }
        guard !(input.tags ?? []).isEmpty else { return .required(create) }
        var tag = call.need(on: policies, context)
        tag.action = "organizations:TagResource"
        return .required([create, tag])
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        let type = try own.availableType(input.type)
        try own.checkUnique(input.name, type)
        let count = try own.records.referrerCount(Relation.organizationPolicyType, to: type.rawValue)
        guard count < type.mostPerOrganization else {
            throw .constraintViolation(
                "POLICY_NUMBER_LIMIT_EXCEEDED", "You have exceeded the number of policies allowed in the organization.")
        }
        try PolicyContent.check(input.content, type)
        var policy = OrganizationPolicy(
            id: OrganizationIDs.policy(), organizationID: own.organization.id, type: type.rawValue, name: input.name,
            description: input.description, content: input.content, updateDate: call.time)
        policy.tags = try TagRules.ofOrganizations.new(input.tags)
        try own.records.put(policy)
        return Output(policy: Organizations.Policy(.own(policy), in: own.organization))
    }
}

extension Organizations.UpdatePolicy: WriteOperation, OnPolicy {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        var policy = try own.customersPolicy(input.policyId)
        guard let type = OrganizationPolicyType(rawValue: policy.type) else { throw .internalFailure }
        if let name = input.name, name != policy.name {
            try own.checkUnique(name, type)
            policy.name = name
        }
        if let description = input.description { policy.description = description }
        if let content = input.content {
            try PolicyContent.check(content, type)
            policy.content = content
            policy.updateDate = call.time
        }
        try own.records.put(policy)
        return Output(policy: Organizations.Policy(.own(policy), in: own.organization))
    }
}

extension Organizations.DeletePolicy: WriteOperation, OnPolicy {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        let policy = try own.customersPolicy(input.policyId)
        guard try own.records.referrerCount(Relation.organizationPolicy, to: policy.id) == 0 else {
            throw .organizations(
                .policyInUseException,
                "The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts "
                    + "before performing this operation.")
        }
        try own.records.delete(policy)
        return Output()
    }
}

extension Organizations.DescribePolicy: ReadOperation, OnPolicy {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        return Output(policy: Organizations.Policy(try own.policy(input.policyId), in: own.organization))
    }
}

extension Organizations.ListPolicies: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.accessOnAll(policyTypeKey(input.filter))
    }

    /// AWS's own policies come first.
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        var paging = try Paging(organizations: input)
        var summaries: [Organizations.PolicySummary] = []
        if paging.after == nil, let managed = ManagedControlPolicy.ofType(input.filter) {
            summaries.append(Organizations.PolicySummary(.managed(managed), in: own.organization))
            paging.limit -= 1
            if paging.limit == 0 {
                var output = Output()
                output.policies = summaries
                // All the others come after what all ids begin with.
                output.nextToken = try own.records.isPolicyType(inUse: input.filter) ? Paging.marker(after: "p-") : nil
                return output
            }
        }
        let page = try own.records.page(
            OrganizationPolicy.self, Relation.organizationPolicyType, to: input.filter, paging)
        return Output(
            summaries + page.items.map { Organizations.PolicySummary(.own($0), in: own.organization) },
            next: page.marker)
    }
}

// MARK: - Look-ups and rules

extension RecordReading {
    fileprivate func isPolicyType(inUse type: String) throws(ServiceError) -> Bool {
        try referrerCount(Relation.organizationPolicyType, to: type) > 0
    }
}

extension OwnOrganization {
    /// - Throws: PolicyNotFoundException.
    func policy(_ id: String) throws(ServiceError) -> FoundPolicy {
        if let managed = ManagedControlPolicy.named(id) { return .managed(managed) }
        guard let policy = try records.get(OrganizationPolicy.self, id) else {
            throw .organizations(.policyNotFoundException, "You specified a policy that doesn't exist.")
        }
        return .own(policy)
    }

    /// - Throws: PolicyNotFoundException; InvalidInputException for one of AWS's own policies.
    fileprivate func customersPolicy(_ id: String) throws(ServiceError) -> OrganizationPolicy {
        switch try policy(id) {
        case .own(let policy): return policy
        case .managed:
            throw .invalidInput("IMMUTABLE_POLICY", "You can't change or delete an AWS managed policy.")
        }
    }

    /// - Throws: PolicyTypeNotAvailableForOrganizationException in an organization for billing only.
    func availableType(_ name: String) throws(ServiceError) -> OrganizationPolicyType {
        guard let type = OrganizationPolicyType(rawValue: name) else {
            throw .invalidInput("INVALID_ENUM_POLICY_TYPE", "You specified an invalid policy type.")
        }
        guard organization.featureSet == .all else {
            throw .organizations(
                .policyTypeNotAvailableForOrganizationException,
                "You can't use the specified policy type with the feature set currently enabled for this organization.")
        }
        return type
    }

    /// Names are unique among the policies of a type.
    fileprivate func checkUnique(_ name: String, _ type: OrganizationPolicyType) throws(ServiceError) {
        let key = OrganizationPolicy.nameKey(type.rawValue, name)
        let isTaken = try records.referrerCount(Relation.organizationPolicyName, to: key) > 0
        guard !isTaken, ManagedControlPolicy.ofType(type.rawValue)?.name != name else {
            throw .organizations(.duplicatePolicyException, "A policy with the same name already exists.")
        }
    }
}

extension Paging {
    /// AWS answers 20 items at most.
    /// - Throws: InvalidInputException for a token that is not one of ours.
    init<F: PageRequestFields>(organizations input: View<F>) throws(ServiceError) {
        try self.init(nextToken: input.pageToken, maxResults: input.pageLimit)
    }

    /// - Throws: InvalidInputException for a token that is not one of ours.
    init(nextToken: String?, maxResults: Int?) throws(ServiceError) {
        do throws(ServiceError) {
            try self.init(marker: nextToken, maxItems: maxResults ?? 20)
        } catch {
            throw .invalidInput("INVALID_NEXT_TOKEN", "You specified an invalid value for nextToken.")
        }
    }
}

/// `organizations:PolicyType`.
func policyTypeKey(_ type: String) -> [String: ContextValue] {
    ["organizations:policytype": .one(type)]
}

extension Call {
    /// The access to a policy by its id, which does not tell whether there is one, nor of what type.
    func need(policy id: String, _ context: [String: ContextValue] = [:]) -> Access {
        guard let organization = directory.organization(ofAccount: accountID) else { return need(on: "*", context) }
        if let managed = ManagedControlPolicy.named(id) {
            return need(on: managed.arn, context.merging(policyTypeKey(managed.type)) { $1 })
        }
        let policy = directory.organizationPolicy(id).flatMap { $0.organizationID == organization.id ? $0 : nil }
        var keys = ConditionKeys.resourceTags(policy?.tags ?? [], service: "organizations")
        if let policy { keys.merge(policyTypeKey(policy.type)) { $1 } }
        var access = need(on: organization.arn(policy: id, type: policy?.type ?? "*"), keys.merging(context) { $1 })
        access.displayedResource = organization.arn(policy: id, type: "*")
        return access
    }
}
