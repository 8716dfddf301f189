import Posture
import Wire

struct JSONAudit: Encodable {
    struct Fact: Encodable {
        let name: String
        let value: String
    }

    struct Finding: Encodable {
        let check: String
        let title: String
        let severity: String
        let outcome: String
        let resource: String
        let resourceType: String
        let account: String
        let region: String
        let summary: String
        let proof: [Fact]
        let remedy: [String]
    }

    struct Check: Encodable {
        let id: String
        let title: String
        let severity: String
        let outcome: String
        let controls: [String: [String]]
        let trustedAdvisor: String?
        let page: String
    }

    struct Account: Encodable {
        let account: String
        let name: String
        let regions: [String]
        let score: Int?
        let checks: [Check]
        let findings: [Finding]
    }

    let time: String
    let accounts: [Account]

    init(_ found: AuditFindings) {
        time = Timestamp(secondsSinceEpoch: found.reports.first?.time ?? 0).iso8601
        accounts = found.reports.map { report in
            Account(
                account: report.account, name: found.names[report.account] ?? "", regions: report.regions,
                score: report.score,
                checks: report.checks.map { check in
                    Check(
                        id: check.id, title: check.title, severity: check.severity.rawValue,
                        outcome: report.outcome(of: check).rawValue,
                        controls: Dictionary(grouping: check.controls, by: \.standard.name).mapValues { $0.map(\.id) },
                        trustedAdvisor: check.trustedAdvisor, page: check.page)
                }, findings: report.findings.map(Finding.init))
        }
    }
}

extension JSONAudit.Finding {
    init(_ finding: PostureFinding) {
        check = finding.check
        title = PostureCheck.named(finding.check)?.title ?? ""
        severity = finding.severity.rawValue
        outcome = finding.outcome.rawValue
        resource = finding.resource
        resourceType = finding.resourceType
        account = finding.account
        region = finding.region
        summary = finding.verdict.summary
        proof = finding.verdict.proof.map { JSONAudit.Fact(name: $0.name, value: $0.value) }
        remedy = finding.verdict.remedy
    }
}

extension SARIFLog {
    /// What failed. GitHub orders by `security-severity`.
    init(_ found: AuditFindings) {
        let failures = found.failures
        let ids = Set(failures.map(\.check))
        let checks = PostureCheck.all.filter { ids.contains($0.id) }
        let places = Dictionary(checks.enumerated().map { ($1.id, $0) }) { first, _ in first }
        let rules = checks.map { check in
            Rule(
                id: check.id, shortDescription: Message(text: check.title), helpUri: check.page,
                defaultConfiguration: ["level": check.severity.sarifLevel],
                fullDescription: Message(text: check.reason),
                properties: Properties(
                    securitySeverity: check.severity.number, tags: ["security"] + check.controls.map(\.description)))
        }
        let results = failures.map { finding in
            let proof = finding.verdict.proof.map { "\($0.name): \($0.value)" }.joined(separator: "; ")
            let mend = finding.verdict.remedy.joined(separator: "\n")
            let told = [finding.verdict.summary, proof, mend.isEmpty ? "" : "Mend it with:\n\(mend)"]
            return Result(
                ruleId: finding.check, ruleIndex: places[finding.check] ?? 0, level: finding.severity.sarifLevel,
                message: Message(
                    text: "\(finding.resource) (\(finding.account), \(finding.region)): "
                        + told.filter { !$0.isEmpty }.joined(separator: "\n")),
                locations: [Location(named: finding.resource)])
        }
        self.init(driver: "gatehouse audit", rules: rules, results: results)
    }
}

extension PostureSeverity {
    fileprivate var sarifLevel: String {
        switch self {
        case .critical, .high: "error"
        case .medium: "warning"
        case .low: "note"
        }
    }

    /// As GitHub reads it: over 9.0 is critical, from 7.0 on high, from 4.0 on medium.
    fileprivate var number: String {
        switch self {
        case .critical: "9.5"
        case .high: "8.0"
        case .medium: "5.5"
        case .low: "2.0"
        }
    }
}

/// A JSON value, as an encoder takes it.
struct PrintedValue: Encodable {
    private let value: JSONValue

    init(_ value: JSONValue) { self.value = value }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    func encode(to encoder: any Encoder) throws {
        switch value {
        case .object(let members):
            var container = encoder.container(keyedBy: Key.self)
            for member in members {
                try container.encode(PrintedValue(member.value), forKey: Key(stringValue: member.key))
            }
        case .array(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(PrintedValue(element)) }
        case .string(let text):
            var container = encoder.singleValueContainer()
            try container.encode(text)
        case .integer(let number):
            var container = encoder.singleValueContainer()
            try container.encode(number)
        case .double(let number):
            var container = encoder.singleValueContainer()
            try container.encode(number)
        case .boolean(let flag):
            var container = encoder.singleValueContainer()
            try container.encode(flag)
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        }
    }
}
