import Packages

/// All advisories that the operator supplied, in a file that is mapped into memory.
///
/// ```swift
/// try AdvisoryIndex.build(from: ["/var/lib/osv/PyPI", "/var/lib/debian-tracker.json"], to: "/var/lib/gatehouse/advisories")
/// let index = try AdvisoryIndex(path: "/var/lib/gatehouse/advisories")
/// for match in index.matches(in: inventory) { … }
/// ```
public struct AdvisoryIndex: Sendable {
    /// Where advisories come from and as of when: what must be said loudly.
    public struct Origin: Sendable, Hashable, Codable {
        /// The file or folder.
        public var path: String
        /// When the newest advisory in it was changed, in seconds since 1970.
        public var newest: Double?
        /// How many advisories it had.
        public var advisories: Int
    }

    /// What the index was made from.
    public let origins: [Origin]
    /// How many advisories there are.
    public let count: Int

    /// Opens an index that ``build(from:to:)`` wrote.
    public init(path: String) throws(AdvisoryError) { throw AdvisoryError("not written yet") }

    /// Reads advisories, and writes the index: to a new file that takes the place of the old one.
    ///
    /// - Parameter sources: files or folders of OSV records (single ones, arrays, one in each line, zip archives of them),
    ///   the Debian security tracker's JSON, EPSS's CSV, CISA's list of exploited vulnerabilities (JSON); `.gz` as well.
    /// - Returns: what could not be read, in words for people.
    @discardableResult
    public static func build(from sources: [String], to path: String) throws(AdvisoryError) -> [String] {
        throw AdvisoryError("not written yet")
    }

    /// The vulnerabilities of an inventory's packages, sorted by name.
    public func matches(in inventory: Inventory) -> [VulnerabilityMatch] { [] }

    /// The advisories that have this name or alias: `CVE-2023-5363`.
    public func advisories(named id: String) -> [Advisory] { [] }
}

/// Why advisories can't be used.
public struct AdvisoryError: Error, Sendable, Equatable, CustomStringConvertible {
    /// In words for people.
    public let description: String

    init(_ description: String) { self.description = description }
}
