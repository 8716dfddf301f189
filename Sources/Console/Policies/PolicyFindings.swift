import Lint
import Policy

/// What is to be said of a policy that somebody is writing, as the page and its script show it.
struct PolicyFindings: Sendable, Encodable {
    struct Item: Sendable, Encodable {
        /// "error", "security-warning", "warning" or "suggestion".
        let severity: String
        /// The severity in words.
        let kind: String
        let code: String
        let advice: String
        /// From 1.
        let line: Int
        /// From 1, in Unicode scalars.
        let column: Int
        let path: String?
        let link: String?
    }

    struct Count: Sendable, Encodable {
        let severity: String
        let name: String
        let number: Int
        let isNone: Bool
    }

    let items: [Item]
    let counts: [Count]
    /// How many characters count against the quota: all but white space.
    let characters: Int
    /// One sentence for those who don't see the list.
    let summary: String

    /// - Parameters:
    ///   - type: the kind of policy that it is to be.
    ///   - strictness: how IAM checks one that it is to keep; nil: it is not for IAM.
    init(_ text: String, as type: PolicyType, _ strictness: PolicyDocument.Strictness?) {
        var items = Linter().lint(text, as: type).findings.prefix(Self.most).map { finding in
            Item(
                severity: finding.severity.name, kind: Self.name(finding.severity), code: finding.code.rawValue,
                advice: finding.message, line: finding.position.line, column: finding.position.column,
                path: finding.path.isEmpty ? nil : finding.pathText, link: finding.code.learnMoreLink)
        }
        if let strictness, !items.contains(where: { $0.severity == Severity.error.name }) {
            do throws(PolicyError) {
                _ = try PolicyDocument(parsing: text, as: type, strictness: strictness)
            } catch {
                let advice = "IAM will not keep this: " + error.message + (error.detail.map { " (\($0))" } ?? "")
                items.insert(
                    Item(
                        severity: Severity.error.name, kind: Self.name(.error), code: "MalformedPolicyDocument",
                        advice: advice, line: error.position?.line ?? 1, column: error.position?.column ?? 1,
                        path: nil, link: nil), at: 0)
            }
        }
        self.items = items
        counts = Severity.allCases.reversed().map { severity in
            let number = items.count { $0.severity == severity.name }
            return Count(
                severity: severity.name, name: Self.name(severity) + (number == 1 ? "" : "s"), number: number,
                isNone: number == 0)
        }
        characters = PolicyDocument.nonWhitespaceCount(of: text)
        let told = counts.filter { !$0.isNone }.map { "\($0.number) \($0.name.lowercased())" }
        summary = told.isEmpty ? "Nothing was found." : told.joined(separator: ", ") + "."
    }

    /// A page shows no more.
    private static let most = 200

    private static func name(_ severity: Severity) -> String {
        switch severity {
        case .error: "Error"
        case .securityWarning: "Security warning"
        case .warning: "Warning"
        case .suggestion: "Suggestion"
        }
    }
}
