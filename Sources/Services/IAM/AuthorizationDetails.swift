import Directory
import IAMAPI
import Platform
import Wire

/// Everything that authorisation in the account depends on, in one list: users, groups, roles, the customer's policies,
/// AWS's policies. A page may hold several kinds.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>
extension IAM.GetAccountAuthorizationDetails: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let filter = input.filter ?? []
        let isIncluded = { (kind: String) in filter.isEmpty || filter.contains(kind) }
        var items: [(key: String, item: Item)] = []
        if isIncluded("User") {
            items += try records.list(User.self).map { ("0" + $0.id, .user($0)) }
        }
        if isIncluded("Group") {
            items += try records.list(Group.self).map { ("1" + $0.id, .group($0)) }
        }
        if isIncluded("Role") {
            items += try records.list(Role.self).map { ("2" + $0.id, .role($0)) }
        }
        if isIncluded("LocalManagedPolicy") {
            items += try records.list(ManagedPolicy.self).map { ("3" + $0.id, .customerPolicy($0)) }
        }
        if isIncluded("AWSManagedPolicy") {
            // Of AWS's policies, only those that are attached to somebody.
            let inUse = try records.policyARNsInUse(as: .permissions)
                .union(records.policyARNsInUse(as: .boundary))
            items += inUse.filter(isAWSManaged).map { ("4" + $0, .awsPolicy($0)) }
        }
        let page = page(items, by: \.key, try Paging(input))
        var output = try output(page.items.map(\.item), records, call)
        output.isTruncated = page.isTruncated
        output.marker = page.marker
        return output
    }

    private enum Item {
        case user(User)
        case group(Group)
        case role(Role)
        case customerPolicy(ManagedPolicy)
        case awsPolicy(String)
    }

    private static func output(
        _ items: [Item], _ records: Records, _ call: Call
    ) throws(ServiceError) -> Output {
        var users: [IAM.UserDetail] = []
        var groups: [IAM.GroupDetail] = []
        var roles: [IAM.RoleDetail] = []
        var policies: [IAM.ManagedPolicyDetail] = []
        for item in items {
            switch item {
            case .user(let user): users.append(try detail(user, records))
            case .group(let group): groups.append(detail(group))
            case .role(let role): roles.append(try detail(role, records, call))
            case .customerPolicy(let policy): policies.append(try detail(policy, records))
            case .awsPolicy(let arn):
                if let policy = ManagedPolicyCatalog.aws.entry(arn: arn) {
                    policies.append(try detail(policy, records))
                }
            }
        }
        return Output(
            userDetailList: users,
            groupDetailList: groups,
            roleDetailList: roles,
            policies: policies,
            isTruncated: nil,
            marker: nil)
    }

    private static func detail(_ user: User, _ records: Records) throws(ServiceError) -> IAM.UserDetail {
        var view = IAM.UserDetail()
        view.path = user.path
        view.userName = user.name
        view.userId = user.uniqueID
        view.arn = user.arn
        view.createDate = Timestamp(secondsSinceEpoch: user.createDate)
        // Groups and roles without such policies have an empty list; users have no list at all.
        if !user.inlinePolicies.isEmpty { view.userPolicyList = inlinePolicies(user) }
        view.groupList = try records.groups(of: user).map(\.name)
        view.attachedManagedPolicies = user.attachedPolicies.map { IAM.AttachedPolicy(arn: $0) }
        view.permissionsBoundary = user.permissionsBoundary.map { IAM.AttachedPermissionsBoundary(arn: $0) }
        view.tags = user.tags.map(IAM.Tag.init)
        return view
    }

    private static func detail(_ group: Group) -> IAM.GroupDetail {
        var view = IAM.GroupDetail()
        view.path = group.path
        view.groupName = group.name
        view.groupId = group.uniqueID
        view.arn = group.arn
        view.createDate = Timestamp(secondsSinceEpoch: group.createDate)
        view.groupPolicyList = inlinePolicies(group)
        view.attachedManagedPolicies = group.attachedPolicies.map { IAM.AttachedPolicy(arn: $0) }
        return view
    }

    private static func detail(
        _ role: Role, _ records: Records, _ call: Call
    ) throws(ServiceError) -> IAM.RoleDetail {
        var view = IAM.RoleDetail()
        view.path = role.path
        view.roleName = role.name
        view.roleId = role.uniqueID
        view.arn = role.arn
        view.createDate = Timestamp(secondsSinceEpoch: role.createDate)
        view.assumeRolePolicyDocument = Documents.encoded(Documents.shown(trust: role.trustPolicy, call.directory))
        var profiles: [IAM.InstanceProfile] = []
        for profile in try records.referrers(InstanceProfile.self, Relation.role, to: role.id) {
            profiles.append(try IAM.InstanceProfile(profile, .nested, records, call.directory))
        }
        view.instanceProfileList = profiles
        view.roleLastUsed = call.lastUsed(role)
        view.rolePolicyList = inlinePolicies(role)
        view.attachedManagedPolicies = role.attachedPolicies.map { IAM.AttachedPolicy(arn: $0) }
        view.permissionsBoundary = role.permissionsBoundary.map { IAM.AttachedPermissionsBoundary(arn: $0) }
        view.tags = role.tags.map(IAM.Tag.init)
        return view
    }

    private static func detail(
        _ policy: ManagedPolicy, _ records: Records
    ) throws(ServiceError) -> IAM.ManagedPolicyDetail {
        let whole = try IAM.Policy(policy, .listed, records)
        var view = detail(whole)
        view.description = policy.description
        view.policyVersionList = policy.versions.reversed().map {
            IAM.PolicyVersion($0, of: policy, withDocument: true)
        }
        return view
    }

    private static func detail(
        _ policy: ManagedPolicyCatalog.Entry, _ records: Records
    ) throws(ServiceError) -> IAM.ManagedPolicyDetail {
        var view = detail(try IAM.Policy(policy, .listed, records))
        view.policyVersionList = [IAM.PolicyVersion(policy, withDocument: true)]
        return view
    }

    private static func detail(_ policy: IAM.Policy) -> IAM.ManagedPolicyDetail {
        var view = IAM.ManagedPolicyDetail()
        view.policyName = policy.policyName
        view.policyId = policy.policyId
        view.arn = policy.arn
        view.path = policy.path
        view.defaultVersionId = policy.defaultVersionId
        view.attachmentCount = policy.attachmentCount
        view.permissionsBoundaryUsageCount = policy.permissionsBoundaryUsageCount
        view.isAttachable = policy.isAttachable
        view.createDate = policy.createDate
        view.updateDate = policy.updateDate
        return view
    }

    private static func inlinePolicies(_ identity: some Identity) -> [IAM.PolicyDetail] {
        identity.inlinePolicies.map { policy in
            var view = IAM.PolicyDetail()
            view.policyName = policy.name
            view.policyDocument = Documents.encoded(policy.document)
            return view
        }
    }
}
