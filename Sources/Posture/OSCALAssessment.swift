import Crypto
import Platform
public import Wire

/// What checks have said, as NIST's OSCAL assessment results: each finding of a check an observation, and each control of a standard
/// a finding that rests on them. <https://pages.nist.gov/OSCAL-Reference/models/v1.1.2/assessment-results/json-outline/>
///
/// A control is "satisfied" where no check that speaks of it has failed, and one has passed. That says what was looked at, and not
/// that the control is met in full.
public struct OSCALAssessment {
    /// The version of the format.
    public static let version = "1.1.2"

    private let reports: [PostureReport]
    private let tool: String
    private let title: String

    /// - Parameters:
    ///   - reports: of one account or several; each is a result of its own.
    ///   - tool: the version of Gatehouse.
    ///   - title: of the document.
    public init(_ reports: [PostureReport], tool: String, title: String = "Posture of AWS accounts") {
        self.reports = reports
        self.tool = tool
        self.title = title
    }

    private var time: Double { reports.first?.time ?? 0 }

    /// The document. The same reports make the same document, its UUIDs included (RFC 9562, version 5).
    public var json: JSONValue {
        let seed = "\(title) \(time) \(reports.map(\.account).joined(separator: ","))"
        let plan = Self.uuid("plan \(seed)")
        let results = reports.map(result)
        return .members([
            "assessment-results": .members([
                "uuid": .string(Self.uuid(seed)),
                "metadata": .members([
                    "title": .string(title), "last-modified": Self.time(time), "version": .string(tool),
                    "oscal-version": .string(Self.version),
                ]), "import-ap": .members(["href": .string("#\(plan)")]),
                "results": .array(results),
                "back-matter": .members([
                    "resources": .array([
                        .members([
                            "uuid": .string(plan), "title": .string("The checks of gatehouse audit"),
                            "description": .string(
                                "What is looked at, and how: the list of checks that `gatehouse audit --list` prints."),
                        ])
                    ])
                ]),
            ])
        ])
    }

    // MARK: Parts

    private func result(_ report: PostureReport) -> JSONValue {
        let seed = "\(report.account) \(report.time)"
        let told = report.findings.filter { $0.outcome != .notApplicable }
        var observations: [JSONValue] = []
        var byCheck: [String: [String]] = [:]
        var subjects: [String: PostureFinding] = [:]
        for finding in told {
            let subject = Self.uuid("subject \(report.account) \(finding.region) \(finding.resource)")
            subjects[subject] = finding
            let id = Self.uuid("observation \(seed) \(finding.check) \(finding.region) \(finding.resource)")
            byCheck[finding.check, default: []].append(id)
            observations.append(observation(finding, id, subject, report))
        }
        let items = subjects.sorted { $0.key < $1.key }.map { id, finding in
            JSONValue.members([
                "uuid": .string(id), "description": .string(Self.line(finding.resource)),
                "props": .array([
                    Self.property("asset-id", finding.resource), Self.property("asset-type", finding.resourceType),
                    Self.property("account", finding.account), Self.property("region", finding.region),
                ]),
            ])
        }
        let findings = self.findings(of: report, byCheck, seed)
        let end = Self.time(report.time)
        var members: [JSONMember] = [
            JSONMember(key: "uuid", value: .string(Self.uuid("result \(seed)"))),
            JSONMember(key: "title", value: .string("Account \(report.account)")),
            JSONMember(
                key: "description",
                value: .string(
                    "What \(report.checks.count) checks have found in \(report.regions.joined(separator: ", ")).")),
            JSONMember(key: "start", value: end), JSONMember(key: "end", value: end),
        ]
        if let score = report.score {
            members.append(JSONMember(key: "props", value: .array([Self.property("score", "\(score)")])))
        }
        if !items.isEmpty {
            members.append(
                JSONMember(key: "local-definitions", value: .members(["inventory-items": .array(items)])))
        }
        members.append(JSONMember(key: "reviewed-controls", value: reviewed(report)))
        // No list of it may be empty.
        if !observations.isEmpty { members.append(JSONMember(key: "observations", value: .array(observations))) }
        if !findings.isEmpty { members.append(JSONMember(key: "findings", value: .array(findings))) }
        return .object(members)
    }

    private func observation(
        _ finding: PostureFinding, _ id: String, _ subject: String, _ report: PostureReport
    ) -> JSONValue {
        let check = PostureCheck.named(finding.check)
        let isGood = finding.outcome == .pass
        let proof = finding.verdict.proof.map { "\($0.name): \($0.value)" }
        let told = ([finding.verdict.summary] + proof).joined(separator: "\n")
        let remedy = finding.verdict.remedy.joined(separator: "\n")
        return .members([
            "uuid": .string(id), "title": .string(Self.line(check?.title ?? finding.check)),
            "description": .string(finding.verdict.summary),
            "props": .array([
                Self.property("check", finding.check), Self.property("outcome", finding.outcome.rawValue),
                Self.property("severity", finding.severity.rawValue),
            ]), "methods": .array([.string("TEST")]),
            "types": .array([.string(isGood ? "control-objective" : "finding")]),
            "subjects": .array([
                .members([
                    "subject-uuid": .string(subject), "type": .string("inventory-item"),
                    "title": .string(Self.line(finding.resource)),
                ])
            ]), "relevant-evidence": .array([.members(["description": .string(told)])]),
            "collected": Self.time(report.time),
            "remarks": remedy.isEmpty ? nil : .string("Mend it with:\n\n\(remedy)"),
        ])
    }

    private func findings(of report: PostureReport, _ byCheck: [String: [String]], _ seed: String) -> [JSONValue] {
        PostureControl.Standard.allCases.flatMap { standard in
            report.controls(of: standard).filter { $0.outcome != .notApplicable }.map { control, outcome, checks in
                let observed = checks.flatMap { byCheck[$0.id] ?? [] }
                let failed = checks.filter { report.outcome(of: $0) == .fail }
                let summary =
                    failed.isEmpty
                    ? "No check that speaks of it has failed."
                    : "Failed: " + failed.map(\.title).joined(separator: "; ") + "."
                return .members([
                    "uuid": .string(Self.uuid("finding \(seed) \(control)")),
                    "title": .string("\(standard.rawValue) \(control.id)"), "description": .string(summary),
                    "target": .members([
                        "type": .string("objective-id"), "target-id": .string(control.token),
                        "status": .members([
                            "state": .string(outcome == .pass ? "satisfied" : "not-satisfied")
                        ]),
                    ]),
                    "related-observations": .array(observed.map { .members(["observation-uuid": .string($0)]) }),
                ])
            }
        }
    }

    private func reviewed(_ report: PostureReport) -> JSONValue {
        let selections = PostureControl.Standard.allCases.compactMap { standard -> JSONValue? in
            let controls = report.controls(of: standard).map(\.control)
            guard !controls.isEmpty else { return nil }
            return .members([
                "description": .string(standard.rawValue),
                "include-controls": .array(controls.map { .members(["control-id": .string($0.token)]) }),
            ])
        }
        let all: JSONValue = .members(["include-all": .members([:])])
        return .members(["control-selections": .array(selections.isEmpty ? [all] : selections)])
    }

    // MARK: Values

    private static func time(_ seconds: Double) -> JSONValue {
        .string(Timestamp(secondsSinceEpoch: seconds.rounded(.down)).iso8601)
    }

    private static func property(_ name: String, _ value: String) -> JSONValue {
        .members([
            "name": .string(name), "ns": .string("https://gatehouse.invalid/ns/oscal"), "value": .string(line(value)),
        ])
    }

    /// What OSCAL's strings may be: with something in them, and no white space around it.
    private static func line(_ text: String) -> String {
        let kept = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return kept.isEmpty ? "-" : kept
    }

    /// A UUID of version 5 in a name space of its own.
    private static func uuid(_ name: String) -> String {
        var bytes = Array(Insecure.SHA1.hash(data: Array("gatehouse audit \(name)".utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0f | 0x50
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = bytes.map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }
        let parts = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16]
        return parts.map { digits[$0].joined() }.joined(separator: "-")
    }
}

extension PostureControl {
    /// As OSCAL's catalogue of NIST SP 800-53 has it, `ac-6.10`; with the standard's name before it for others: `cis-1.4`.
    public var token: String {
        let plain = id.lowercased().replacing("(", with: ".").replacing(")", with: "")
        return standard == .nist ? plain : "\(standard.name)-\(plain)"
    }
}
