import Directory
import IAMAPI
import Platform
import Policy
import Wire

// Managed policies on users, groups and roles. Every operation carries `iam:PolicyARN`, with which delegation is bound.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_manage-attach-detach.html>

/// Attaching what is attached already changes nothing and is no error.
protocol AttachPolicyOperation: ChangeOperation where Target: PolicyHolder, InputFields: IAM.WithPolicyArn {}

extension AttachPolicyOperation {
    static func keys(_ input: Input) -> [String: ContextValue] { ["iam:policyarn": .one(input.policyArn)] }

    static func change(
        _ holder: inout Target, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        try holder.requireChangeable()
        try records.requireAttachablePolicy(input.policyArn)
        guard !holder.attachedPolicies.contains(input.policyArn) else { return }
        let quota = call.quotas[Target.attachedPolicyCount]
        guard holder.attachedPolicies.count < quota else {
            throw .quotaExceeded("PoliciesPer\(Target.typeName)", quota)
        }
        holder.attachedPolicies.append(input.policyArn)
    }
}

extension IAM.AttachUserPolicy: AttachPolicyOperation, OnUser {}
extension IAM.AttachGroupPolicy: AttachPolicyOperation, OnGroup {}
extension IAM.AttachRolePolicy: AttachPolicyOperation, OnRole {}

protocol DetachPolicyOperation: ChangeOperation where Target: PolicyHolder, InputFields: IAM.WithPolicyArn {}

extension DetachPolicyOperation {
    static func keys(_ input: Input) -> [String: ContextValue] { ["iam:policyarn": .one(input.policyArn)] }

    static func change(
        _ holder: inout Target, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        try holder.requireChangeable()
        guard ARN(parsing: input.policyArn) != nil else { throw .invalidARN }
        guard holder.attachedPolicies.contains(input.policyArn) else { throw .policyNotFound(input.policyArn) }
        holder.attachedPolicies.removeAll { $0 == input.policyArn }
    }
}

extension IAM.DetachUserPolicy: DetachPolicyOperation, OnUser {}
extension IAM.DetachGroupPolicy: DetachPolicyOperation, OnGroup {}
extension IAM.DetachRolePolicy: DetachPolicyOperation, OnRole {}

protocol ListAttachedPoliciesOperation: RecordOperation, ReadOperation
where
    Target: PolicyHolder, InputFields: IAM.MayHavePathPrefix & PageRequestFields, OutputFields: PageFields,
    OutputFields.Item == IAM.AttachedPolicy
{}

extension ListAttachedPoliciesOperation {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let prefix = input.pathPrefix.map { "policy" + $0 }
        let matching = try target(input, call, records).attachedPolicies.filter { arn in
            prefix.map { ARN(parsing: arn)?.resource.hasPrefix($0) ?? false } ?? true
        }
        return Output(page(matching.map { IAM.AttachedPolicy(arn: $0) }, by: { $0.policyArn ?? "" }, try Paging(input)))
    }
}

extension IAM.ListAttachedUserPolicies: ListAttachedPoliciesOperation, OnUser {}
extension IAM.ListAttachedGroupPolicies: ListAttachedPoliciesOperation, OnGroup {}
extension IAM.ListAttachedRolePolicies: ListAttachedPoliciesOperation, OnRole {}

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
            throw IAM.Failure.policyNotAttachable("Cannot attach a Service Role Policy to a Customer Role.")
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
