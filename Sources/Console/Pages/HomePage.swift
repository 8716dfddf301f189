import IAMAPI
import Platform
import Wire

/// The page that one comes to first.
enum HomePage {
    static let routes: [Route] = [
        .get("") { (visit) throws(ServiceError) in try await show(visit) },
        .get("home") { (visit) throws(ServiceError) in try await show(visit) },
    ]

    private static func show(_ visit: Visit) async throws(ServiceError) -> Reply {
        let summary = await visit.attempt { () throws(ServiceError) in
            try await visit.call(IAM.GetAccountSummary.self).summaryMap ?? [:]
        }
        return visit.page("home", "Home", ["users": summary.value?["Users"] ?? 0, "problem": summary.problem])
    }
}
