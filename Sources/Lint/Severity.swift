/// How bad a finding is: the types of Access Analyzer's findings, from the mildest to the worst.
///
/// Severities are ordered, so that a build can fail from one on: `finding.severity >= .warning`.
public enum Severity: String, Sendable, Hashable, CaseIterable, Comparable {
    /// Something is needless or could be said better; the policy does the same without it.
    case suggestion = "SUGGESTION"
    /// The policy probably does not do what it seems to.
    case warning = "WARNING"
    /// The policy gives more access than AWS thinks wise.
    case securityWarning = "SECURITY_WARNING"
    /// The policy can't be stored, or a part of it has no effect.
    case error = "ERROR"

    /// "security-warning", as options and the anchors of AWS's page spell it.
    public var name: String { rawValue.lowercased().replacing("_", with: "-") }

    private var rank: Int {
        switch self {
        case .suggestion: 0
        case .warning: 1
        case .securityWarning: 2
        case .error: 3
        }
    }

    public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
}
