import Lint

/// What was found in one file.
struct LintedFile {
    let name: String
    let report: Linter.Report
}

extension LintPolicies.Format {
    /// What is printed; empty where a format prints nothing for no findings.
    func render(_ files: [LintedFile]) throws -> String {
        switch self {
        case .text: Self.text(files, colored: Terminal.isColored)
        case .json: try PrintedJSON.of(files.map(JSONFile.init))
        case .sarif: try PrintedJSON.of(SARIFLog(files))
        case .github: Self.lines(files, Self.gitHubCommand)
        }
    }

    private static func lines(_ files: [LintedFile], _ line: (String, Finding) -> String) -> String {
        files.flatMap { file in file.report.findings.map { line(file.name, $0) } }.joined(separator: "\n")
    }

    private static func text(_ files: [LintedFile], colored: Bool) -> String {
        lines(files) { file, finding in
            let severity = finding.severity.name
            let shown = colored ? "\u{1B}[\(finding.severity.color)m\(severity)\u{1B}[0m" : severity
            return "\(file):\(finding.position): \(shown) \(finding.code.rawValue) \(finding.message.onOneLine)"
        }
    }

    /// Workflow commands, from which GitHub makes annotations.
    /// GitHub: "Workflow commands for GitHub Actions".
    private static func gitHubCommand(_ file: String, _ finding: Finding) -> String {
        let level =
            switch finding.severity {
            case .error: "error"
            case .securityWarning, .warning: "warning"
            case .suggestion: "notice"
            }
        let place = "line=\(finding.position.line),col=\(finding.position.column)"
        let title = finding.code.rawValue
        return "::\(level) file=\(file.gitHubProperty),\(place),title=\(title)::\(finding.message.gitHubData)"
    }
}

extension Severity {
    fileprivate var color: String {
        switch self {
        case .error: "31"
        case .securityWarning: "35"
        case .warning: "33"
        case .suggestion: "36"
        }
    }

    fileprivate var sarifLevel: String {
        switch self {
        case .error: "error"
        case .securityWarning, .warning: "warning"
        case .suggestion: "note"
        }
    }
}

extension String {
    /// Documents can put control characters into messages; a terminal must not obey them.
    var onOneLine: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }

    var gitHubData: String {
        replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    var gitHubProperty: String {
        gitHubData.replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}

private struct JSONFile: Encodable {
    let file: String
    let policyType: String
    let findings: [JSONFinding]

    init(_ file: LintedFile) {
        self.file = file.name
        policyType = file.report.type.rawValue
        findings = file.report.findings.map(JSONFinding.init)
    }
}

private struct JSONFinding: Encodable {
    let severity: String
    let code: String
    let line: Int
    let column: Int
    let path: String
    let message: String
    let learnMoreLink: String

    init(_ finding: Finding) {
        severity = finding.severity.rawValue
        code = finding.code.rawValue
        line = finding.position.line
        column = finding.position.column
        path = finding.pathText
        message = finding.message
        learnMoreLink = finding.code.learnMoreLink
    }
}

extension SARIFLog {
    init(_ files: [LintedFile]) {
        let codes = Set(files.flatMap { $0.report.findings.map(\.code) }).sorted { $0.rawValue < $1.rawValue }
        let rules = codes.map { code in
            Rule(
                id: code.rawValue,
                shortDescription: Message(text: code.rawValue.lowercased().replacing("_", with: " ")),
                helpUri: code.learnMoreLink, defaultConfiguration: ["level": code.severity.sarifLevel])
        }
        let results = files.flatMap { file in
            file.report.findings.map { finding in
                Result(
                    ruleId: finding.code.rawValue, ruleIndex: codes.firstIndex(of: finding.code) ?? 0,
                    level: finding.severity.sarifLevel, message: Message(text: finding.message),
                    locations: [
                        Location(
                            file.name, line: finding.position.line, column: finding.position.column,
                            name: finding.path.isEmpty ? nil : finding.pathText)
                    ])
            }
        }
        self.init(driver: "gatehouse lint", rules: rules, results: results)
    }
}
