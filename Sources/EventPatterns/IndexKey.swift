import WAF

/// What a pattern is found by in an ``EventMatcher``: something about a value at a place that has to be so if the pattern
/// matches. An event has the keys of all that is so of it.
///
/// A key is a number: two that should differ may be equal, about once in 2⁶⁰ times, and then a pattern is looked at in vain.
struct IndexKey: Hashable, Sendable {
    let number: UInt64

    /// What is so of a value. Those that have a length are looked for by the lengths that there are.
    enum Kind: Int, CaseIterable, Sendable {
        case present, text, lowercase, literal
        case prefix, lowercasePrefix, suffix, lowercaseSuffix
        /// So many first bits of a number's place, of an address of version 4 or 6.
        case number, address4, address6
        /// Some bytes of a text.
        case gram
    }

    init(_ path: PatternPath, _ kind: Kind, length: Int, _ hash: UInt64) {
        self.init(path.mark, kind, length: length, hash)
    }

    init(_ path: UInt64, _ kind: Kind, length: Int, _ hash: UInt64) {
        var value = Mix.step(path, UInt64(truncatingIfNeeded: kind.rawValue))
        value = Mix.step(value, UInt64(truncatingIfNeeded: length))
        number = Mix.step(value, hash)
    }

    static func == (a: IndexKey, b: IndexKey) -> Bool { a.number == b.number }
    func hash(into hasher: inout Hasher) { hasher.combine(number) }
}

/// Hashes of texts and of all their beginnings in linear time. What they begin with is drawn at each start, so that nobody
/// can make texts of equal hashes.
enum Mix {
    private static let seed = UInt64.random(in: .min ... .max)
    private static let prime: UInt64 = (1 << 61) - 1
    private static let base = UInt64.random(in: 1 << 32..<prime)

    static func step(_ a: UInt64, _ b: UInt64) -> UInt64 {
        var value = (a ^ seed) &* 0x9e37_79b9_7f4a_7c15 &+ b
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    /// The hash of a text with one byte more.
    static func append(_ byte: UInt8, to hash: UInt64) -> UInt64 { multiply(hash, base, plus: UInt64(byte) &+ 1) }

    /// The hash of a part of a text.
    /// - Parameters:
    ///   - hashes: of the text's first 0, 1, 2… bytes.
    ///   - power: ``power(_:)`` of the part's length.
    static func part(_ hashes: [UInt64], _ start: Int, _ end: Int, power: UInt64) -> UInt64 {
        let before = multiply(hashes[start], power, plus: 0)
        return hashes[end] >= before ? hashes[end] &- before : hashes[end] &+ (prime &- before)
    }

    /// The base to a power.
    static func power(_ exponent: Int) -> UInt64 {
        (0..<exponent).reduce(1) { power, _ in multiply(power, base, plus: 0) }
    }

    /// `a × b + c` modulo 2⁶¹ − 1: the upper bits of the product are added to the lower.
    private static func multiply(_ a: UInt64, _ b: UInt64, plus c: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        var sum = (product.low & prime) &+ (product.high << 3 | product.low >> 61) &+ c
        sum = (sum & prime) &+ (sum >> 61)
        return sum >= prime ? sum &- prime : sum
    }

    static func hash(_ text: some Sequence<UInt8>) -> UInt64 { text.reduce(0) { append($1, to: $0) } }
}

extension PatternPath {
    /// A number that stands for it.
    var mark: UInt64 {
        names.reduce(0) { Mix.step($0, Mix.hash($1.utf8)) }
    }
}

// MARK: - The keys of patterns

/// Keys of which a matching event has at least one.
struct IndexOption: Sendable {
    struct Entry: Sendable {
        let key: IndexKey
        let path: UInt64
        let kind: IndexKey.Kind
        let length: Int
    }

    var entries: [Entry]

    /// How many keys a pattern may be found by.
    static let most = 2_000
}

extension PatternObject {
    /// All ways by which the pattern can be found.
    var options: [IndexOption] {
        var options: [IndexOption] = []
        for field in fields {
            switch field.condition {
            case .object(let object): options += object.options
            case .values(let tests, let path): if let option = Self.option(tests, path) { options.append(option) }
            }
        }
        for group in alternatives {
            // One of the alternatives is true: each has to be found.
            var entries: [IndexOption.Entry] = []
            var areAll = true
            for object in group {
                guard let best = object.options.min(by: { $0.entries.count < $1.entries.count }) else {
                    areAll = false
                    break
                }
                entries += best.entries
            }
            if areAll, entries.count <= IndexOption.most { options.append(IndexOption(entries: entries)) }
        }
        return options
    }

    private static func option(_ tests: [ValueTest], _ path: PatternPath) -> IndexOption? {
        var entries: [IndexOption.Entry] = []
        for test in tests {
            // What is not there has no key.
            guard let keys = test.keys(path) else { return nil }
            entries += keys
        }
        return entries.count <= IndexOption.most ? IndexOption(entries: entries) : nil
    }
}

extension ValueTest {
    /// Keys, one of which a value has if the test is true of it; nil: there are none.
    fileprivate func keys(_ path: PatternPath) -> [IndexOption.Entry]? {
        let mark = path.mark
        func one(_ kind: IndexKey.Kind, _ length: Int, _ hash: UInt64) -> IndexOption.Entry {
            .init(key: IndexKey(mark, kind, length: length, hash), path: mark, kind: kind, length: length)
        }
        func text(_ kind: IndexKey.Kind, _ bytes: some Collection<UInt8>) -> [IndexOption.Entry] {
            // The empty text is at all edges.
            bytes.isEmpty ? [one(.present, 0, 0)] : [one(kind, bytes.count, Mix.hash(bytes))]
        }
        switch self {
        case .absent: return nil
        case .exists, .anythingBut: return [one(.present, 0, 0)]
        case .exactly(let scalar):
            switch scalar {
            case .text(let bytes): return [one(.text, 0, Mix.hash(bytes))]
            case .boolean(let flag): return [one(.literal, 0, flag ? 1 : 2)]
            case .null: return [one(.literal, 0, 3)]
            case .integer, .double:
                guard let number = scalar.number else { return nil }
                return [one(.number, 64, NumericRange.place(number))]
            }
        case .address(let range, let bytes):
            return [one(.text, 0, Mix.hash(bytes))] + (ValueTest.cidr(range).keys(path) ?? [])
        case .prefix(let bytes): return text(.prefix, bytes)
        case .suffix(let bytes): return text(.suffix, bytes.reversed())
        case .prefixIgnoringCase(let bytes): return text(.lowercasePrefix, bytes)
        case .suffixIgnoringCase(let bytes): return text(.lowercaseSuffix, bytes.reversed())
        case .equalsIgnoringCase(let bytes): return [one(.lowercase, 0, Mix.hash(bytes))]
        case .wildcard(let wildcard):
            guard wildcard.parts.count > 1 else { return [one(.text, 0, Mix.hash(wildcard.parts.joined()))] }
            guard let longest = wildcard.parts.max(by: { $0.count < $1.count }), !longest.isEmpty else {
                return [one(.present, 0, 0)]
            }
            // The end of a part tells more than its beginning: names are counted there.
            let gram = longest.suffix(Self.mostInGram)
            return [one(.gram, gram.count, Mix.hash(gram))]
        case .numeric(let range):
            guard let (first, last) = range.places else { return [] }
            return Self.blocks(first, last).map { block, bits in one(.number, bits, block) }
        case .cidr(let range):
            let kind: IndexKey.Kind = range.bytes.count == 4 ? .address4 : .address6
            return [one(kind, range.length, Mix.hash(range.bytes))]
        }
    }

    /// The bytes of a wildcard that it is found by, at most.
    static let mostInGram = 8

    /// Numbers from one to another, as blocks of all that begin with the same bits: at most two of each length.
    static func blocks(_ first: UInt64, _ last: UInt64) -> [(block: UInt64, bits: Int)] {
        var blocks: [(UInt64, Int)] = []
        var start = first
        while start <= last {
            // The largest block that begins here and does not go beyond the end.
            var size = start == 0 ? 64 : start.trailingZeroBitCount
            while size > 0, size == 64 ? last != .max : last - start < (1 << UInt64(size)) - 1 { size -= 1 }
            blocks.append((size == 64 ? 0 : start, 64 - size))
            if size == 64 { break }
            let (next, overflows) = start.addingReportingOverflow(1 << UInt64(size))
            if overflows { break }
            start = next
        }
        return blocks
    }
}

// MARK: - The keys of events

/// A value of an event, with what its keys are made of.
struct IndexedValue {
    let path: UInt64
    let scalar: Scalar
    private let texts: Texts?
    private let address: [UInt8]?

    /// The hashes of all beginnings of a text, read from each side and in each case.
    private final class Texts {
        let bytes: [UInt8]
        private var prefixes: [Int: [UInt64]] = [:]

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
        }

        private func source(_ kind: IndexKey.Kind) -> [UInt8] {
            switch kind {
            case .lowercase, .lowercasePrefix: bytes.lowercased
            case .suffix: bytes.reversed()
            case .lowercaseSuffix: bytes.lowercased.reversed()
            default: bytes
            }
        }

        /// The hashes of the first 0, 1, 2… bytes.
        func hashes(_ kind: IndexKey.Kind) -> [UInt64] {
            let kind = kind == .text ? .prefix : kind == .lowercase ? .lowercasePrefix : kind
            if let known = prefixes[kind.rawValue] { return known }
            let source = source(kind)
            var hashes: [UInt64] = [0]
            hashes.reserveCapacity(source.count + 1)
            var hash: UInt64 = 0
            for byte in source {
                hash = Mix.append(byte, to: hash)
                hashes.append(hash)
            }
            prefixes[kind.rawValue] = hashes
            return hashes
        }
    }

    init(path: UInt64, scalar: Scalar) {
        self.path = path
        self.scalar = scalar
        let bytes = scalar.text
        texts = bytes.map(Texts.init)
        // No address is longer.
        address = bytes.flatMap { $0.count <= 64 ? IPAddress(String(decoding: $0, as: UTF8.self))?.bytes : nil }
    }

    /// Finds the keys of a kind that the value has.
    /// - Parameter lengths: those of the keys that there are.
    func keys(_ kind: IndexKey.Kind, lengths: some Sequence<Int>, _ found: (IndexKey) -> Void) {
        switch kind {
        case .present: found(IndexKey(path, .present, length: 0, 0))
        case .text, .lowercase:
            if let hash = texts?.hashes(kind).last { found(IndexKey(path, kind, length: 0, hash)) }
        case .literal:
            switch scalar {
            case .boolean(let flag): found(IndexKey(path, .literal, length: 0, flag ? 1 : 2))
            case .null: found(IndexKey(path, .literal, length: 0, 3))
            default: break
            }
        case .prefix, .lowercasePrefix, .suffix, .lowercaseSuffix:
            guard let hashes = texts?.hashes(kind) else { return }
            for length in lengths where length < hashes.count {
                found(IndexKey(path, kind, length: length, hashes[length]))
            }
        case .number:
            guard let number = scalar.number else { return }
            let place = NumericRange.place(number)
            for bits in lengths {
                let block = bits == 0 ? 0 : place & (.max << UInt64(64 - bits))
                found(IndexKey(path, .number, length: bits, block))
            }
        case .address4, .address6:
            guard let address, address.count == (kind == .address4 ? 4 : 16) else { return }
            for bits in lengths {
                found(IndexKey(path, kind, length: bits, Mix.hash(AddressRange.masked(address, bits))))
            }
        case .gram:
            guard let hashes = texts?.hashes(.prefix) else { return }
            for length in lengths where length < hashes.count {
                let power = Mix.power(length)
                for start in 0..<(hashes.count - length) {
                    let hash = Mix.part(hashes, start, start + length, power: power)
                    found(IndexKey(path, .gram, length: length, hash))
                }
            }
        }
    }
}
