import IAMAPI
import Platform
import Wire

/// Who is in which group: a user's groups, and a group's users.
enum UserGroupsPages {
    static let routes: [Route] = [
        .get("users/{name}/groups") { (visit) throws(ServiceError) in try await show(visit) },
        .post("users/{name}/groups") { (visit) throws(ServiceError) in try await changeGroups(visit) },
        .post("groups/{name}/users") { (visit) throws(ServiceError) in try await changeUsers(visit) },
    ]

    private static func show(_ visit: Visit) async throws(ServiceError) -> Reply {
        let head = try await UserPages.head(.groups, visit)
        let groups = await visit.find { () throws(ServiceError) in
            try await visit.all(IAM.ListGroupsForUser.self, .init { $0.userName = visit["name"] })
        }
        let all = await visit.attempt { () throws(ServiceError) in
            try await visit.all(IAM.ListGroups.self, most: 300).map(\.groupName)
        }
        let mine = Set((groups.value ?? []).map(\.groupName))
        let others = (all.value ?? []).filter { !mine.contains($0) }
        return UserPages.page(
            "user-groups", head, visit,
            [
                "groups": groups.value?.map { GroupRow($0, visit) }, "groupsProblem": groups.problem,
                "hasNone": groups.value?.isEmpty, "others": others, "hasOthers": !others.isEmpty,
                "othersProblem": all.problem,
            ])
    }

    static func add(_ user: String, to group: String, _ visit: Visit) async throws(ServiceError) {
        let input = IAM.AddUserToGroup.Input {
            $0.userName = user
            $0.groupName = group
        }
        _ = try await visit.call(IAM.AddUserToGroup.self, input)
    }

    private static func remove(_ user: String, from group: String, _ visit: Visit) async throws(ServiceError) {
        let input = IAM.RemoveUserFromGroup.Input {
            $0.userName = user
            $0.groupName = group
        }
        _ = try await visit.call(IAM.RemoveUserFromGroup.self, input)
    }

    private static func changeGroups(_ visit: Visit) async throws(ServiceError) -> Reply {
        let user = visit["name"]
        let page = UserPages.path(user) + "/groups"
        if let group = visit.form["remove"] {
            try await remove(user, from: group, visit)
            return visit.redirect(page, done: "\(user) is no longer in the group \(group).")
        }
        let group = visit.form.text("group")
        try await add(user, to: group, visit)
        return visit.redirect(page, done: "\(user) is in the group \(group) now.")
    }

    private static func changeUsers(_ visit: Visit) async throws(ServiceError) -> Reply {
        let group = visit["name"]
        let page = PolicyHolder(.groups, group).path
        if let user = visit.form["remove"] {
            try await remove(user, from: group, visit)
            return visit.redirect(page, done: "\(user) is no longer in the group.")
        }
        let user = visit.form.typed("user")
        try await add(user, to: group, visit)
        return visit.redirect(page, done: "\(user) is in the group now.")
    }
}

/// A group in a list.
struct GroupRow: Sendable {
    let groupName: String
    let groupLink: String
    let groupPath: String
    let groupARN: String
    let created: Moment
    /// nil: they were not counted.
    let counts: Counts?

    struct Counts: Sendable {
        let users: Cell
        let policies: Cell
    }

    init(_ group: IAM.Group, _ visit: Visit, counts: Counts? = nil) {
        self.counts = counts
        groupName = group.groupName
        groupLink = Console.root + PolicyHolder(.groups, group.groupName).path
        groupPath = group.path
        groupARN = group.arn
        created = visit.moment(group.createDate)
    }
}
