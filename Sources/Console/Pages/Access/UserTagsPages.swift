import IAMAPI
import Platform
import Wire

/// A user's tags.
enum UserTagsPages {
    static let routes: [Route] = [
        .get("users/{name}/tags") { (visit) throws(ServiceError) in try await show(visit) },
        .post("users/{name}/tags") { (visit) throws(ServiceError) in try await save(visit) },
    ]

    private static func tags(_ visit: Visit) async throws(ServiceError) -> [IAM.Tag] {
        try await visit.all(IAM.ListUserTags.self, .init { $0.userName = visit["name"] })
    }

    private static func show(
        _ visit: Visit, problem: Problem? = nil, status: Int = 200
    ) async throws(ServiceError) -> Reply {
        let head = try await UserPages.head(.tags, visit)
        let found = await visit.find { () throws(ServiceError) in try await tags(visit) }
        return UserPages.page(
            "user-tags", head, visit,
            [
                "tags": TagFields.rows(found.value ?? [], visit.form, blank: 3), "tagsProblem": found.problem,
                "problem": problem,
            ], status: status)
    }

    /// Makes the tags what the form says: what is not there any more is taken away.
    private static func save(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit["name"]
        do throws(ServiceError) {
            let old = Dictionary(try await tags(visit).map { ($0.key, $0.value) }) { first, _ in first }
            let new = TagFields.tags(visit.form)
            let kept = Set(new.map(\.key))
            let gone = old.keys.filter { !kept.contains($0) }.sorted()
            let changed = new.filter { old[$0.key] != $0.value }
            if !gone.isEmpty {
                let input = IAM.UntagUser.Input {
                    $0.userName = name
                    $0.tagKeys = gone
                }
                _ = try await visit.call(IAM.UntagUser.self, input)
            }
            if !changed.isEmpty {
                let input = IAM.TagUser.Input {
                    $0.userName = name
                    $0.tags = changed
                }
                _ = try await visit.call(IAM.TagUser.self, input)
            }
        } catch {
            return try await show(visit, problem: visit.problem(error), status: error.status)
        }
        return visit.redirect(UserPages.path(name) + "/tags", done: "The tags were saved.")
    }
}
