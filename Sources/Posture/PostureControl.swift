/// A requirement of a published standard that a check has something to say about. The mapping is Gatehouse's own.
public struct PostureControl: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// A standard, by the name that it goes by.
    public enum Standard: String, Sendable, CaseIterable, Comparable {
        /// CIS AWS Foundations Benchmark, by the numbers of version 3.0.0.
        case cis = "CIS AWS Foundations 3.0.0"
        /// NIST Special Publication 800-53, revision 5.
        case nist = "NIST SP 800-53 Rev. 5"
        /// Annex A of ISO/IEC 27001:2022.
        case iso = "ISO/IEC 27001:2022 Annex A"
        /// PCI DSS 4.0.
        case pci = "PCI DSS 4.0"

        /// `cis`, as options and JSON name it.
        public var name: String {
            switch self {
            case .cis: "cis"
            case .nist: "nist"
            case .iso: "iso"
            case .pci: "pci"
            }
        }

        public static func < (one: Standard, other: Standard) -> Bool { one.name < other.name }
    }

    /// Of which standard.
    public let standard: Standard
    /// `1.4`, `AC-6(9)`, `A.8.2`, `8.3.1`
    public let id: String

    /// - Parameters: see the properties.
    public init(_ standard: Standard, _ id: String) {
        self.standard = standard
        self.id = id
    }

    public var description: String { "\(standard.rawValue) \(id)" }

    /// By standard, then by the numbers in the id: 1.9 comes before 1.10.
    public static func < (one: PostureControl, other: PostureControl) -> Bool {
        guard one.standard == other.standard else { return one.standard < other.standard }
        let (left, right) = (one.parts, other.parts)
        for (a, b) in zip(left, right) where a != b {
            if let x = Int(a), let y = Int(b) { return x < y }
            return a < b
        }
        return left.count < right.count
    }

    private var parts: [Substring] { id.split { ".-()".contains($0) } }
}

/// How bad it is where a check fails.
public enum PostureSeverity: String, Sendable, CaseIterable, Comparable, Codable {
    case low, medium, high, critical

    private var rank: Int {
        switch self {
        case .low: 0
        case .medium: 1
        case .high: 2
        case .critical: 3
        }
    }

    public static func < (one: PostureSeverity, other: PostureSeverity) -> Bool { one.rank < other.rank }
}
