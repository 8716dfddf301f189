import Directory
import IAMAPI
import Platform
import Policy
import Wire

// Managed policies on users, groups and roles. Every operation has the condition key `iam:PolicyARN`, by which
// delegated administration is limited.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_manage-attach-detach.html>

/// Attaching what is attached already changes nothing and is no error.
protocol AttachPolicyOperation: ChangeOperation where Target: PolicyHolder, InputFields: IAM.WithPolicyArn {}

extension AttachPolicyOperation {
    static func keys(_ input: Input) -> [String: ContextValue] { ["iam:policyarn": .one(input.policyArn)] }

    static func change(
        _ holder: inout Target, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        try holder.requireChangeable()
        try records.requireAttachablePolicy(input.policyArn, missing: .policyNotAttachable(input.policyArn))
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
    /// - Parameter missing: what is said when there is no such policy.
    /// - Throws: InvalidInput for a text that is not a policy's ARN, ValidationError for an ARN of another partition,
    ///   NoSuchEntity, and PolicyNotAttachable for the policy of a service-linked role.
    func requireAttachablePolicy(_ arn: String, missing: ServiceError) throws(ServiceError) {
        guard isPolicyARN(arn) else { throw .invalidInput("ARN \(arn) is not valid.") }
        guard arn.hasPrefix("arn:aws:") else { throw .validation("Invalid ARN partition") }
        _ = try managedPolicy(arn, missing: missing)
        guard !arn.hasPrefix("arn:aws:iam::aws:policy\(Role.serviceLinkedPath)") else {
            throw IAM.Failure.policyNotAttachable("Cannot attach a Service Role Policy to a Customer Role.")
        }
    }

    /// - Throws: as `requireAttachablePolicy`, with AWS's messages for boundaries.
    func requireBoundary(_ arn: String) throws(ServiceError) {
        try requireAttachablePolicy(
            arn, missing: .noSuchEntity("Scope ARN: \(arn) does not exist or is not attachable."))
    }
}
