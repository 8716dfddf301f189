/// What is known of a vulnerability from one source, without the versions that it affects.
public struct Advisory: Sendable, Hashable, Codable {
    /// As its source calls it: `DSA-5532-1`, `GHSA-…`, `PYSEC-2021-66`, `CVE-2023-5363`.
    public var id: String
    /// Other names of the same vulnerability; for what a distribution publishes, those of the vulnerabilities it is about.
    public var aliases: [String]
    /// In one line.
    public var summary: String?
    /// At length; cut off at some thousand bytes.
    public var details: String?
    /// When it was published, and when it was last changed, in seconds since 1970.
    public var published: Double?
    public var modified: Double?
    /// Vectors of CVSS, as they are given: `CVSS:3.1/AV:N/…`.
    public var vectors: [CVSSVector]
    /// The source's own word: `HIGH`, `Important`, `unimportant`.
    public var vendorSeverity: String?
    /// Weaknesses: `CWE-79`.
    public var weaknesses: [String]
    /// Pages about it.
    public var references: [String]
    /// Who says it.
    public var source: AdvisorySource
    /// The probability of its being exploited, where the operator supplied EPSS's data.
    public var exploitProbability: Double?
    /// Whether an exploit is known, where the operator supplied a list of those (CISA's), or a reference says so.
    public var isExploited: Bool

    /// Makes an advisory.
    public init(
        id: String, aliases: [String] = [], summary: String? = nil, details: String? = nil, published: Double? = nil,
        modified: Double? = nil, vectors: [CVSSVector] = [], vendorSeverity: String? = nil, weaknesses: [String] = [],
        references: [String] = [], source: AdvisorySource, exploitProbability: Double? = nil,
        isExploited: Bool = false
    ) {
        self.id = id
        self.aliases = aliases
        self.summary = summary
        self.details = details
        self.published = published
        self.modified = modified
        self.vectors = vectors
        self.vendorSeverity = vendorSeverity
        self.weaknesses = weaknesses
        self.references = references
        self.source = source
        self.exploitProbability = exploitProbability
        self.isExploited = isExploited
    }
}

/// Who publishes advisories, by Inspector's names for it.
public enum AdvisorySource: String, Sendable, Hashable, CaseIterable, Codable {
    case nvd = "NVD"
    case debian = "DEBIAN_CVE"
    case ubuntu = "UBUNTU_CVE"
    case redHat = "REDHAT_CVE"
    case amazon = "ALAS"
    case alpine = "ALPINE_CVE"
    case github = "GITHUB"
    case gitlab = "GITLAB"
    case python = "PYPA"
    case go = "GOLANG"
    case rust = "RUSTSEC"
    case suse = "SUSE_CVE"
    case almaLinux = "ALMALINUX_CVE"
    case rocky = "ROCKY_CVE"
    /// Anything else that came in OSV's form.
    case osv = "OSV"

    /// The page about a vulnerability.
    public func page(of id: String) -> String {
        switch self {
        case .nvd: "https://nvd.nist.gov/vuln/detail/\(id)"
        case .debian: "https://security-tracker.debian.org/tracker/\(id)"
        case .ubuntu: "https://ubuntu.com/security/\(id)"
        case .redHat: "https://access.redhat.com/security/cve/\(id)"
        case .github: "https://github.com/advisories/\(id)"
        case .alpine: "https://security.alpinelinux.org/vuln/\(id)"
        case .go: "https://pkg.go.dev/vuln/\(id)"
        case .rust: "https://rustsec.org/advisories/\(id)"
        case .suse: "https://www.suse.com/security/cve/\(id)"
        default: "https://osv.dev/vulnerability/\(id)"
        }
    }
}
