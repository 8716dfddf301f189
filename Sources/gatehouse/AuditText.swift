import Posture

/// What `audit` prints for people.
struct AuditText {
    let isColored: Bool
    /// Whether what passes is shown, too, and each resource.
    let isWhole: Bool

    /// So many resources of a check are shown.
    private static let most = 5

    private func painted(_ text: String, _ code: String) -> String {
        isColored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    private func shown(_ severity: PostureSeverity) -> String {
        let code =
            switch severity {
            case .critical: "1;31"
            case .high: "31"
            case .medium: "33"
            case .low: "36"
            }
        return painted(Self.padded(severity.rawValue, 8), code)
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    // MARK: Findings

    func text(of found: AuditFindings) -> String {
        var lines: [String] = []
        for report in found.reports {
            if !lines.isEmpty { lines.append("") }
            let name = found.names[report.account].map { $0.isEmpty ? "" : " (\($0))" } ?? ""
            lines.append(
                painted("\(report.account)\(name)".onOneLine, "1") + ", in " + report.regions.joined(separator: ", "))
            lines += self.lines(of: report)
        }
        return lines.joined(separator: "\n")
    }

    private func lines(of report: PostureReport) -> [String] {
        var lines: [String] = []
        let byCheck = Dictionary(grouping: report.findings, by: \.check)
        var failed: [PostureSeverity: Int] = [:]
        var counts: [PostureVerdict.Outcome: Int] = [:]
        for check in report.checks.sorted(by: { $0.severity > $1.severity }) {
            let findings = byCheck[check.id] ?? []
            let outcome = report.outcome(of: check)
            counts[outcome, default: 0] += 1
            let bad = findings.filter { $0.outcome == .fail }
            if !bad.isEmpty {
                failed[check.severity, default: 0] += 1
                lines += ["", "\(shown(check.severity)) \(painted(check.id, "1"))  \(check.title)"]
                for finding in isWhole ? bad : Array(bad.prefix(Self.most)) { lines += self.lines(of: finding) }
                if !isWhole, bad.count > Self.most {
                    lines.append("    and \(bad.count - Self.most) more: --all shows them")
                }
            }
            guard isWhole else { continue }
            for finding in findings where finding.outcome == .pass {
                if bad.isEmpty { lines.append("") }
                lines.append("\(painted(Self.padded("pass", 8), "32")) \(check.id)  \(check.title)")
                lines += self.lines(of: finding)
            }
        }
        lines.append("")
        let all = (counts[.pass] ?? 0) + (counts[.fail] ?? 0)
        guard let score = report.score else {
            return lines + ["\(painted("pass", "32")) There was nothing to look at."]
        }
        let wrong = PostureSeverity.allCases.reversed().compactMap { severity in
            failed[severity].map { "\($0) \(severity.rawValue)" }
        }
        let word = wrong.isEmpty ? painted("pass", "32") : painted("fail", "31")
        let left = counts[.notApplicable].map { "; \($0) had nothing to look at" } ?? ""
        let told = wrong.isEmpty ? "" : ", \(counts[.fail] ?? 0) don't (\(wrong.joined(separator: ", ")))"
        return lines + ["\(word) score \(score): \(counts[.pass] ?? 0) of \(all) checks pass\(told)\(left)."]
    }

    private func lines(of finding: PostureFinding) -> [String] {
        let place =
            finding.region == "global" || finding.resource.contains(finding.region) ? "" : " in \(finding.region)"
        return ["    \(finding.resource)\(place): \(finding.verdict.summary)".onOneLine]
            + finding.verdict.proof.map { "        \($0.name): \($0.value)".onOneLine }
            + finding.verdict.remedy.map { painted("        \($0.hasPrefix("#") ? "" : "$ ")\($0)".onOneLine, "2") }
    }

    // MARK: Checks

    func list(_ checks: [PostureCheck]) -> String {
        let width = checks.map(\.id.count).max() ?? 0
        return checks.map { check in
            let controls = PostureControl.Standard.allCases.compactMap { standard -> String? in
                let ids = check.controls.filter { $0.standard == standard }.map(\.id)
                return ids.isEmpty ? nil : "\(standard.name) \(ids.joined(separator: ", "))"
            }
            let advisor = check.trustedAdvisor.map { ["Trusted Advisor \($0)"] } ?? []
            return "\(shown(check.severity)) \(Self.padded(check.id, width))  \(check.title) "
                + "(\((controls + advisor).joined(separator: "; ")))"
        }.joined(separator: "\n")
    }
}
