import CRE2

/// A regular expression that is matched in time linear in the text, whatever it is: requests can't make it slow.
///
/// The syntax is RE2's, which has all of PCRE's that AWS takes, but for assertions that look around and some escapes.
/// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/waf-regex-pattern-support.html>
///
/// ```swift
/// let regex = try LinearRegex("^/admin(/|$)")
/// let isMatch = regex.matches(Array("/admin/users".utf8))
/// ```
public final class LinearRegex: @unchecked Sendable {
    // RE2 locks by itself what it makes while it matches.
    private let regex: OpaquePointer

    /// What is wrong with an expression.
    public struct Problem: Error, Sendable, Equatable {
        /// RE2's words.
        public let reason: String
    }

    /// How much memory an expression and its automata may take, in bytes.
    private static let mostMemory = 4 << 20

    /// Compiles an expression.
    /// - Parameters:
    ///   - capturing: whether ``captures(_:)`` or ``match(in:from:groups:)`` is asked, which takes memory.
    ///   - isUnicode: whether a character is one of UTF-8, and not a byte. For expressions that capture.
    /// - Throws: ``Problem`` for one that is none, or too large.
    public init(_ pattern: String, capturing: Bool = false, isUnicode: Bool = false) throws(Problem) {
        var reason = [CChar](repeating: 0, count: 256)
        var pattern = pattern
        let compiled = pattern.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes -> OpaquePointer? in
                guard let start = bytes.baseAddress else {
                    return cre2_compile("", 0, Self.mostMemory, &reason, reason.count)
                }
                return capturing
                    ? cre2_compile_capturing(
                        start, bytes.count, isUnicode, Self.mostMemory, &reason, reason.count)
                    : cre2_compile(start, bytes.count, Self.mostMemory, &reason, reason.count)
            }
        }
        guard let compiled else {
            let text = reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw Problem(reason: String(decoding: text, as: UTF8.self))
        }
        regex = compiled
    }

    deinit { cre2_free(regex) }

    /// Whether any part of a text matches.
    /// - Complexity: linear in the text.
    public func matches(_ text: [UInt8]) -> Bool { text.withUnsafeBufferPointer { matches($0) } }

    func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        cre2_matches(regex, text.baseAddress, text.count)
    }

    /// What the first match captures: all of it, and each group; nil in it for a group that took no part. Of an expression that was
    /// compiled for that.
    /// - Returns: nil: nothing matches.
    public func captures(_ text: [UInt8]) -> [[UInt8]?]? {
        match(in: text, groups: Self.mostGroups - 1)?.map { $0.map { Array(text[$0]) } }
    }

    /// Where the first match that begins at a place or behind it is: all of it, and each of so many groups; nil in it for a group that
    /// took no part. Of an expression that was compiled for that.
    /// - Returns: nil: nothing matches.
    /// - Complexity: linear in the text behind the place.
    public func match(in text: [UInt8], from start: Int = 0, groups: Int = 0) -> [Range<Int>?]? {
        let pairs = max(0, groups) + 1
        guard (0...text.count).contains(start) else { return nil }
        var places = [CInt](repeating: -1, count: 2 * pairs)
        let isMatch = text.withUnsafeBufferPointer {
            cre2_capture(regex, $0.baseAddress, $0.count, start, &places, CInt(clamping: pairs))
        }
        guard isMatch else { return nil }
        return (0..<pairs).map { group in
            let (start, end) = (Int(places[2 * group]), Int(places[2 * group + 1]))
            return start >= 0 && start <= end && end <= text.count ? start..<end : nil
        }
    }

    /// How many groups it captures.
    public var groupCount: Int { Int(cre2_groups(regex)) }

    /// The whole, and as many groups as ModSecurity keeps.
    private static let mostGroups = 10
}
