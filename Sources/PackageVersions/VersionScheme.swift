/// How the versions of packages are ordered, which differs from one packaging system to the next.
///
/// ```swift
/// #expect(VersionScheme.debian.compare("1.0~rc1-1", "1.0-1") == .older)
/// #expect(VersionScheme.python.compare("2.0.dev1", "1.9") == .newer)
/// ```
public enum VersionScheme: String, Sendable, Hashable, CaseIterable, Codable {
    /// dpkg's: Debian, Ubuntu (deb-version(7)).
    case debian
    /// rpm's: `epoch:version-release` (rpm-version(7)).
    case rpm
    /// Alpine's apk (apk-package(5)).
    case alpine
    /// Python's (PEP 440).
    case python
    /// Semantic Versioning 2.0: npm, crates.io, Go's modules with their pseudo-versions.
    case semantic
    /// Maven's `ComparableVersion`.
    case maven

    /// The most bytes that a version has; longer ones are none.
    static let longest = 1024

    /// Whether the left version is older than the right one, the same, or newer.
    ///
    /// - Returns: nil where one of them is no version of this scheme, so that nothing can be said of them. Schemes that
    ///   give any text a place (rpm's, Maven's) return nil for texts of more than 1024 bytes alone.
    /// - Complexity: linear in the lengths of both.
    public func compare(_ left: String, _ right: String) -> VersionOrder? {
        compare(left.utf8.span, right.utf8.span)
    }

    /// The same, of bytes.
    public func compare(_ left: Span<UInt8>, _ right: Span<UInt8>) -> VersionOrder? {
        guard left.count <= Self.longest, right.count <= Self.longest else { return nil }
        return switch self {
        case .debian: compareDebian(left, right)
        case .rpm: compareRPM(left, right)
        case .alpine: compareAlpine(left, right)
        case .python: comparePython(left, right)
        case .semantic: compareSemantic(left, right)
        case .maven: compareMaven(left, right)
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
    public var reversed: VersionOrder {
        switch self {
        case .older: .newer
        case .same: .same
        case .newer: .older
        }
    }
}
