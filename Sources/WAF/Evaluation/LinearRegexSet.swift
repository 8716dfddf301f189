import CRE2

/// Many regular expressions that are looked for together, in one pass over a text.
///
/// ```swift
/// let set = try LinearRegexSet(["union.*select", "<script"])
/// let found = set.matches(Array("1 union select 2".utf8))
/// ```
public final class LinearRegexSet: @unchecked Sendable {
    // RE2 locks by itself what it makes while it matches.
    private let set: OpaquePointer
    /// The same one by one, for a text that the common automaton has no memory for.
    private let single: [LinearRegex]
    /// Those that find in a line alone nothing that they don't find where it is among others.
    private let isLineByLine: [Bool]

    /// What is wrong with an expression.
    public struct Problem: Error, Sendable, Equatable {
        /// Its number.
        public let number: Int
        /// RE2's words.
        public let reason: String
    }

    /// How much memory the common automaton may take, in bytes.
    private static let mostMemory = 16 << 20

    /// Compiles expressions.
    /// - Throws: ``Problem`` for the first that is none, or too large.
    public init(_ patterns: [String]) throws(Problem) {
        guard let set = cre2_set_new(Self.mostMemory) else { throw Problem(number: 0, reason: "out of memory") }
        var isDone = false
        defer { if !isDone { cre2_set_free(set) } }
        var single: [LinearRegex] = []
        for (number, pattern) in patterns.enumerated() {
            do throws(LinearRegex.Problem) { single.append(try LinearRegex(pattern)) } catch {
                throw Problem(number: number, reason: error.reason)
            }
            var reason = [CChar](repeating: 0, count: 256)
            let bytes = pattern.utf8.map { CChar(bitPattern: $0) }
            guard cre2_set_add(set, bytes, bytes.count, &reason, reason.count) == number else {
                let text = reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                throw Problem(number: number, reason: String(decoding: text, as: UTF8.self))
            }
        }
        guard cre2_set_compile(set) else { throw Problem(number: 0, reason: "too large together") }
        isDone = true
        self.set = set
        self.single = single
        isLineByLine = patterns.map(Self.isLineByLine)
    }

    /// Whether an expression has no anchor but those that a line feed satisfies as the ends of a text do.
    private static func isLineByLine(_ pattern: String) -> Bool {
        func has(_ part: String) -> Bool { !pattern.ranges(of: part).isEmpty }
        guard !has("\\A"), !has("\\z"), !has("(?-") else { return false }
        return pattern.hasPrefix("(?sm)") || !has("^") && !has("$")
    }

    /// How many expressions there are.
    public var count: Int { single.count }

    /// The numbers of the expressions that may match one of several lines. What none of them matches in all lines together, it
    /// does not match in one: so that a thousand short texts need not be asked one by one.
    /// - Parameter lines: texts without line feeds, with one between each two.
    public func candidates(inLines lines: [UInt8]) -> [Int] {
        single.indices.filter { !isLineByLine[$0] || single[$0].matches(lines) }
    }

    /// Whether one of the expressions matches any part of a text.
    public func matches(_ text: [UInt8], _ number: Int) -> Bool {
        single.indices.contains(number) && single[number].matches(text)
    }

    deinit { cre2_set_free(set) }

    /// The same as ``matches(_:)``, by one expression after the other. For long texts it is slower where they are harmless, but no
    /// text makes it very slow: what is common to many expressions has so many states that a hostile text meets a new one at each
    /// byte, and making one takes some microseconds.
    public func matchesOneByOne(_ text: [UInt8]) -> [Int] { single.indices.filter { single[$0].matches(text) } }

    /// The numbers of the expressions that any part of a text matches, in no order.
    /// - Complexity: linear in the text; where none matches, and the states are known from other texts, one step for each byte.
    public func matches(_ text: [UInt8]) -> [Int] {
        guard !single.isEmpty else { return [] }
        return text.withUnsafeBufferPointer { text in
            var numbers: [CInt] = []
            // Mostly none matches: then nothing is made room for.
            var count = withUnsafeTemporaryAllocation(of: CInt.self, capacity: 16) { room -> CInt in
                guard let start = room.baseAddress else { return -1 }
                let count = cre2_set_match(set, text.baseAddress, text.count, start, 16)
                if count > 0, count <= 16 { numbers = Array(room.prefix(Int(count))) }
                return count
            }
            if count > 16 {
                numbers = Array(repeating: 0, count: single.count)
                count = cre2_set_match(set, text.baseAddress, text.count, &numbers, CInt(single.count))
            }
            guard count >= 0 else { return single.indices.filter { single[$0].matches(text) } }
            return numbers.prefix(Int(count)).map(Int.init)
        }
    }
}
