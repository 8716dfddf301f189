import Documents
import Platform
import Posture
import Wire

/// The report of what checks have to say to a standard's controls.
enum ControlsReport {
    /// The checks that speak of a standard, and what they have said.
    static func restricted(_ report: PostureReport, to standard: PostureControl.Standard) -> PostureReport {
        let checks = report.checks.filter { check in check.controls.contains { $0.standard == standard } }
        let ids = Set(checks.map(\.id))
        return PostureReport(
            account: report.account, regions: report.regions, time: report.time, checks: checks,
            findings: report.findings.filter { ids.contains($0.check) })
    }

    static func document(_ report: PostureReport, _ standard: PostureControl.Standard) -> Document {
        var document = Document(
            title: "Controls by \(standard.rawValue)", author: "Gatehouse", time: report.time)
        document.paragraph(
            "Account \(report.account), Regions \(report.regions.joined(separator: ", ")), as it was recorded at "
                + "\(ReportTime.text(report.time)).")
        document.paragraph(
            "The mapping of checks to controls is Gatehouse's own. A control whose checks all pass is thereby not proven to be "
                + "met: the checks say what they have looked at, no more. Controls that no check speaks of are not listed. "
                + "Nothing here is said of AWS.")
        document.heading("Controls")
        let widths = [1.5, 1.5, 6]
        document.row(["Control", "Outcome", "Checks"], widths: widths, isBold: true)
        for (control, outcome, checks) in report.controls(of: standard) {
            document.row(
                [control.id, words(outcome), checks.map(\.id).joined(separator: ", ")], widths: widths)
        }
        document.heading("Evidence")
        for check in report.checks {
            let findings = report.findings(of: check)
            document.heading("\(check.title)  [\(words(report.outcome(of: check)))]", level: 2)
            document.paragraph("\(check.id), \(check.severity.rawValue). \(check.reason)", isSmall: true)
            // What fails is told of first, and no more than a reader can read.
            let told = findings.filter { $0.outcome == .fail } + findings.filter { $0.outcome == .pass }
            for finding in told.prefix(50) {
                let proof = finding.verdict.proof.map { "\($0.name): \($0.value)" }.joined(separator: "; ")
                document.row(
                    [
                        finding.outcome.rawValue, "\(finding.name) (\(finding.region))",
                        [finding.verdict.summary, proof].filter { !$0.isEmpty }.joined(separator: " "),
                    ], widths: [1, 3, 6])
            }
            if told.count > 50 { document.paragraph("And \(told.count - 50) more.", isSmall: true) }
        }
        return document
    }

    private static func words(_ outcome: PostureVerdict.Outcome) -> String {
        switch outcome {
        case .pass: "pass"
        case .fail: "fail"
        case .notApplicable: "nothing to look at"
        }
    }
}
