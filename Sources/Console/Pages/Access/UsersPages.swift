import IAMAPI
import Pages
import Platform
import Wire

/// The users of the account, and how one is deleted.
enum UsersPages {
    static let routes: [Route] = [
        .get("users") { (visit) throws(ServiceError) in await list(visit) },
        .get("users/{name}/delete") { (visit) throws(ServiceError) in await askToDelete(visit) },
        .post("users/{name}/delete") { (visit) throws(ServiceError) in try await delete(visit) },
    ]

    /// How many users a page shows.
    private static let pageLength = 100

    // MARK: The table

    private struct Page: Sendable {
        var users: [IAM.User]
        /// Where the next page begins; nil: there is none.
        var next: String?
        /// More match than are shown.
        var isCut = false
    }

    private static func list(_ visit: Visit) async -> Reply {
        let found = await visit.attempt { () throws(ServiceError) in try await page(visit) }
        let users = found.value?.users ?? []
        let facts = await UserFacts.of(users, visit)
        return visit.page(
            "users", "Users",
            [
                "problem": found.problem, "filter": visit.query["filter"], "rows": facts.rows,
                "isEmpty": found.value != nil && users.isEmpty, "notes": facts.notes, "reportTime": facts.reportTime,
                "next": found.value?.next.map { "?after=" + PercentEncoding.queryValue($0) },
                "isCut": found.value?.isCut, "isContinued": visit.query["after"] != nil,
            ])
    }

    private static func page(_ visit: Visit) async throws(ServiceError) -> Page {
        guard let wanted = visit.query["filter"]?.lowercased() else {
            let answer = try await visit.call(
                IAM.ListUsers.self,
                .init {
                    $0.maxItems = pageLength
                    $0.marker = visit.query["after"]
                })
            return Page(users: answer.users, next: answer.isTruncated == true ? answer.marker : nil)
        }
        let all = try await visit.all(IAM.ListUsers.self, .init { $0.maxItems = 1000 })
        let matching = all.filter { $0.arn.lowercased().contains(wanted) || $0.userId.lowercased() == wanted }
        return Page(users: Array(matching.prefix(pageLength)), isCut: matching.count > pageLength)
    }

    // MARK: Deleting

    private static func askToDelete(
        _ visit: Visit, problem: Problem? = nil, done: [String] = [], status: Int = 200
    ) async -> Reply {
        let name = visit["name"]
        let removal = await UserRemoval.plan(name, visit)
        return visit.page(
            "delete-user", "Delete \(name)",
            [
                "name": name, "path": UserPages.path(name), "steps": removal.steps.map(\.what),
                "blind": removal.problems, "problem": problem, "done": done, "isSelf": visit.isSelf(name),
            ], status: status)
    }

    private static func delete(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit["name"]
        guard visit.form["confirm"] == name else {
            let problem = Problem(
                code: "NotConfirmed", text: "To delete the user, type its name: \(name)", isDenial: false, why: nil)
            return await askToDelete(visit, problem: problem, status: 400)
        }
        var done: [String] = []
        do throws(ServiceError) {
            for step in await UserRemoval.plan(name, visit).steps {
                try await step.perform(visit)
                done.append(step.what)
            }
            _ = try await visit.call(IAM.DeleteUser.self, .init { $0.userName = name })
        } catch {
            return await askToDelete(visit, problem: visit.problem(error), done: done, status: error.status)
        }
        return visit.redirect("users", done: "User \(name) was deleted.")
    }
}

extension Visit {
    /// Whether the person is the IAM user of that name.
    func isSelf(_ userName: String) -> Bool {
        if case .user(let user) = caller.identity { user.name == userName } else { false }
    }
}
