import Directory
import IAMAPI
import Platform
import Wire

// Groups, and who is in them. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html>

extension IAM.Group {
    init(_ group: Directory.Group) {
        self.init()
        path = group.path
        groupName = group.name
        groupId = group.uniqueID
        arn = group.arn
        createDate = Timestamp(secondsSinceEpoch: group.createDate)
    }
}

extension IAM.CreateGroup: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(on: ARN.iam(call.accountID, "group", path: input.path ?? "/", name: input.groupName))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let name = input.groupName
        guard try records.get(Group.self, Group.id(ofName: name)) == nil else {
            throw .entityAlreadyExists("Group with name \(name) already exists.")
        }
        let quota = call.quotas[.groups]
        guard try records.count(Group.self) < quota else { throw .quotaExceeded("GroupsPerAccount", quota) }
        let group = Group(
            accountID: call.accountID, name: name, path: input.path ?? "/", uniqueID: Identifiers.unique(.group),
            createDate: call.time)
        try records.put(group)
        return Output(group: IAM.Group(group))
    }
}

extension IAM.GetGroup: ReadOperation, OnGroup {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let group = try records.group(input.groupName)
        let page = try records.page(
            User.self, Relation.group, to: group.uniqueID, Paging(input))
        return Output(
            group: IAM.Group(group),
            users: page.items.map { IAM.User($0) },
            isTruncated: page.isTruncated,
            marker: page.marker)
    }
}

extension IAM.ListGroups: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onAll: "group", pathPrefix: input.pathPrefix)
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let paths = input.paths
        let page = page(try Paging(input)) { after, limit in
            call.directory.groups(in: call.accountID, after: after, limit: limit)
        } where: {
            paths.contains($0.bare.path)
        }
        return Output(page) { IAM.Group($0.bare) }
    }
}

extension IAM.UpdateGroup: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let group = call.directory.group(named: input.groupName, in: call.accountID)
        return call.access(
            changing: call.need(onGroup: input.groupName), "group", input.groupName, path: group?.path,
            toName: input.newGroupName, toPath: input.newPath)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.change(try records.group(input.groupName), toName: input.newGroupName, toPath: input.newPath)
        return Output()
    }
}

extension IAM.DeleteGroup: DeleteOperation, OnGroup {
    static func check(_ group: Group, _ records: MutableRecords) throws(ServiceError) {
        guard try records.referrers(User.self, Relation.group, to: group.uniqueID, limit: 1).isEmpty else {
            throw .deleteConflict("remove users from group")
        }
        guard group.attachedPolicies.isEmpty else { throw .deleteConflict("detach all policies") }
        guard group.inlinePolicies.isEmpty else { throw .deleteConflict("delete policies") }
    }
}

// MARK: - Membership

extension IAM.AddUserToGroup: WriteOperation, OnGroup {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var user = try records.user(input.userName)
        let group = try records.group(input.groupName)
        guard !user.groupIDs.contains(group.uniqueID) else { return Output() }
        let quota = call.quotas[.groupsPerUser]
        guard user.groupIDs.count < quota else { throw .quotaExceeded("GroupsPerUser", quota) }
        user.groupIDs.append(group.uniqueID)
        try records.put(user)
        return Output()
    }
}

extension IAM.RemoveUserFromGroup: WriteOperation, OnGroup {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var user = try records.user(input.userName)
        let group = try records.group(input.groupName)
        guard user.groupIDs.contains(group.uniqueID) else { return Output() }
        user.groupIDs.removeAll { $0 == group.uniqueID }
        try records.put(user)
        return Output()
    }
}

extension IAM.ListGroupsForUser: ReadOperation, OnUser {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let groups = try records.groups(of: records.user(input.userName))
        let page = page(groups, by: \.id, try Paging(input))
        return Output(page, IAM.Group.init)
    }
}
