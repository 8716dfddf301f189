/// Inspector's severities, the least first.
/// <https://docs.aws.amazon.com/inspector/latest/user/findings-understanding-severity.html>
public enum Severity: String, Sendable, Hashable, CaseIterable, Codable, Comparable {
    /// Nobody has rated it yet.
    case untriaged = "UNTRIAGED"
    /// A score of 0.
    case informational = "INFORMATIONAL"
    /// 0.1 to 3.9
    case low = "LOW"
    /// 4.0 to 6.9
    case medium = "MEDIUM"
    /// 7.0 to 8.9
    case high = "HIGH"
    /// 9.0 to 10.0
    case critical = "CRITICAL"

    /// The severity of a score of CVSS.
    public init(score: Double) {
        switch score {
        case ..<0.05: self = .informational
        case ..<3.95: self = .low
        case ..<6.95: self = .medium
        case ..<8.95: self = .high
        default: self = .critical
        }
    }

    /// What a vendor says in a word: `moderate`, `Important`, `not yet assigned`; nil for a word that says nothing of it.
    public init?(vendor word: String) {
        switch word.lowercased() {
        case "critical": self = .critical
        case "high", "important": self = .high
        case "medium", "moderate": self = .medium
        case "low": self = .low
        case "negligible", "unimportant", "none", "informational": self = .informational
        case "not yet assigned", "untriaged", "unknown": self = .untriaged
        default: return nil
        }
    }

    /// Their place in the order of ``allCases``.
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
}
