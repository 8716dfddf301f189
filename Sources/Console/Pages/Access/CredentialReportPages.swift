import IAMAPI
import Platform
import Wire

/// The credential report: made, shown, and taken along.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>
enum CredentialReportPages {
    static let routes: [Route] = [
        .get("credential-report") { (visit) throws(ServiceError) in await show(visit) },
        .post("credential-report") { (visit) throws(ServiceError) in try await generate(visit) },
        .get("credential-report/csv") { (visit) throws(ServiceError) in try await download(visit) },
    ]

    private struct Row: Sendable {
        let rowName: String
        /// The user's page; nil for the root user.
        let rowLink: String?
        let values: [Cell]
    }

    private static let mostShown = 100

    private static func show(_ visit: Visit) async -> Reply {
        var report: CredentialTable?
        var problem: Problem?
        var isRunning = false
        var isMissing = false
        do throws(ServiceError) {
            report = try await CredentialTable.get(visit)
        } catch {
            switch error.code {
            case "ReportInProgress": isRunning = true
            case "ReportNotPresent", "ReportExpired": isMissing = true
            default: problem = visit.problem(error)
            }
        }
        // It is being made when the API does not know of it yet, but the form has just asked for it.
        if isMissing, visit.query["wait"] != nil { isRunning = true }
        let start = visit.query.number("from") ?? 0
        let shown = (report?.rows ?? []).dropFirst(start).prefix(mostShown)
        let count = report?.rows.count ?? 0
        var reply = visit.page(
            "credential-report", "Credential report",
            [
                "problem": problem, "isRunning": isRunning, "isMissing": isMissing && !isRunning,
                "made": report.map { visit.moment($0.time) },
                "columns": report?.columns.dropFirst().map { $0.replacing("_", with: " ") }, "isThere": report != nil,
                "rows": shown.map { row($0, report?.columns ?? []) },
                "next": start + mostShown < count ? "?from=\(start + mostShown)" : nil,
                "previous": start > 0 ? "?from=\(max(0, start - mostShown))" : nil,
            ])
        if isRunning { reply.headers.append((name: "refresh", value: "1")) }
        return reply
    }

    private static func row(_ fields: [String], _ columns: [String]) -> Row {
        let name = fields.first ?? ""
        let isRoot = name == CredentialTable.root
        let values = zip(columns, fields).dropFirst().map { (column, field) in
            Cell(cellText: field, cellTone: tone(column, field, isRoot: isRoot))
        }
        return Row(rowName: name, rowLink: isRoot ? nil : Console.root + UserPages.path(name), values: Array(values))
    }

    private static func tone(_ column: String, _ field: String, isRoot: Bool) -> String? {
        switch (column, field) {
        case ("mfa_active", "true"): "good"
        case ("mfa_active", "false"): isRoot ? "bad" : "warn"
        case ("access_key_1_active", "true") where isRoot, ("access_key_2_active", "true") where isRoot: "bad"
        default: nil
        }
    }

    private static func generate(_ visit: Visit) async throws(ServiceError) -> Reply {
        let state = try await visit.call(IAM.GenerateCredentialReport.self).state
        return state == "COMPLETE"
            ? visit.redirect("credential-report", done: "The report is less than four hours old, and is used on.")
            : visit.redirect("credential-report?wait=1")
    }

    private static func download(_ visit: Visit) async throws(ServiceError) -> Reply {
        let report = try await CredentialTable.get(visit)
        return .download("credential-report-\(visit.account).csv", type: "text/csv; charset=utf-8", report.csv)
    }
}
