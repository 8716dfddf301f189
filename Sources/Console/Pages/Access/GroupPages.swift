import IAMAPI
import Pages
import Platform
import Wire

/// The groups of the account, and a group's users.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html>
enum GroupPages {
    static let routes: [Route] = [
        .get("groups") { (visit) throws(ServiceError) in await list(visit) },
        .get("create-group") { (visit) throws(ServiceError) in form(visit) },
        .post("create-group") { (visit) throws(ServiceError) in try await create(visit) },
        .get("groups/{name}") { (visit) throws(ServiceError) in try await show(visit) },
        .get("groups/{name}/delete") { (visit) throws(ServiceError) in await askToDelete(visit) },
        .post("groups/{name}/delete") { (visit) throws(ServiceError) in try await delete(visit) },
    ]

    private static let pageLength = 100

    // MARK: The table

    private static func list(_ visit: Visit) async -> Reply {
        let wanted = visit.query["filter"]?.lowercased()
        let found = await visit.attempt { () throws(ServiceError) in
            try await visit.all(IAM.ListGroups.self, .init { $0.maxItems = 1000 })
        }
        let matching = (found.value ?? []).filter { group in wanted.map { group.arn.lowercased().contains($0) } ?? true
        }
        let start = visit.query.number("from") ?? 0
        let shown = matching.dropFirst(start).prefix(pageLength)
        let filter = wanted.map { "&filter=" + PercentEncoding.queryValue($0) } ?? ""
        var rows: [GroupRow] = []
        for group in shown {
            rows.append(GroupRow(group, visit, counts: shown.count > mostCounted ? nil : await counts(group, visit)))
        }
        return visit.page(
            "groups", "User groups",
            [
                "problem": found.problem, "filter": visit.query["filter"], "rows": rows,
                "hasCounts": shown.count <= mostCounted,
                "isEmpty": found.value != nil && shown.isEmpty,
                "next": start + pageLength < matching.count ? "?from=\(start + pageLength)\(filter)" : nil,
                "previous": start > 0 ? "?from=\(max(0, start - pageLength))\(filter)" : nil,
            ])
    }

    /// With more groups than these their users and policies are not counted: each takes three requests.
    private static let mostCounted = 25

    private static func counts(_ group: IAM.Group, _ visit: Visit) async -> GroupRow.Counts {
        let name = group.groupName
        let users = await visit.attempt { () throws(ServiceError) in
            let answer = try await visit.call(
                IAM.GetGroup.self,
                .init {
                    $0.groupName = name
                    $0.maxItems = 1000
                })
            return answer.isTruncated == true ? "More than \(answer.users.count)" : "\(answer.users.count)"
        }
        let policies = await visit.attempt { () throws(ServiceError) in
            let holder = PolicyHolder(.groups, name)
            return "\(try await holder.attached(visit).count + holder.inlineNames(visit).count)"
        }
        return GroupRow.Counts(
            users: Cell(users) { Cell(cellText: $0) }, policies: Cell(policies) { Cell(cellText: $0) })
    }

    private static func form(_ visit: Visit, problem: Problem? = nil, status: Int = 200) -> Reply {
        visit.page(
            "create-group", "Create user group",
            [
                "problem": problem, "name": visit.form["name"], "path": visit.form["path"] ?? "/",
                "policies": visit.form["policies"], "users": visit.form["users"],
                "suggestions": PolicyNames.suggestions,
            ], status: status)
    }

    private static func create(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit.form.typed("name")
        let policies: [String]
        do throws(ServiceError) {
            policies = try await PolicyNames.arns(visit.form.text("policies"), visit)
            let input = IAM.CreateGroup.Input {
                $0.groupName = name
                $0.path = visit.form.optional("path")
            }
            _ = try await visit.call(IAM.CreateGroup.self, input)
        } catch {
            return form(visit, problem: visit.problem(error), status: error.status)
        }
        var failed: [String] = []
        for policy in policies {
            let done = await visit.attempt { () throws(ServiceError) in
                try await PolicyHolder(.groups, name).attach(policy, visit)
            }
            if let problem = done.problem { failed.append("\(policy): \(problem.text)") }
        }
        for user in visit.form.text("users").split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            let done = await visit.attempt { () throws(ServiceError) in
                try await UserGroupsPages.add(String(user), to: name, visit)
            }
            if let problem = done.problem { failed.append("\(user): \(problem.text)") }
        }
        let path = PolicyHolder(.groups, name).path
        guard failed.isEmpty else {
            return visit.page(
                "group-created", "Group \(name) was created", ["path": path, "name": name, "failed": failed])
        }
        return visit.redirect(path, done: "Group \(name) was created.")
    }

    // MARK: A group

    enum Tab: String, CaseIterable {
        case users = ""
        case permissions

        var title: String { self == .users ? "Users" : "Permissions" }
    }

    /// One of a group's pages.
    /// - Throws: NoSuchEntity.
    static func page(
        _ template: String, _ tab: Tab, _ visit: Visit, _ content: [String: Any?]
    ) async throws(ServiceError) -> Reply {
        let name = visit["name"]
        var group: IAM.Group?
        var problem: Problem?
        do throws(ServiceError) {
            group = try await visit.call(
                IAM.GetGroup.self,
                .init {
                    $0.groupName = name
                    $0.maxItems = 1
                }
            ).group
        } catch {
            guard error.code != "NoSuchEntity" else { throw error }
            problem = visit.problem(error)
        }
        let path = PolicyHolder(.groups, name).path
        var content = content
        content["name"] = name
        content["path"] = path
        content["headProblem"] = problem
        content["groupARN"] = group?.arn
        content["groupPath"] = group?.path
        content["groupID"] = group?.groupId
        content["groupCreated"] = group.map { visit.moment($0.createDate) }
        content["isRead"] = group != nil
        content["tabs"] = Tab.allCases.map { each in
            let base = Console.root + path
            return TabLink(
                tabTitle: each.title, tabLink: each.rawValue.isEmpty ? base : base + "/" + each.rawValue,
                isTab: each == tab)
        }
        return visit.page(template, "\(name) · \(tab.title)", content)
    }

    private struct Members: Sendable {
        let users: [IAM.User]
        let next: String?
    }

    private static func show(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit["name"]
        let found = await visit.find { () throws(ServiceError) in
            let answer = try await visit.call(
                IAM.GetGroup.self,
                .init {
                    $0.groupName = name
                    $0.maxItems = pageLength
                    $0.marker = visit.query["after"]
                })
            return Members(users: answer.users, next: answer.isTruncated == true ? answer.marker : nil)
        }
        let others = await visit.attempt { () throws(ServiceError) in
            try await visit.call(IAM.ListUsers.self, .init { $0.maxItems = pageLength }).users.map(\.userName)
        }
        let members = Set((found.value?.users ?? []).map(\.userName))
        return try await page(
            "group-users", .users, visit,
            [
                "users": found.value?.users.map { user in
                    MemberRow(
                        memberName: user.userName, memberLink: Console.root + UserPages.path(user.userName),
                        memberARN: user.arn, created: visit.moment(user.createDate))
                },
                "hasNone": found.value?.users.isEmpty,
                "others": (others.value ?? []).filter { !members.contains($0) },
                "next": found.value?.next.map { "?after=" + PercentEncoding.queryValue($0) },
            ])
    }

    private struct MemberRow: Sendable {
        let memberName: String
        let memberLink: String
        let memberARN: String
        let created: Moment
    }

    // MARK: Deleting

    private static func askToDelete(_ visit: Visit, problem: Problem? = nil, status: Int = 200) async -> Reply {
        let name = visit["name"]
        let holder = PolicyHolder(.groups, name)
        let users = await visit.find { () throws(ServiceError) in try await members(name, visit) }
        let attached = await visit.find { () throws(ServiceError) in try await holder.attached(visit) }
        let inline = await visit.find { () throws(ServiceError) in try await holder.inlineNames(visit) }
        let steps =
            (users.value ?? []).map { "Membership of \($0)" }
            + (attached.value ?? []).map { "Attachment of the policy \($0.policyName ?? "")" }
            + (inline.value ?? []).map { "Inline policy \($0)" }
        return visit.page(
            "delete-group", "Delete \(name)",
            [
                "name": name, "path": holder.path, "steps": steps, "problem": problem,
                "blind": [users.problem, attached.problem, inline.problem].compactMap { $0 },
            ], status: status)
    }

    /// The names of all users of a group.
    private static func members(_ group: String, _ visit: Visit) async throws(ServiceError) -> [String] {
        var names: [String] = []
        var marker: String?
        repeat {
            let answer = try await visit.call(
                IAM.GetGroup.self,
                .init {
                    $0.groupName = group
                    $0.maxItems = 1000
                    $0.marker = marker
                })
            names += answer.users.map(\.userName)
            marker = answer.isTruncated == true ? answer.marker : nil
        } while marker != nil
        return names
    }

    private static func delete(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit["name"]
        guard visit.form["confirm"] == name else {
            let problem = Problem(
                code: "NotConfirmed", text: "To delete the group, type its name: \(name)", isDenial: false, why: nil)
            return await askToDelete(visit, problem: problem, status: 400)
        }
        let holder = PolicyHolder(.groups, name)
        do throws(ServiceError) {
            // What can't be listed may not be there: whether it is, DeleteGroup says.
            let users = await visit.find { () throws(ServiceError) in try await members(name, visit) }
            for user in users.value ?? [] {
                let input = IAM.RemoveUserFromGroup.Input {
                    $0.userName = user
                    $0.groupName = name
                }
                _ = try await visit.call(IAM.RemoveUserFromGroup.self, input)
            }
            let attached = await visit.find { () throws(ServiceError) in try await holder.attached(visit) }
            for policy in attached.value ?? [] { try await holder.detach(policy.policyArn ?? "", visit) }
            let inline = await visit.find { () throws(ServiceError) in try await holder.inlineNames(visit) }
            for policy in inline.value ?? [] { try await holder.deleteInline(policy, visit) }
            _ = try await visit.call(IAM.DeleteGroup.self, .init { $0.groupName = name })
        } catch {
            return await askToDelete(visit, problem: visit.problem(error), status: error.status)
        }
        return visit.redirect("groups", done: "Group \(name) was deleted.")
    }
}
