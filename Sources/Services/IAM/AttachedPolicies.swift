import Directory
import IAMAPI
import Platform
import Policy
import Wire

// Managed policies on users, groups and roles. Every operation carries `iam:PolicyARN`, with which delegation is bound.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_manage-attach-detach.html>

extension Identity {
    /// Attaching what is attached already changes nothing and is no error.
    /// - Throws: NoSuchEntity, PolicyNotAttachable, LimitExceeded.
    mutating func attach(
        _ arn: String, quota: Int, quotaName: String, _ records: some RecordReading
    ) throws(ServiceError) {
        try records.requireAttachablePolicy(arn)
        guard !attachedPolicies.contains(arn) else { return }
        guard attachedPolicies.count < quota else { throw .quotaExceeded(quotaName, quota) }
        attachedPolicies.append(arn)
    }

    /// - Throws: NoSuchEntity when it is not attached.
    mutating func detach(_ arn: String) throws(ServiceError) {
        guard ARN(parsing: arn) != nil else { throw .invalidARN }
        guard attachedPolicies.contains(arn) else { throw .policyNotFound(arn) }
        attachedPolicies.removeAll { $0 == arn }
    }

    func attachedPolicyPage(
        pathPrefix: String?, _ marker: String?, _ maxItems: Int?
    ) throws(ServiceError) -> Page<IAM.AttachedPolicy> {
        let attached = attachedPolicies.map { IAM.AttachedPolicy(arn: $0) }
        let prefix = "policy" + (pathPrefix ?? "/")
        let matching = attached.filter { policy in
            pathPrefix == nil || (ARN(parsing: policy.policyArn ?? "")?.resource.hasPrefix(prefix) ?? false)
        }
        return page(matching, by: { $0.policyArn ?? "" }, try Paging(marker: marker, maxItems: maxItems))
    }
}

extension IAM.AttachedPolicy {
    /// The name of a policy is the last part of its ARN.
    init(arn: String) {
        self.init()
        policyArn = arn
        policyName = arn.split(separator: "/").last.map(String.init)
    }
}

extension RecordReading {
    /// - Throws: as `requirePolicy`, and PolicyNotAttachable for the policy of a service-linked role.
    func requireAttachablePolicy(_ arn: String) throws(ServiceError) {
        try requirePolicy(arn)
        guard !arn.hasPrefix("arn:aws:iam::aws:policy\(Role.serviceLinkedPath)") else {
            throw ServiceError(
                "PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role.", status: 400)
        }
    }

    /// - Throws: NoSuchEntity when there is no such managed policy, ValidationError when it is no ARN.
    func requirePolicy(_ arn: String) throws(ServiceError) {
        guard let parsed = ARN(parsing: arn) else { throw .invalidARN }
        if isAWSManaged(arn) {
            guard ManagedPolicyCatalog.aws.entry(arn: arn) != nil else { throw .policyNotAttachable(arn) }
            return
        }
        guard parsed.service == "iam", let name = parsed.resource.split(separator: "/").last,
            let policy = try get(ManagedPolicy.self, ManagedPolicy.id(ofName: String(name))), policy.arn == arn
        else { throw .policyNotAttachable(arn) }
    }
}

private func policyARNKey(_ arn: String) -> [String: ContextValue] { ["iam:policyarn": .one(arn)] }

// MARK: - Users

extension IAM.AttachUserPolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onUser: input.userName, policyARNKey(input.policyArn))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var user = try records.user(input.userName)
        try user.attach(
            input.policyArn, quota: call.quotas[.attachedPoliciesPerUser], quotaName: "PoliciesPerUser", records)
        try records.put(user)
        return Output()
    }
}

extension IAM.DetachUserPolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onUser: input.userName, policyARNKey(input.policyArn))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var user = try records.user(input.userName)
        try user.detach(input.policyArn)
        try records.put(user)
        return Output()
    }
}

extension IAM.ListAttachedUserPolicies: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onUser: input.userName)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.user(input.userName).attachedPolicyPage(
            pathPrefix: input.pathPrefix, input.marker, input.maxItems)
        return Output(page.items, next: page.marker)
    }
}

// MARK: - Groups

extension IAM.AttachGroupPolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onGroup: input.groupName, policyARNKey(input.policyArn))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var group = try records.group(input.groupName)
        try group.attach(
            input.policyArn, quota: call.quotas[.attachedPoliciesPerGroup], quotaName: "PoliciesPerGroup", records)
        try records.put(group)
        return Output()
    }
}

extension IAM.DetachGroupPolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onGroup: input.groupName, policyARNKey(input.policyArn))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var group = try records.group(input.groupName)
        try group.detach(input.policyArn)
        try records.put(group)
        return Output()
    }
}

extension IAM.ListAttachedGroupPolicies: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onGroup: input.groupName)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.group(input.groupName).attachedPolicyPage(
            pathPrefix: input.pathPrefix, input.marker, input.maxItems)
        return Output(page.items, next: page.marker)
    }
}

// MARK: - Roles

extension IAM.AttachRolePolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onRole: input.roleName, policyARNKey(input.policyArn))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var role = try records.changeableRole(input.roleName)
        try role.attach(
            input.policyArn, quota: call.quotas[.attachedPoliciesPerRole], quotaName: "PoliciesPerRole", records)
        try records.put(role)
        return Output()
    }
}

extension IAM.DetachRolePolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onRole: input.roleName, policyARNKey(input.policyArn))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var role = try records.changeableRole(input.roleName)
        try role.detach(input.policyArn)
        try records.put(role)
        return Output()
    }
}

extension IAM.ListAttachedRolePolicies: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onRole: input.roleName)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.role(input.roleName).attachedPolicyPage(
            pathPrefix: input.pathPrefix, input.marker, input.maxItems)
        return Output(page.items, next: page.marker)
    }
}
