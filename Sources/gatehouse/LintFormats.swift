import FoundationEssentials
import Lint
import Server

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
        case .json: try Self.encoded(files.map(JSONFile.init))
        case .sarif: try Self.encoded(SARIFLog(files))
        case .github: Self.lines(files, Self.gitHubCommand)
        }
    }

    private static func lines(_ files: [LintedFile], _ line: (String, Finding) -> String) -> String {
        files.flatMap { file in file.report.findings.map { line(file.name, $0) } }.joined(separator: "\n")
    }

    private static func encoded(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
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
    fileprivate var onOneLine: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }

    fileprivate var gitHubData: String {
        replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    fileprivate var gitHubProperty: String {
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

/// OASIS: Static Analysis Results Interchange Format 2.1.0.
private struct SARIFLog: Encodable {
    struct Message: Encodable { let text: String }
    struct Rule: Encodable {
        let id: String
        let shortDescription: Message
        let helpUri: String
        let defaultConfiguration: [String: String]
    }
    struct Driver: Encodable {
        let name: String
        let version: String
        let rules: [Rule]
    }
    struct Tool: Encodable { let driver: Driver }
    struct Region: Encodable {
        let startLine: Int
        let startColumn: Int
    }
    struct Artifact: Encodable { let uri: String }
    struct PhysicalLocation: Encodable {
        let artifactLocation: Artifact
        let region: Region
    }
    struct LogicalLocation: Encodable { let fullyQualifiedName: String }
    struct Location: Encodable {
        let physicalLocation: PhysicalLocation
        /// nil for the document as a whole.
        let logicalLocations: [LogicalLocation]?
    }
    struct Result: Encodable {
        let ruleId: String
        let ruleIndex: Int
        let level: String
        let message: Message
        let locations: [Location]
    }
    struct Run: Encodable {
        let tool: Tool
        let columnKind = "unicodeCodePoints"
        let results: [Result]
    }

    let schema = "https://json.schemastore.org/sarif-2.1.0.json"
    let version = "2.1.0"
    let runs: [Run]

    enum CodingKeys: String, CodingKey {
        case schema = "$schema"
        case version, runs
    }

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
                let place = PhysicalLocation(
                    artifactLocation: Artifact(uri: file.name.uriReference),
                    region: Region(startLine: finding.position.line, startColumn: finding.position.column))
                return Result(
                    ruleId: finding.code.rawValue, ruleIndex: codes.firstIndex(of: finding.code) ?? 0,
                    level: finding.severity.sarifLevel, message: Message(text: finding.message),
                    locations: [
                        Location(
                            physicalLocation: place,
                            logicalLocations: finding.path.isEmpty
                                ? nil : [LogicalLocation(fullyQualifiedName: finding.pathText)])
                    ])
            }
        }
        let driver = Driver(name: "gatehouse lint", version: Version.text, rules: rules)
        runs = [Run(tool: Tool(driver: driver), results: results)]
    }
}

extension String {
    /// RFC 3986: a path in which only what a URI may hold stands for itself.
    fileprivate var uriReference: String {
        utf8.map { byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || "!$&'()*+,-./;=@_~".utf8.contains(byte)
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + digits
        }.joined()
    }
}
