import Directory
import OrganizationsAPI
import Platform
import Policy
import Wire

// What policies are attached to: the root, units and accounts.

extension Organizations.AttachPolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(policy: input.policyId, target: input.targetId)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        let policy = try own.policy(input.policyId)
        var target = try own.target(input.targetId)
        guard own.organization.enabledPolicyTypes.contains(policy.type) else { throw .policyTypeNotEnabled }
        guard !target.policyIDs.contains(policy.id) else {
            throw .organizations(
                .duplicatePolicyAttachmentException,
                "A policy with the same PolicyId is already attached to the specified target.")
        }
        let most = OrganizationPolicyType(rawValue: policy.type)?.mostPerTarget ?? 0
        guard try own.count(of: policy.type, in: target.policyIDs) < most else {
            throw .constraintViolation(
                "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
                "You have exceeded the number of policies of this type that can be attached to the target.")
        }
        target.policyIDs.append(policy.id)
        try own.put(target)
        return Output()
    }
}

extension Organizations.DetachPolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(policy: input.policyId, target: input.targetId)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        let policy = try own.policy(input.policyId)
        var target = try own.target(input.targetId)
        guard target.policyIDs.contains(policy.id) else {
            throw .organizations(
                .policyNotAttachedException, "The policy isn't attached to the specified target in the specified root.")
        }
        if policy.id == ManagedControlPolicy.fullResourceAccess.id {
            throw .invalidInput("NON_DETACHABLE_POLICY", "You can't detach this AWS managed policy.")
        }
        if policy.type == ControlPolicyType.serviceControl {
            guard try own.count(of: policy.type, in: target.policyIDs) > 1 else {
                throw .constraintViolation(
                    "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
                    "You cannot remove the last policy attached to the specified target. You should have at least one "
                        + "attached.")
            }
        }
        target.policyIDs.removeAll { $0 == policy.id }
        try own.put(target)
        return Output()
    }
}

extension Organizations.ListPoliciesForTarget: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(call.need(target: input.targetId, policyTypeKey(input.filter)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        var policies: [FoundPolicy] = []
        for id in try own.target(input.targetId).policyIDs {
            let policy = try own.policy(id)
            if policy.type == input.filter { policies.append(policy) }
        }
        let page = page(policies, by: \.id, try Paging(organizations: input))
        let organization = own.organization
        return Output(page) { Organizations.PolicySummary($0, in: organization) }
    }
}

extension Organizations.ListTargetsForPolicy: ReadOperation, OnPolicy {
    /// The root, then the units, then the accounts.
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        let policy = try own.policy(input.policyId)
        let paging = try Paging(organizations: input)
        // Ids of accounts begin with a digit, of units with "ou-", of the root with "r-".
        let after = paging.after ?? ""
        var targets: [PolicyTarget] = []
        if after.isEmpty, own.organization.rootPolicyIDs.contains(policy.id) {
            targets.append(.root(own.organization))
        }
        let relation = Relation.organizationPolicy
        if after.isEmpty || after.hasPrefix("r-") || after.hasPrefix("ou-") {
            targets += try own.records.referrers(
                OrganizationalUnit.self, relation, to: policy.id, after: after.hasPrefix("ou-") ? after : nil,
                limit: paging.limit + 1
            ).map { .unit($0) }
        }
        if targets.count <= paging.limit {
            let isAccount = after.utf8.first.map { (0x30...0x39).contains($0) } ?? false
            targets += try own.records.referrers(
                OrganizationAccount.self, relation, to: policy.id, after: isAccount ? after : nil,
                limit: paging.limit + 1 - targets.count
            ).map { .account($0) }
        }
        var output = Output()
        let shown = targets.prefix(paging.limit)
        output.targets = shown.map { $0.summary(own.organization, call) }
        if targets.count > paging.limit, let last = shown.last { output.nextToken = Paging.marker(after: last.id) }
        return output
    }
}

// MARK: - Targets

/// What a policy can be attached to.
enum PolicyTarget {
    case root(Organization)
    case unit(OrganizationalUnit)
    case account(OrganizationAccount)

    var id: String {
        switch self {
        case .root(let organization): organization.rootID
        case .unit(let unit): unit.id
        case .account(let account): account.id
        }
    }

    var policyIDs: [String] {
        get {
            switch self {
            case .root(let organization): organization.rootPolicyIDs
            case .unit(let unit): unit.policyIDs
            case .account(let account): account.policyIDs
            }
        }
        set {
            switch self {
            case .root(var organization):
                organization.rootPolicyIDs = newValue
                self = .root(organization)
            case .unit(var unit):
                unit.policyIDs = newValue
                self = .unit(unit)
            case .account(var account):
                account.policyIDs = newValue
                self = .account(account)
            }
        }
    }

    func summary(_ organization: Organization, _ call: Call) -> Organizations.PolicyTargetSummary {
        var summary = Organizations.PolicyTargetSummary()
        summary.targetId = id
        summary.arn = organization.arn(target: id)
        switch self {
        case .root:
            summary.name = "Root"
            summary.type = "ROOT"
        case .unit(let unit):
            summary.name = unit.name
            summary.type = "ORGANIZATIONAL_UNIT"
        case .account:
            summary.name = call.directory.account(id)?.name
            summary.type = "ACCOUNT"
        }
        return summary
    }
}

extension OwnOrganization {
    /// - Throws: TargetNotFoundException.
    func target(_ id: String) throws(ServiceError) -> PolicyTarget {
        if id == organization.rootID { return .root(organization) }
        if id.hasPrefix("ou-") {
            if let unit = try records.get(OrganizationalUnit.self, id) { return .unit(unit) }
        } else if let account = try records.get(OrganizationAccount.self, id) {
            return .account(account)
        }
        throw .organizations(
            .targetNotFoundException, "We can't find a root, OU, or account with the TargetId that you specified.")
    }

    /// How many of these policies are of a type.
    fileprivate func count(of type: String, in ids: [String]) throws(ServiceError) -> Int {
        var count = 0
        for id in ids where try policy(id).type == type { count += 1 }
        return count
    }
}

extension OwnOrganization<MutableRecords> {
    func put(_ target: PolicyTarget) throws(ServiceError) {
        switch target {
        case .root(let organization): try records.put(organization)
        case .unit(let unit): try records.put(unit)
        case .account(let account): try records.put(account)
        }
    }
}

extension ServiceError {
    static let policyTypeNotEnabled = ServiceError.organizations(
        .policyTypeNotEnabledException,
        "This operation can be performed only for enabled policy types.")
}

extension Call {
    /// AWS requires the permission on both the policy and its target.
    fileprivate func access(policy: String, target: String) -> Authorization {
        let access = need(policy: policy)
        let type = access.context["organizations:policytype"].map { ["organizations:policytype": $0] } ?? [:]
        return .required([access, need(target: target, type)])
    }
}
