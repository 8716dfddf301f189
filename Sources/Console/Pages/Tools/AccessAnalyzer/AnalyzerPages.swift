import AccessAnalyzerAPI
import Pages
import Platform
import Wire

/// Access Analyzer: the analyzers of a Region, and the archive rules of each.
enum AnalyzerPages {
    static let routes: [Route] = [
        .get("access-analyzer") { (visit) throws(ServiceError) in await list(visit) },
        .post("access-analyzer/create") { (visit) throws(ServiceError) in try await create(visit) },
        .post("access-analyzer/{analyzer}/delete") { (visit) throws(ServiceError) in
            _ = try await visit.call(
                AccessAnalyzer.DeleteAnalyzer.self, .init { $0.analyzerName = visit["analyzer"] })
            return visit.redirect("access-analyzer", done: "The analyzer \(visit["analyzer"]) was deleted.")
        },
        .post("access-analyzer/{analyzer}/rules") { (visit) throws(ServiceError) in try await changeRules(visit) },
    ]

    private struct Row {
        let analyzerName: String
        let analyzerLink: String
        let analyzerType: String
        let zone: String
        let status: String
        let isActive: Bool
        let last: String?
        /// Whether Gatehouse made it itself.
        let isManaged: Bool
    }

    private struct Kind {
        let kindValue: String
        let kindTitle: String
    }

    private static let kinds: [(type: String, title: String)] = [
        ("ACCOUNT", "External access to this account's resources"),
        ("ACCOUNT_UNUSED_ACCESS", "Unused access in this account"),
        ("ORGANIZATION", "External access to the organization's resources"),
        ("ORGANIZATION_UNUSED_ACCESS", "Unused access in the organization"),
    ]

    static func title(_ type: String) -> String {
        switch type {
        case "ACCOUNT", "ORGANIZATION": "External access"
        case "ACCOUNT_UNUSED_ACCESS", "ORGANIZATION_UNUSED_ACCESS": "Unused access"
        case "ACCOUNT_INTERNAL_ACCESS", "ORGANIZATION_INTERNAL_ACCESS": "Internal access"
        default: type
        }
    }

    static func link(_ name: String) -> String { Console.root + "access-analyzer/" + PercentEncoding.segment(name) }

    private static func list(_ visit: Visit) async -> Reply {
        let page = await visit.attempt { () throws(ServiceError) in
            try await visit.call(
                AccessAnalyzer.ListAnalyzers.self,
                .init {
                    $0.maxResults = 100
                    $0.nextToken = visit.query["after"]
                })
        }
        let rows = (page.value?.analyzers ?? []).map { analyzer in
            Row(
                analyzerName: analyzer.name, analyzerLink: link(analyzer.name), analyzerType: title(analyzer.type),
                zone: analyzer.type.hasPrefix("ORGANIZATION") ? "Organization" : "Account", status: analyzer.status,
                isActive: analyzer.status == "ACTIVE", last: analyzer.lastResourceAnalyzedAt?.reading,
                isManaged: analyzer.managedBy != nil)
        }
        return visit.page(
            "analyzers", "Access Analyzer",
            [
                "problem": page.problem, "hasAnswer": page.problem == nil, "rows": rows, "isEmpty": rows.isEmpty,
                "kinds": kinds.map { Kind(kindValue: $0.type, kindTitle: $0.title) },
                "next": page.value?.nextToken.map {
                    Console.root + "access-analyzer?after=" + PercentEncoding.queryValue($0)
                },
                "command": CLICommand.aws("accessanalyzer", "list-analyzers", options: ["region": visit.region]),
            ])
    }

    private static func create(_ visit: Visit) async throws(ServiceError) -> Reply {
        let form = visit.form
        let (name, type) = (form.text("name").trimmed, form.text("type"))
        let age = form["age"]?.trimmed
        let days = age.flatMap { Int($0) }
        if let age, days == nil { throw .validation("'\(age)' is no number of days.") }
        _ = try await visit.call(
            AccessAnalyzer.CreateAnalyzer.self,
            .init {
                $0.analyzerName = name
                $0.type = type
                if type.hasSuffix("UNUSED_ACCESS"), let days {
                    $0.configuration = .init { $0.unusedAccess = .init { $0.unusedAccessAge = days } }
                }
            })
        return visit.redirect(
            "access-analyzer/" + PercentEncoding.segment(name), done: "The analyzer \(name) was created.")
    }

    private static func changeRules(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (analyzer, form) = (visit["analyzer"], visit.form)
        let page = "access-analyzer/\(PercentEncoding.segment(analyzer))#rules"
        if let rule = form["remove"] {
            _ = try await visit.call(
                AccessAnalyzer.DeleteArchiveRule.self,
                .init {
                    $0.analyzerName = analyzer
                    $0.ruleName = rule
                })
            return visit.redirect(page, done: "The archive rule \(rule) was deleted.")
        }
        if let rule = form["apply"] {
            let arn = try await visit.call(AccessAnalyzer.GetAnalyzer.self, .init { $0.analyzerName = analyzer })
                .analyzer.arn
            _ = try await visit.call(
                AccessAnalyzer.ApplyArchiveRule.self,
                .init {
                    $0.analyzerArn = arn
                    $0.ruleName = rule
                })
            return visit.redirect(page, done: "The findings that fit \(rule) are archived.")
        }
        let values = form.text("value").split(separator: ",").map { String($0).trimmed }.filter { !$0.isEmpty }
        let name = form.text("name").trimmed
        _ = try await visit.call(
            AccessAnalyzer.CreateArchiveRule.self,
            .init {
                $0.analyzerName = analyzer
                $0.ruleName = name
                $0.filter = [
                    form.text("field"): .init {
                        switch form.text("operator") {
                        case "neq": $0.neq = values
                        case "contains": $0.contains = values
                        case "exists": $0.exists = values.first != "false"
                        default: $0.eq = values
                        }
                    }
                ]
            })
        return visit.redirect(page, done: "The archive rule \(name) was created: it holds for findings to come.")
    }
}
