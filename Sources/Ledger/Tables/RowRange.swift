/// Which rows of a partition are wanted, and from where on.
///
/// ```swift
/// var range = RowRange(RowPrefix(beginning: "photos/"))
/// range.after = .key(RowKey(.text("photos/2024.jpg")))
/// ```
public struct RowRange: Sendable {
    /// Where to begin: whether or not anything is there.
    public enum Place: Hashable, Sendable {
        /// After this key.
        case key(RowKey)
        /// After all keys that begin so.
        case prefix(RowPrefix)
    }

    /// What the keys begin with.
    public var prefix: RowPrefix
    /// nil: at the beginning, or, reversed, at the end.
    public var after: Place?
    /// Whether the last comes first. What is "after" a place is before it then.
    public var isReversed: Bool

    /// Rows whose keys begin so, after a place.
    public init(_ prefix: RowPrefix = .none, after place: Place? = nil, isReversed: Bool = false) {
        self.prefix = prefix
        after = place
        self.isReversed = isReversed
    }
}

/// Which rows of a partition are wanted by one of their indexes, and from where on.
public struct RowIndexRange: Sendable {
    /// What the indexed values begin with: for equal values, all of their parts.
    public var prefix: RowPrefix
    /// The value and the key of the last row of the page before; nil: there was none.
    public var after: (value: RowKey, key: RowKey)?
    /// Whether the last comes first.
    public var isReversed: Bool

    /// Rows whose indexed values begin so, after a place.
    public init(
        _ prefix: RowPrefix = .none, after place: (value: RowKey, key: RowKey)? = nil, isReversed: Bool = false
    ) {
        self.prefix = prefix
        after = place
        self.isReversed = isReversed
    }
}

/// What one page of a listing with a delimiter has: rows, and in the place of those that have more in common than the
/// prefix, what that is.
public enum RowListing<R: TableRow>: Sendable {
    /// A row that has no delimiter after the prefix.
    case row(R)
    /// At least one row begins so: S3's `CommonPrefixes`. The bytes are those of the key's text, up to the delimiter and with
    /// it.
    case group(RowPrefix)
}

/// Bounds for the database: from the first, inclusive, up to the second, exclusive.
struct RowBounds {
    var lower: [UInt8]
    /// nil: up to the end.
    var upper: [UInt8]?
    var isReversed: Bool

    /// nil: nothing can be between them.
    init?(_ range: RowRange) {
        lower = range.prefix.bytes
        upper = RowPrefix.end(of: range.prefix.bytes)
        isReversed = range.isReversed
        switch (range.after, range.isReversed) {
        case (nil, _): break
        // What comes right after some bytes are the same bytes and a zero.
        case (.key(let key), false): raise(to: key.bytes + [0])
        case (.key(let key), true): lessen(to: key.bytes)
        case (.prefix(let prefix), false):
            guard let end = RowPrefix.end(of: prefix.bytes) else { return nil }
            raise(to: end)
        case (.prefix(let prefix), true): lessen(to: prefix.bytes)
        }
        if let upper, !lower.lexicographicallyPrecedes(upper) { return nil }
    }

    private mutating func raise(to other: [UInt8]) {
        if lower.lexicographicallyPrecedes(other) { lower = other }
    }

    private mutating func lessen(to other: [UInt8]) {
        if upper.map({ other.lexicographicallyPrecedes($0) }) ?? true { upper = other }
    }
}

/// Bounds in an index: a value, and among equal values a key.
struct RowIndexBounds {
    typealias Place = (value: [UInt8], key: [UInt8])

    var lower: Place
    /// nil: up to the end.
    var upper: Place?
    var isReversed: Bool

    init(_ range: RowIndexRange) {
        lower = (range.prefix.bytes, [])
        upper = RowPrefix.end(of: range.prefix.bytes).map { ($0, []) }
        isReversed = range.isReversed
        guard let (value, key) = range.after else { return }
        if range.isReversed {
            let place = (value.bytes, key.bytes)
            if upper.map({ Self.isLess(place, $0) }) ?? true { upper = place }
        } else {
            let place = (value.bytes, key.bytes + [0])
            if Self.isLess(lower, place) { lower = place }
        }
    }

    private static func isLess(_ a: Place, _ b: Place) -> Bool {
        a.value == b.value ? a.key.lexicographicallyPrecedes(b.key) : a.value.lexicographicallyPrecedes(b.value)
    }
}
