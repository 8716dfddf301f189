/// Patterns of which one has to match: an element `Action` or `Resource`, or the values of a condition.
final class PatternSet: Sendable {
    let patterns: [Pattern]
    /// Whether the resource "*" of an action without resource types is in it (rule 51).
    let matchesNone: Bool
    let hash: Int
    let hasVariables: Bool
    /// The places of the patterns by what they begin with, for sets of many.
    private let index: [UInt64: [Int32]]
    /// The places of those that begin with a wildcard too early for the index.
    private let unindexed: [Int32]

    private static let indexedSize = 12

    init(_ patterns: [Pattern], matchesNone: Bool = false) {
        var kept: [Pattern] = []
        kept.reserveCapacity(patterns.count)
        var seen: [Int: [Int]] = [:]
        for pattern in patterns where !(seen[pattern.hash] ?? []).contains(where: { kept[$0].isSame(as: pattern) }) {
            seen[pattern.hash, default: []].append(kept.count)
            kept.append(pattern)
        }
        self.patterns = kept
        self.matchesNone = matchesNone
        hash = kept.reduce(kept.count) { $0 &+ $1.hash }
        hasVariables = kept.contains(where: \.hasVariables)
        var index: [UInt64: [Int32]] = [:]
        var unindexed: [Int32] = []
        if kept.count > Self.indexedSize {
            for (number, pattern) in kept.enumerated() {
                if let key = pattern.indexKey {
                    index[key, default: []].append(Int32(truncatingIfNeeded: number))
                } else {
                    unindexed.append(Int32(truncatingIfNeeded: number))
                }
            }
        }
        self.index = index
        self.unindexed = unindexed
    }

    var isAnything: Bool { matchesNone && patterns.contains(where: \.isAnything) }

    /// Whether both hold the same patterns.
    func isSame(as other: PatternSet) -> Bool {
        if self === other { return true }
        guard hash == other.hash, patterns.count == other.patterns.count, matchesNone == other.matchesNone else {
            return false
        }
        return zip(patterns, other.patterns).allSatisfy { $0.isSame(as: $1) }
            || patterns.allSatisfy { own in other.patterns.contains { $0.isSame(as: own) } }
    }

    /// Calls `body` with the patterns that may have a text in common with `pattern`, until it returns true; with all
    /// patterns, if there is none to compare them with.
    @inline(__always)
    func contains(near pattern: Pattern?, where body: (Pattern) -> Bool) -> Bool {
        guard !index.isEmpty, let key = pattern?.indexKey else {
            for candidate in patterns where body(candidate) { return true }
            return false
        }
        for number in unindexed where body(patterns[Int(number)]) { return true }
        for number in index[key] ?? [] where body(patterns[Int(number)]) { return true }
        return false
    }
}

extension Pattern {
    /// What the text begins with, up to its first colon: "s3:". Two patterns with different keys have nothing in common.
    /// nil where a wildcard comes first.
    var indexKey: UInt64? {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for symbol in symbols {
            guard symbol.isScalar else { return nil }
            hash = (hash ^ UInt64(symbol)) &* 0x100_0000_01B3
            if symbol == .colon { return hash }
        }
        return nil
    }
}
