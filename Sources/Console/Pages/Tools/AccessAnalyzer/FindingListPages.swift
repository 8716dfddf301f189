import AccessAnalyzerAPI
import Pages
import Platform
import Wire

/// The findings of an analyzer, and its archive rules.
enum FindingListPages {
    static let routes: [Route] = [
        .get("access-analyzer/{analyzer}") { (visit) throws(ServiceError) in try await show(visit) },
        .post("access-analyzer/{analyzer}/findings") { (visit) throws(ServiceError) in try await update(visit) },
    ]

    private static let pageSize = 100

    private struct Row {
        let findingID: String
        let findingLink: String
        let findingResource: String
        let findingType: String
        let resourceType: String
        let findingStatus: String
        let statusColor: String
        let updated: String
        let findingError: String?
    }

    private struct Status {
        let statusTitle: String
        let statusLink: String
        let isShown: Bool
    }

    private struct Rule {
        let ruleName: String
        let ruleFilter: String
        let ruleMade: String
    }

    private static func show(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit["analyzer"]
        let found = await visit.attempt { () throws(ServiceError) in
            try await visit.call(AccessAnalyzer.GetAnalyzer.self, .init { $0.analyzerName = name }).analyzer
        }
        // Without GetAnalyzer one may still list what is found.
        let arn =
            found.value?.arn ?? "arn:aws:access-analyzer:\(visit.region):\(visit.account):analyzer/\(name)"
        let status = visit.query["status"] ?? "ACTIVE"
        let page = await visit.attempt { () throws(ServiceError) in
            try await visit.call(
                AccessAnalyzer.ListFindingsV2.self,
                .init {
                    $0.analyzerArn = arn
                    $0.filter = filter(visit.query, status)
                    $0.maxResults = pageSize
                    $0.nextToken = visit.query["after"]
                })
        }
        let rules = await visit.attempt { () throws(ServiceError) in
            try await visit.call(
                AccessAnalyzer.ListArchiveRules.self,
                .init {
                    $0.analyzerName = name
                    $0.maxResults = 100
                }
            ).archiveRules
        }
        let path = AnalyzerPages.link(name)
        let rows = (page.value?.findings ?? []).map { row($0, path) }
        let rest = "resource=\(PercentEncoding.queryValue(visit.query.text("resource")))"
        return visit.page(
            "analyzer", "Analyzer \(name)",
            [
                "name": name, "path": path, "problem": found.problem, "ownARN": found.value?.arn,
                "type": found.value.map { AnalyzerPages.title($0.type) }, "status": found.value?.status,
                "created": found.value?.createdAt.reading, "last": found.value?.lastResourceAnalyzedAt?.reading,
                "unusedAge": found.value?.configuration?.unusedAccess?.unusedAccessAge,
                "isExternal": found.value.map { $0.type == "ACCOUNT" || $0.type == "ORGANIZATION" } ?? true,
                "findingProblem": page.problem, "rows": rows, "isEmpty": rows.isEmpty,
                "hasAnswer": page.problem == nil, "resource": visit.query.text("resource"), "shownStatus": status,
                "isActiveShown": status == "ACTIVE", "isArchivedShown": status == "ARCHIVED",
                "statuses": ["ACTIVE", "ARCHIVED", "RESOLVED", "ALL"].map {
                    Status(
                        statusTitle: $0.prefix(1) + $0.dropFirst().lowercased(),
                        statusLink: "\(path)?status=\($0)&\(rest)", isShown: $0 == status)
                },
                "next": page.value?.nextToken.map {
                    "\(path)?status=\(PercentEncoding.queryValue(status))&\(rest)&after=\(PercentEncoding.queryValue($0))"
                },
                "ruleProblem": rules.problem, "mayListRules": rules.problem == nil,
                "rules": (rules.value ?? []).map {
                    Rule(ruleName: $0.ruleName, ruleFilter: text($0.filter), ruleMade: $0.createdAt.reading)
                },
                "hasRules": rules.value?.isEmpty == false,
                "command": CLICommand.aws("accessanalyzer", "list-findings-v2", options: ["analyzer-arn": arn]),
            ])
    }

    private static func filter(_ query: FormFields, _ status: String) -> [String: AccessAnalyzer.Criterion] {
        var filter: [String: AccessAnalyzer.Criterion] = [:]
        if status != "ALL" { filter["status"] = .init { $0.eq = [status] } }
        if let resource = query["resource"]?.trimmed { filter["resource"] = .init { $0.contains = [resource] } }
        return filter
    }

    private static func row(_ finding: AccessAnalyzer.FindingSummaryV2, _ path: String) -> Row {
        Row(
            findingID: finding.id, findingLink: "\(path)/findings/\(PercentEncoding.segment(finding.id))",
            findingResource: finding.resource ?? "", findingType: finding.findingType ?? "",
            resourceType: finding.resourceType, findingStatus: finding.status,
            statusColor: finding.status == "ACTIVE" ? "bad" : finding.status == "RESOLVED" ? "good" : "",
            updated: finding.updatedAt.reading, findingError: finding.error)
    }

    /// A rule's filter in words.
    private static func text(_ filter: [String: AccessAnalyzer.Criterion]) -> String {
        filter.sorted { $0.key < $1.key }.map { key, criterion in
            var parts: [String] = []
            if let values = criterion.eq { parts.append("is \(values.joined(separator: " or "))") }
            if let values = criterion.neq { parts.append("is not \(values.joined(separator: " or "))") }
            if let values = criterion.contains { parts.append("contains \(values.joined(separator: " or "))") }
            if let exists = criterion.exists { parts.append(exists ? "exists" : "does not exist") }
            return "\(key) \(parts.joined(separator: ", "))"
        }.joined(separator: "; ")
    }

    private static func update(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit["analyzer"]
        let ids = visit.form.values("finding")
        let path = "access-analyzer/" + PercentEncoding.segment(name)
        guard !ids.isEmpty else { return visit.redirect(path, done: "No finding was chosen.") }
        let arn = try await visit.call(AccessAnalyzer.GetAnalyzer.self, .init { $0.analyzerName = name }).analyzer.arn
        let status = visit.form["to"] == "ACTIVE" ? "ACTIVE" : "ARCHIVED"
        _ = try await visit.call(
            AccessAnalyzer.UpdateFindings.self,
            .init {
                $0.analyzerArn = arn
                $0.status = status
                $0.ids = ids
            })
        let findings = ids.count == 1 ? "The finding is" : "\(ids.count) findings are"
        return visit.redirect(path, done: "\(findings) \(status == "ACTIVE" ? "active again" : "archived").")
    }
}
