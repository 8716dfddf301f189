import Directory
import IAMAPI
import Platform
import Policy
import Wire

// Managed policies: the customer's own, and AWS's, which are the same in every account.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html>

extension IAM.Policy {
    /// - Parameter isWhole: with description and tags, which lists leave out.
    init(_ policy: ManagedPolicy, isWhole: Bool, _ records: some RecordReading) throws(ServiceError) {
        self.init()
        policyName = policy.name
        policyId = policy.uniqueID
        arn = policy.arn
        path = policy.path
        defaultVersionId = policy.defaultVersionID
        isAttachable = true
        createDate = Timestamp(secondsSinceEpoch: policy.createDate)
        updateDate = Timestamp(secondsSinceEpoch: policy.updateDate)
        try count(records)
        guard isWhole else { return }
        description = policy.description
        tags = policy.tags.map(IAM.Tag.init)
    }

    init(_ policy: ManagedPolicyCatalog.Entry, _ records: some RecordReading) throws(ServiceError) {
        self.init()
        policyName = policy.name
        policyId = policy.policyID
        arn = policy.arn
        path = policy.path
        defaultVersionId = policy.defaultVersionID
        isAttachable = true
        createDate = Timestamp(secondsSinceEpoch: policy.createDate)
        updateDate = Timestamp(secondsSinceEpoch: policy.updateDate)
        try count(records)
    }

    private mutating func count(_ records: some RecordReading) throws(ServiceError) {
        let arn = arn ?? ""
        attachmentCount = try records.referrerCount(Relation.attachedPolicy, to: arn)
        permissionsBoundaryUsageCount = try records.referrerCount(Relation.permissionsBoundary, to: arn)
    }
}

extension IAM.CreatePolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let arn = ARN.iam(call.accountID, "policy", path: input.path ?? "/", name: input.policyName)
        return call.access(creating: arn, input.tags, taggedBy: "TagPolicy")
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try checkManagedDocument(input.policyDocument, call)
        let name = input.policyName
        guard try records.get(ManagedPolicy.self, ManagedPolicy.id(ofName: name)) == nil else {
            throw .entityAlreadyExists("A policy called \(name) already exists. Duplicate names are not allowed.")
        }
        let quota = call.quotas[.policies]
        guard try records.count(ManagedPolicy.self) < quota else { throw .quotaExceeded("PoliciesPerAccount", quota) }
        let policy = ManagedPolicy(
            accountID: call.accountID, name: name, path: input.path ?? "/",
            uniqueID: Identifiers.unique(.managedPolicy), createDate: call.time, description: input.description,
            document: input.policyDocument, tags: try TagRules.ofResources.new(input.tags))
        try records.put(policy)
        return Output(policy: try IAM.Policy(policy, isWhole: true, records))
    }
}

/// - Throws: MalformedPolicyDocument, LimitExceeded.
func checkManagedDocument(_ text: String, _ call: Call) throws(ServiceError) {
    let document = try Documents.check(text, as: .identity, .managed)
    let limit = call.quotas[.policySize]
    guard document.nonWhitespaceCount <= limit else { throw .quotaExceeded("PolicySize", limit) }
}

extension IAM.GetPolicy: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onPolicy: input.policyArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var output = Output()
        if isAWSManaged(input.policyArn) {
            guard let policy = ManagedPolicyCatalog.aws.entry(arn: input.policyArn) else {
                throw .policyNotFound(input.policyArn)
            }
            output.policy = try IAM.Policy(policy, records)
        } else {
            output.policy = try IAM.Policy(records.customerPolicy(input.policyArn), isWhole: true, records)
        }
        return output
    }
}

extension IAM.ListPolicies: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onAll: "policy", pathPrefix: input.pathPrefix)
    }

    /// The customer's policies come first, then AWS's, each in the order of their names.
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let paging = try Paging(input)
        let prefix = input.pathPrefix ?? "/"
        let scope = input.scope ?? "All"
        let attached = try attachedARNs(input, records)
        let isIncluded = { (arn: String, path: String) in
            path.hasPrefix(prefix) && (attached?.contains(arn) ?? true)
        }
        var keys: [(key: String, policy: Listed)] = []
        if scope != "AWS" {
            for policy in try records.list(ManagedPolicy.self) where isIncluded(policy.arn, policy.path) {
                keys.append(("0" + policy.id, .customer(policy)))
            }
        }
        if scope != "Local" {
            let catalog = ManagedPolicyCatalog.aws
            for arn in catalog.arns {
                guard let policy = catalog.entry(arn: arn), isIncluded(arn, policy.path) else { continue }
                keys.append(("1" + arn, .aws(policy)))
            }
        }
        let page = try page(keys, by: \.key, paging).map { (item) throws(ServiceError) in
            switch item.policy {
            case .customer(let policy): try IAM.Policy(policy, isWhole: false, records)
            case .aws(let policy): try IAM.Policy(policy, records)
            }
        }
        return Output(page.items, next: page.marker)
    }

    private enum Listed {
        case customer(ManagedPolicy)
        case aws(ManagedPolicyCatalog.Entry)
    }

    /// The policies in use, when the request asks for those alone; nil when it asks for all.
    private static func attachedARNs(_ input: Input, _ records: Records) throws(ServiceError) -> Set<String>? {
        guard input.onlyAttached == true || input.policyUsageFilter != nil else { return nil }
        return try records.policyARNsInUse(
            as: input.policyUsageFilter == "PermissionsBoundary" ? .boundary : .permissions)
    }
}

/// What a managed policy is to whoever has it.
enum PolicyUsage {
    case permissions, boundary
}

extension RecordReading {
    /// The managed policies that any user, group or role has. Reads them all.
    func policyARNsInUse(as usage: PolicyUsage) throws(ServiceError) -> Set<String> {
        var arns: Set<String> = []
        switch usage {
        case .permissions:
            for user in try list(User.self) { arns.formUnion(user.attachedPolicies) }
            for group in try list(Group.self) { arns.formUnion(group.attachedPolicies) }
            for role in try list(Role.self) { arns.formUnion(role.attachedPolicies) }
        case .boundary:
            for user in try list(User.self) { user.permissionsBoundary.map { _ = arns.insert($0) } }
            for role in try list(Role.self) { role.permissionsBoundary.map { _ = arns.insert($0) } }
        }
        return arns
    }
}

extension IAM.DeletePolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onPolicy: input.policyArn)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let policy = try records.customerPolicy(input.policyArn)
        guard try records.referrerCount(Relation.attachedPolicy, to: policy.arn) == 0,
            try records.referrerCount(Relation.permissionsBoundary, to: policy.arn) == 0
        else {
            throw ServiceError("DeleteConflict", "Cannot delete a policy attached to entities.", status: 409)
        }
        guard policy.versions.count == 1 else {
            throw ServiceError(
                "DeleteConflict",
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                    + "versions. The default version is deleted with the policy.", status: 409)
        }
        try records.delete(policy)
        return Output()
    }
}

extension IAM.TagPolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onPolicy: input.policyArn, requestTags(input.tags))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var policy = try records.customerPolicy(input.policyArn)
        policy.tags = try TagRules.ofResources.merge(input.tags, into: policy.tags)
        try records.put(policy)
        return Output()
    }
}

extension IAM.UntagPolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onPolicy: input.policyArn, tagKeys(input.tagKeys))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var policy = try records.customerPolicy(input.policyArn)
        policy.tags = TagRules.ofResources.remove(input.tagKeys, from: policy.tags)
        try records.put(policy)
        return Output()
    }
}

extension IAM.ListPolicyTags: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onPolicy: input.policyArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var tags: [Directory.Tag] = []
        if isAWSManaged(input.policyArn) {
            try records.requirePolicy(input.policyArn)
        } else {
            tags = try records.customerPolicy(input.policyArn).tags
        }
        let page = page(tags, by: \.key, try Paging(input))
        return Output(page.items.map(IAM.Tag.init), next: page.marker)
    }
}

extension IAM.ListEntitiesForPolicy: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onPolicy: input.policyArn)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let arn = input.policyArn
        if isAWSManaged(arn) {
            guard ManagedPolicyCatalog.aws.entry(arn: arn) != nil else { throw .policyNotFound(arn) }
        } else {
            _ = try records.customerPolicy(arn)
        }
        let relations =
            switch input.policyUsageFilter {
            case "PermissionsBoundary": [Relation.permissionsBoundary]
            case "PermissionsPolicy": [Relation.attachedPolicy]
            default: [Relation.attachedPolicy, Relation.permissionsBoundary]
            }
        let prefix = input.pathPrefix ?? "/"
        // By key, so that whoever has the policy in both ways is listed once.
        var found: [String: Entity] = [:]
        let filter = input.entityFilter
        for relation in relations {
            if filter == nil || filter == "Group" {
                for group in try records.referrers(Group.self, relation, to: arn) where group.path.hasPrefix(prefix) {
                    found["group/" + group.id] = .group(group)
                }
            }
            if filter == nil || filter == "Role" {
                for role in try records.referrers(Role.self, relation, to: arn) where role.path.hasPrefix(prefix) {
                    found["role/" + role.id] = .role(role)
                }
            }
            if filter == nil || filter == "User" {
                for user in try records.referrers(User.self, relation, to: arn) where user.path.hasPrefix(prefix) {
                    found["user/" + user.id] = .user(user)
                }
            }
        }
        let entities = found.map { (key: $0.key, entity: $0.value) }
        let page = page(entities, by: \.key, try Paging(input))
        return output(page)
    }

    private enum Entity {
        case group(Group)
        case role(Role)
        case user(User)
    }

    private static func output(_ page: Page<(key: String, entity: Entity)>) -> Output {
        var groups: [IAM.PolicyGroup] = []
        var roles: [IAM.PolicyRole] = []
        var users: [IAM.PolicyUser] = []
        for item in page.items {
            switch item.entity {
            case .group(let group):
                var view = IAM.PolicyGroup()
                view.groupName = group.name
                view.groupId = group.uniqueID
                groups.append(view)
            case .role(let role):
                var view = IAM.PolicyRole()
                view.roleName = role.name
                view.roleId = role.uniqueID
                roles.append(view)
            case .user(let user):
                var view = IAM.PolicyUser()
                view.userName = user.name
                view.userId = user.uniqueID
                users.append(view)
            }
        }
        return Output(
            policyGroups: groups,
            policyUsers: users,
            policyRoles: roles,
            isTruncated: page.isTruncated,
            marker: page.marker)
    }
}
