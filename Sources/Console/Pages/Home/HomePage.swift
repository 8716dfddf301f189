import IAMAPI
import Platform
import Wire

/// The page that one comes to first: the account's state, and what is to be done next to keep it safe.
enum HomePage {
    static let routes: [Route] = [
        .get("") { (visit) throws(ServiceError) in await show(visit) },
        .get("home") { (visit) throws(ServiceError) in await show(visit) },
    ]

    /// What an account has, by the names of GetAccountSummary, with the quota where there is one.
    private static let counts = [
        ("Users", "Users", "UsersQuota", "users"), ("User groups", "Groups", "GroupsQuota", "groups"),
        ("Roles", "Roles", "RolesQuota", "roles"),
        ("Customer managed policies", "Policies", "PoliciesQuota", "policies"),
        ("Identity providers", "Providers", "", "identity-providers"),
    ]

    private static func show(_ visit: Visit) async -> Reply {
        let summary = await visit.attempt { () throws(ServiceError) in
            try await visit.call(IAM.GetAccountSummary.self).summaryMap ?? [:]
        }
        let steps = await SecuritySteps.all(visit, summary)
        let open = steps.count { $0.state == .open }
        var rows: [[String: String]] = []
        for (label, name, quota, path) in counts {
            guard let count = summary.value?[name] else { continue }
            var row = ["label": label, "count": "\(count)", "path": Console.root + path]
            if let most = summary.value?[quota] { row["most"] = "\(most)" }
            rows.append(row)
        }
        return visit.page(
            "home", "Home",
            [
                "problem": summary.problem, "counts": rows, "steps": steps.map(\.shown),
                "open": open, "isOne": open == 1, "isSafe": open == 0 && !steps.contains { $0.state == .unknown },
                "unknown": steps.contains { $0.state == .unknown },
            ])
    }
}
