// <https://maven.apache.org/pom.html#version-order-specification>: numbers and words, in lists that begin at each hyphen and
// wherever digits and letters meet.

func compareMaven(_ left: Span<UInt8>, _ right: Span<UInt8>) -> VersionOrder? {
    MavenItem.compare(MavenItem.parse(left), MavenItem.parse(right))
}

private enum MavenItem {
    /// Digits, without zeros before them.
    case number([UInt8])
    /// A word of lower-case letters and whatever else is there.
    case word([UInt8])
    case list([MavenItem])

    /// Words that have a place of their own in the order; the empty one stands for a release.
    private static let words: [[UInt8]] = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"].map {
        Array($0.utf8)
    }
    private static let release = 5

    // MARK: Reading

    static func parse(_ text: Span<UInt8>) -> [MavenItem] {
        var reader = MavenReader()
        for place in 0..<text.count { reader.take(lowered(text[place])) }
        return reader.end()
    }

    /// A token's item. `isShort`: a number follows right behind, so that one letter stands for a word.
    static func token(_ bytes: [UInt8], isNumber: Bool, isShort: Bool = false) -> MavenItem {
        if isNumber { return .number(Array(bytes.drop { $0 == 0x30 })) }
        if isShort, bytes.count == 1, let word = ["a": "alpha", "b": "beta", "m": "milestone"][letter(bytes)] {
            return .word(Array(word.utf8))
        }
        switch letters(bytes) {
        case "ga", "final", "release": return .word([])
        case "cr": return .word(Array("rc".utf8))
        default: return .word(bytes)
        }
    }

    private static func letter(_ bytes: [UInt8]) -> String { String(decoding: bytes.prefix(1), as: UTF8.self) }

    private static func letters(_ bytes: [UInt8]) -> String { String(decoding: bytes.prefix(8), as: UTF8.self) }

    /// Whether it says no more than its absence would.
    var isNull: Bool {
        switch self {
        case .number(let digits): digits.isEmpty
        case .word(let word): word.isEmpty
        case .list(let items): items.isEmpty
        }
    }

    // MARK: Comparing

    static func compare(_ left: [MavenItem], _ right: [MavenItem]) -> VersionOrder {
        for place in 0..<max(left.count, right.count) {
            let one = place < left.count ? left[place] : nil
            let two = place < right.count ? right[place] : nil
            let order: VersionOrder =
                if let one { one.compare(two) } else if let two { two.compare(nil).reversed } else { .same }
            if order != .same { return order }
        }
        return .same
    }

    /// Nil stands for what is missing.
    private func compare(_ other: MavenItem?) -> VersionOrder {
        switch (self, other) {
        case (.number(let digits), nil): return digits.isEmpty ? .same : .newer
        case (.number(let digits), .number(let others)):
            guard digits.count == others.count else { return VersionOrder(digits.count, others.count) }
            return Self.compare(digits, others)
        case (.number, _): return .newer
        case (.word(let word), nil): return Self.compareWords(word, [])
        case (.word(let word), .word(let other)): return Self.compareWords(word, other)
        case (.word, _): return .older
        case (.list(let items), nil):
            for item in items {
                let order = item.compare(nil)
                if order != .same { return order }
            }
            return .same
        case (.list, .number): return .older
        case (.list, .word): return .newer
        case (.list(let items), .list(let others)): return Self.compare(items, others)
        }
    }

    private static func compareWords(_ left: [UInt8], _ right: [UInt8]) -> VersionOrder {
        let (rank, other) = (words.firstIndex(of: left) ?? words.count, words.firstIndex(of: right) ?? words.count)
        return rank == words.count && other == words.count ? compare(left, right) : VersionOrder(rank, other)
    }

    private static func compare(_ left: [UInt8], _ right: [UInt8]) -> VersionOrder {
        for (one, two) in zip(left, right) where one != two { return VersionOrder(one, two) }
        return VersionOrder(left.count, right.count)
    }
}

/// Splits a version into tokens and lists of them.
private struct MavenReader {
    /// The lists that are open, each of which is the last element of the one before.
    private var open: [[MavenItem]] = [[]]
    private var token: [UInt8] = []
    private var isNumber = false

    mutating func take(_ byte: UInt8) {
        if byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") {
            add(token.isEmpty ? .number([]) : MavenItem.token(token, isNumber: isNumber))
            if byte == UInt8(ascii: "-") { open.append([]) }
            // The next token's sort is what it begins with; an empty one leaves it as it is.
            return
        }
        if isDigit(byte) != isNumber, !token.isEmpty {
            if !isNumber { begin() }
            add(MavenItem.token(token, isNumber: isNumber, isShort: !isNumber))
            open.append([])
        }
        isNumber = isDigit(byte)
        token.append(byte)
    }

    /// A word that is the last of all, or that a number follows, begins a list, as if a hyphen stood before it.
    private mutating func begin() {
        if open.last?.isEmpty == false { open.append([]) }
    }

    private mutating func add(_ item: MavenItem) {
        open[open.count - 1].append(item)
        token = []
    }

    mutating func end() -> [MavenItem] {
        if !token.isEmpty {
            if !isNumber { begin() }
            add(MavenItem.token(token, isNumber: isNumber))
        }
        var inner: [MavenItem]?
        while var list = open.popLast() {
            if let inner { list.append(.list(inner)) }
            inner = Self.trimmed(list)
        }
        return inner ?? []
    }

    /// Without what says nothing at the end, and before the lists that stand there.
    private static func trimmed(_ items: [MavenItem]) -> [MavenItem] {
        var items = items
        for place in items.indices.reversed() {
            if items[place].isNull {
                items.remove(at: place)
            } else if case .list = items[place] {
                continue
            } else {
                break
            }
        }
        return items
    }
}
