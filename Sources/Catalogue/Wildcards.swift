/// A pattern with `*` and `?`, as actions and resources have it, for comparing patterns with each other.
///
/// The engine has matchers of its own, made for speed; this one is for tools that reason about what a pattern covers.
public struct Wildcards: Sendable {
    private let bytes: [UInt8]
    private let ignoresCase: Bool

    private static let many = UInt8(ascii: "*")
    private static let one = UInt8(ascii: "?")

    private static func isWildcard(_ byte: UInt8) -> Bool { byte == many || byte == one }

    /// Makes a pattern. Every text is one.
    /// - Parameters:
    ///   - pattern: as a policy has it. Variables are plain text here: see `withVariablesAsWildcards`.
    ///   - ignoringCase: of ASCII letters, as actions are compared.
    public init(_ pattern: String, ignoringCase: Bool = false) {
        bytes = Array((ignoringCase ? pattern.lowercased() : pattern).utf8)
        ignoresCase = ignoringCase
    }

    /// Whether the whole of `text` matches, with `*` and `?` in it being only characters.
    ///
    /// So if `text` is itself a pattern and this is true, all that `text` matches is matched by this pattern too: a
    /// `?` here takes no `*` there.
    /// - Complexity: O(product of the lengths).
    public func matches(_ text: String) -> Bool {
        matches(Array((ignoresCase ? text.lowercased() : text).utf8))
    }

    /// As ``matches(_:)-(String)``, of bytes.
    /// - Parameter text: in lower case where case is ignored.
    public func matches(_ text: [UInt8]) -> Bool {
        var p = 0
        var t = 0
        var star: Int?
        var starEnd = 0
        while t < text.count {
            if p < bytes.count, bytes[p] == Self.many {
                star = p
                starEnd = t
                p += 1
            } else if p < bytes.count, bytes[p] == text[t] || (bytes[p] == Self.one && text[t] != Self.many) {
                p += 1
                t += 1
            } else if let last = star {
                starEnd += 1
                t = starEnd
                p = last + 1
            } else {
                return false
            }
        }
        return bytes[p...].allSatisfy { $0 == Self.many }
    }

    /// Whether some text matches both patterns. Patterns longer than a policy are taken to overlap.
    /// - Complexity: O(product of the lengths).
    public func overlaps(_ other: Wildcards) -> Bool {
        let others = other.bytes
        // What differs before the first wildcard of either settles it, mostly.
        for (own, theirs) in zip(bytes, others) {
            if Self.isWildcard(own) || Self.isWildcard(theirs) { break }
            if own != theirs { return false }
        }
        guard bytes.count <= 2_048, others.count <= 2_048 else { return true }
        // Whether what stands before the two places can be the same text; one row for each place in this pattern.
        var row = [Bool](repeating: false, count: others.count + 1)
        row[0] = true
        for i in 0...bytes.count {
            let own = i < bytes.count ? bytes[i] : nil
            var next = [Bool](repeating: false, count: others.count + 1)
            for j in 0...others.count where row[j] {
                let theirs = j < others.count ? others[j] : nil
                if own == Self.many || (own != nil && theirs == Self.many) { next[j] = true }
                if theirs == Self.many || (theirs != nil && own == Self.many) { row[j + 1] = true }
                if let own, let theirs, own == theirs || own == Self.one || theirs == Self.one { next[j + 1] = true }
            }
            if i == bytes.count { return row[others.count] }
            row = next
        }
        return false
    }
}

extension StringProtocol {
    /// Whether there is a `*` or `?`, so that the text is more than a name.
    public var hasWildcards: Bool { utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") } }

    /// Whether there is nothing but `*`, and at least one.
    public var isAllWildcard: Bool { !isEmpty && utf8.allSatisfy { $0 == UInt8(ascii: "*") } }
}
