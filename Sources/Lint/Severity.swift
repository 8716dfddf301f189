/// How bad a finding is, from the mildest to the worst; the types of Access Analyzer's findings.
public enum Severity: String, Sendable, Hashable, CaseIterable, Comparable {
    case suggestion = "SUGGESTION"
    case warning = "WARNING"
    case securityWarning = "SECURITY_WARNING"
    case error = "ERROR"

    /// "security-warning", as options and the anchors of AWS's page have it.
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
