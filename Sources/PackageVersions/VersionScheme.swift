/// How the versions of packages are ordered, which differs from one packaging system to the next.
public enum VersionScheme: String, Sendable, Hashable, CaseIterable, Codable {
    /// dpkg's: Debian, Ubuntu (deb-version(7)).
    case debian
    /// rpm's: `epoch:version-release` (rpm-version(7)).
    case rpm
    /// Alpine's apk (apk-package(5)).
    case alpine
    /// Python's (PEP 440).
    case python
    /// Semantic Versioning 2.0: npm, crates.io.
    case semantic
    /// Go's modules: semantic versions with a `v`, and pseudo-versions.
    case go
    /// Maven's `ComparableVersion`.
    case maven
    /// RubyGems' `Gem::Version`.
    case ruby

    /// Whether the left version is older than the right one, the same, or newer.
    ///
    /// - Returns: nil where one of them is no version of this scheme, so that nothing can be said of them. Schemes that
    ///   give any text a place (rpm's, Maven's) never return nil.
    /// - Complexity: linear in the lengths of both.
    public func compare(_ left: String, _ right: String) -> VersionOrder? {
        compare(left.utf8, right.utf8)
    }

    /// The same, of bytes.
    public func compare(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> VersionOrder? {
        switch self {
        case .debian: DebianVersion.compare(Array(left), Array(right))
        case .rpm: RPMVersion.compare(Array(left), Array(right))
        case .alpine: AlpineVersion.compare(Array(left), Array(right))
        case .python: PythonVersion.compare(Array(left), Array(right))
        case .semantic: SemanticVersion.compare(Array(left), Array(right))
        case .go: SemanticVersion.compare(Array(left), Array(right))
        case .maven: MavenVersion.compare(Array(left), Array(right))
        case .ruby: RubyVersion.compare(Array(left), Array(right))
        }
    }

    /// Whether a text is a version of this scheme.
    public func isValid(_ version: String) -> Bool { compare(version, version) != nil }
}

/// What comparing two versions says of the left one.
public enum VersionOrder: Int, Sendable, Hashable {
    /// It is older.
    case older = -1
    /// They are the same version.
    case same = 0
    /// It is newer.
    case newer = 1

    /// The order of two values that can be compared.
    init<T: Comparable>(_ left: T, _ right: T) {
        self = left < right ? .older : left > right ? .newer : .same
    }

    /// The same question asked from the other side.
    var reversed: VersionOrder { VersionOrder(rawValue: -rawValue) ?? .same }
}
