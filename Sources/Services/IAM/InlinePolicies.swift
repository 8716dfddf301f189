import Directory
import IAMAPI
import Platform
import Policy
import Wire

// Inline policies of users, groups and roles: four operations for each of the three, all with the same behaviour.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html#inline-policies>

extension PolicyHolder {
    /// - Throws: MalformedPolicyDocument; LimitExceeded when all inline policies together are too long.
    fileprivate mutating func put(_ name: String, _ text: String, limit: Int) throws(ServiceError) {
        let document = try Documents.check(text, as: .identity)
        var size = document.nonWhitespaceCount
        for policy in inlinePolicies where policy.name != name {
            size += PolicyDocument.nonWhitespaceCount(of: policy.document)
        }
        guard size <= limit else {
            throw .limitExceeded("Maximum policy size of \(limit) bytes exceeded for \(Self.arnType) \(self.name)")
        }
        let policy = InlinePolicy(name: name, document: text)
        if let index = inlinePolicies.firstIndex(where: { $0.name == name }) {
            inlinePolicies[index] = policy
        } else {
            inlinePolicies.append(policy)
        }
    }

    fileprivate func inlinePolicy(_ name: String) throws(ServiceError) -> InlinePolicy {
        guard let policy = inlinePolicies.first(where: { $0.name == name }) else {
            throw .noSuchEntity("The \(Self.arnType) policy with name \(name) cannot be found.")
        }
        return policy
    }
}

// MARK: - The operations

/// Takes a policy in, or anew.
protocol PutInlinePolicyOperation: ChangeOperation
where Target: PolicyHolder, InputFields: IAM.WithPolicyName & IAM.WithPolicyDocument {}

extension PutInlinePolicyOperation {
    static func change(
        _ holder: inout Target, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        try holder.requireChangeable()
        try holder.put(input.policyName, input.policyDocument, limit: call.quotas[Target.inlinePolicySize])
    }
}

extension IAM.PutUserPolicy: PutInlinePolicyOperation, OnUser {}
extension IAM.PutGroupPolicy: PutInlinePolicyOperation, OnGroup {}
extension IAM.PutRolePolicy: PutInlinePolicyOperation, OnRole {}

/// Shows a policy.
protocol GetInlinePolicyOperation: RecordOperation, ReadOperation
where Target: PolicyHolder, InputFields: IAM.WithPolicyName {
    static func output(_ holder: Target, _ name: String, _ document: String) -> Output
}

extension GetInlinePolicyOperation {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let holder = try target(input, call, records)
        let policy = try holder.inlinePolicy(input.policyName)
        return output(holder, policy.name, Documents.encoded(policy.document))
    }
}

extension IAM.GetUserPolicy: GetInlinePolicyOperation, OnUser {
    static func output(_ user: User, _ name: String, _ document: String) -> Output {
        Output(userName: user.name, policyName: name, policyDocument: document)
    }
}

extension IAM.GetGroupPolicy: GetInlinePolicyOperation, OnGroup {
    static func output(_ group: Group, _ name: String, _ document: String) -> Output {
        Output(groupName: group.name, policyName: name, policyDocument: document)
    }
}

extension IAM.GetRolePolicy: GetInlinePolicyOperation, OnRole {
    static func output(_ role: Role, _ name: String, _ document: String) -> Output {
        Output(roleName: role.name, policyName: name, policyDocument: document)
    }
}

/// Takes a policy away.
protocol DeleteInlinePolicyOperation: ChangeOperation where Target: PolicyHolder, InputFields: IAM.WithPolicyName {}

extension DeleteInlinePolicyOperation {
    static func change(
        _ holder: inout Target, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        try holder.requireChangeable()
        _ = try holder.inlinePolicy(input.policyName)
        holder.inlinePolicies.removeAll { $0.name == input.policyName }
    }
}

extension IAM.DeleteUserPolicy: DeleteInlinePolicyOperation, OnUser {}
extension IAM.DeleteGroupPolicy: DeleteInlinePolicyOperation, OnGroup {}
extension IAM.DeleteRolePolicy: DeleteInlinePolicyOperation, OnRole {}

/// Lists the policies' names.
protocol ListInlinePoliciesOperation: RecordOperation, ReadOperation
where Target: PolicyHolder, InputFields: PageRequestFields, OutputFields: PageFields, OutputFields.Item == String {}

extension ListInlinePoliciesOperation {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let names = try target(input, call, records).inlinePolicies.map(\.name)
        return Output(page(names, by: \.self, try Paging(input)))
    }
}

extension IAM.ListUserPolicies: ListInlinePoliciesOperation, OnUser {}
extension IAM.ListGroupPolicies: ListInlinePoliciesOperation, OnGroup {}
extension IAM.ListRolePolicies: ListInlinePoliciesOperation, OnRole {}
