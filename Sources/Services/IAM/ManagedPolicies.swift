import Directory
import IAMAPI
import Platform
import Policy
import Wire

// Managed policies: the customer's own, and AWS's, which are the same in every account.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html>

extension IAM.Policy {
    init(_ policy: ManagedPolicy, _ answer: AnswerKind, _ records: some RecordReading) throws(ServiceError) {
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
        if answer == .got { description = policy.description }
        tags = shownTags(policy.tags, in: answer)
    }

    /// AWS's own policies have no tags. Their descriptions are not among the data that ship.
    init(_ policy: ManagedPolicyCatalog.Entry, _ answer: AnswerKind, _ records: some RecordReading) throws(ServiceError)
    {
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
        tags = shownTags([], in: answer)
    }

    init(_ policy: AnyManagedPolicy, _ answer: AnswerKind, _ records: some RecordReading) throws(ServiceError) {
        switch policy {
        case .customer(let policy): try self.init(policy, answer, records)
        case .aws(let policy): try self.init(policy, answer, records)
        }
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
        return Output(policy: try IAM.Policy(policy, .written, records))
    }
}

/// - Throws: MalformedPolicyDocument, LimitExceeded.
func checkManagedDocument(_ text: String, _ call: Call) throws(ServiceError) {
    let document = try Documents.check(text, as: .identity, .managed)
    let limit = call.quotas[.policySize]
    guard document.nonWhitespaceCount <= limit else { throw .quotaExceeded("PolicySize", limit) }
}

extension IAM.GetPolicy: ReadOperation, OnPolicy {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        Output(policy: try IAM.Policy(records.managedPolicy(input.policyArn), .got, records))
    }
}

extension IAM.ListPolicies: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onAll: "policy", pathPrefix: input.pathPrefix)
    }

    /// The customer's policies come first, then AWS's, each in the order of their names.
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let paging = try Paging(input)
        let paths = input.paths
        let scope = input.scope ?? "All"
        let attached = try attachedARNs(input, records)
        let isIncluded = { (arn: String, path: String) in
            paths.contains(path) && (attached?.contains(arn) ?? true)
        }
        var keys: [(key: String, policy: AnyManagedPolicy)] = []
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
            try IAM.Policy(item.policy, .listed, records)
        }
        return Output(page)
    }

    /// The policies in use, when the request asks for those alone; nil when it asks for all.
    private static func attachedARNs(_ input: Input, _ records: Records) throws(ServiceError) -> Set<String>? {
        guard input.onlyAttached == true || input.policyUsageFilter != nil else { return nil }
        return try records.policyARNsInUse(
            as: input.policyUsageFilter == "PermissionsBoundary" ? .boundary : .permissions)
    }
}

/// What a managed policy is used as by whoever has it.
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

extension IAM.DeletePolicy: DeleteOperation, OnPolicy {
    static func target(
        _ input: Input, _ call: Call, _ records: some RecordReading
    ) throws(ServiceError) -> ManagedPolicy {
        try records.ownPolicy(input.policyArn, to: "delete policies")
    }

    static func check(_ policy: ManagedPolicy, _ records: MutableRecords) throws(ServiceError) {
        guard try records.referrerCount(Relation.attachedPolicy, to: policy.arn) == 0,
            try records.referrerCount(Relation.permissionsBoundary, to: policy.arn) == 0
        else {
            throw IAM.Failure.deleteConflict("Cannot delete a policy attached to entities.")
        }
        guard policy.versions.count == 1 else {
            throw IAM.Failure.deleteConflict(
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                    + "versions. The default version is deleted with the policy.")
        }
    }
}

extension IAM.TagPolicy: TagOperation, OnPolicy {}
extension IAM.UntagPolicy: UntagOperation, OnPolicy {}

extension IAM.ListPolicyTags: ListTagsOperation, OnPolicy {
    /// AWS's own policies have none.
    static func tags(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> [Directory.Tag] {
        guard isAWSManaged(input.policyArn) else { return try records.customerPolicy(input.policyArn).tags }
        _ = try records.managedPolicy(input.policyArn, missing: .policyNotAttachable(input.policyArn))
        return []
    }
}

extension IAM.ListEntitiesForPolicy: ReadOperation, OnPolicy {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let arn = input.policyArn
        _ = try records.managedPolicy(arn, missing: .policyNotAttachable(arn))
        let relations =
            switch input.policyUsageFilter {
            case "PermissionsBoundary": [Relation.permissionsBoundary]
            case "PermissionsPolicy": [Relation.attachedPolicy]
            default: [Relation.attachedPolicy, Relation.permissionsBoundary]
            }
        let paths = input.paths
        // By key, so that whoever has the policy in both ways is listed once.
        var found: [String: Entity] = [:]
        let filter = input.entityFilter
        for relation in relations {
            if filter == nil || filter == "Group" {
                for group in try records.referrers(Group.self, relation, to: arn) where paths.contains(group.path) {
                    found["group/" + group.id] = .group(group)
                }
            }
            if filter == nil || filter == "Role" {
                for role in try records.referrers(Role.self, relation, to: arn) where paths.contains(role.path) {
                    found["role/" + role.id] = .role(role)
                }
            }
            if filter == nil || filter == "User" {
                for user in try records.referrers(User.self, relation, to: arn) where paths.contains(user.path) {
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
