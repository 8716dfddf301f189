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
