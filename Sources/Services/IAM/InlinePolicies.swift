import Directory
import IAMAPI
import Platform
import Policy
import Wire

// Inline policies of users, groups and roles: three times four operations, one behaviour.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html#inline-policies>

extension Identity {
    /// - Throws: MalformedPolicyDocument; LimitExceeded when all inline policies together are too long.
    mutating func putInlinePolicy(_ name: String, _ text: String, limit: Int) throws(ServiceError) {
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

    func inlinePolicy(_ name: String) throws(ServiceError) -> InlinePolicy {
        guard let policy = inlinePolicies.first(where: { $0.name == name }) else {
            throw .noSuchEntity("The \(Self.arnType) policy with name \(name) cannot be found.")
        }
        return policy
    }

    mutating func deleteInlinePolicy(_ name: String) throws(ServiceError) {
        _ = try inlinePolicy(name)
        inlinePolicies.removeAll { $0.name == name }
    }

    func inlinePolicyNames(_ marker: String?, _ maxItems: Int?) throws(ServiceError) -> Page<String> {
        page(inlinePolicies.map(\.name), by: \.self, try Paging(marker: marker, maxItems: maxItems))
    }
}

// MARK: - Users

extension IAM.PutUserPolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onUser: input.userName)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var user = try records.user(input.userName)
        try user.putInlinePolicy(input.policyName, input.policyDocument, limit: call.quotas[.userPolicySize])
        try records.put(user)
        return Output()
    }
}

extension IAM.GetUserPolicy: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onUser: input.userName)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let user = try records.user(input.userName)
        let policy = try user.inlinePolicy(input.policyName)
        return Output(userName: user.name, policyName: policy.name, policyDocument: Documents.encoded(policy.document))
    }
}

extension IAM.DeleteUserPolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onUser: input.userName)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var user = try records.user(input.userName)
        try user.deleteInlinePolicy(input.policyName)
        try records.put(user)
        return Output()
    }
}

extension IAM.ListUserPolicies: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onUser: input.userName)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.user(input.userName).inlinePolicyNames(input.marker, input.maxItems)
        return Output(page.items, next: page.marker)
    }
}

// MARK: - Groups

extension IAM.PutGroupPolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onGroup: input.groupName)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var group = try records.group(input.groupName)
        try group.putInlinePolicy(input.policyName, input.policyDocument, limit: call.quotas[.groupPolicySize])
        try records.put(group)
        return Output()
    }
}

extension IAM.GetGroupPolicy: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onGroup: input.groupName)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let group = try records.group(input.groupName)
        let policy = try group.inlinePolicy(input.policyName)
        return Output(
            groupName: group.name,
            policyName: policy.name,
            policyDocument: Documents.encoded(policy.document))
    }
}

extension IAM.DeleteGroupPolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onGroup: input.groupName)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var group = try records.group(input.groupName)
        try group.deleteInlinePolicy(input.policyName)
        try records.put(group)
        return Output()
    }
}

extension IAM.ListGroupPolicies: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onGroup: input.groupName)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.group(input.groupName).inlinePolicyNames(input.marker, input.maxItems)
        return Output(page.items, next: page.marker)
    }
}

// MARK: - Roles

extension IAM.PutRolePolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onRole: input.roleName)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var role = try records.changeableRole(input.roleName)
        try role.putInlinePolicy(input.policyName, input.policyDocument, limit: call.quotas[.rolePolicySize])
        try records.put(role)
        return Output()
    }
}

extension IAM.GetRolePolicy: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onRole: input.roleName)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let role = try records.role(input.roleName)
        let policy = try role.inlinePolicy(input.policyName)
        return Output(roleName: role.name, policyName: policy.name, policyDocument: Documents.encoded(policy.document))
    }
}

extension IAM.DeleteRolePolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onRole: input.roleName)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var role = try records.changeableRole(input.roleName)
        try role.deleteInlinePolicy(input.policyName)
        try records.put(role)
        return Output()
    }
}

extension IAM.ListRolePolicies: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onRole: input.roleName)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.role(input.roleName).inlinePolicyNames(input.marker, input.maxItems)
        return Output(page.items, next: page.marker)
    }
}
