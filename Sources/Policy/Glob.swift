/// The wildcards of compiled patterns. The bytes cannot occur in UTF-8, so a pattern is plain bytes and text that
/// comes from a variable can never act as a wildcard.
enum Wildcard {
    /// Any number of characters.
    static let many: UInt8 = 0xFF
    /// Any number of characters except ":".
    static let manyInSegment: UInt8 = 0xFE
    /// One character (a Unicode scalar).
    static let one: UInt8 = 0xFD
    /// One character except ":".
    static let oneInSegment: UInt8 = 0xFC

    @inline(__always) static func isWildcard(_ byte: UInt8) -> Bool { byte >= oneInSegment }
}

/// A pattern without variables, compiled once for its cheapest way of matching.
struct Glob: BitwiseCopyable, @unchecked Sendable {
    enum Shape: Sendable, Hashable {
        /// Nothing but `*`.
        case anything
        /// No wildcard.
        case literal
        /// One `*`, at the end.
        case prefix
        case general
    }

    /// Literal bytes and `Wildcard` bytes.
    let bytes: Bytes
    let shape: Shape

    /// - Parameter memory: takes the bytes, and must outlive the pattern.
    init(_ pattern: [UInt8], in memory: PolicyMemory) {
        let wildcards = pattern.reduce(0) { $0 &+ (Wildcard.isWildcard($1) ? 1 : 0) }
        if wildcards == 0 {
            shape = .literal
        } else if pattern == [Wildcard.many] {
            shape = .anything
        } else if wildcards == 1, pattern.last == Wildcard.many {
            shape = .prefix
        } else {
            shape = .general
        }
        bytes = memory.table(pattern)
    }

    /// What stands before the `*` of a `.prefix`.
    private var prefixCount: Int { bytes.count &- 1 }

    /// Whether the whole of `text` matches.
    @inline(__always)
    func matches(_ text: Span<UInt8>) -> Bool {
        switch shape {
        case .anything: true
        case .literal: bytes.span.hasSameBytes(as: text)
        case .prefix: text.hasPrefix(bytes.span.extracting(0..<prefixCount))
        case .general: globMatches(bytes.span, text)
        }
    }

    /// As `matches`, for a pattern in lower case and a text in any.
    @inline(__always)
    func matchesIgnoringCase(_ text: Span<UInt8>) -> Bool {
        switch shape {
        case .anything: true
        case .literal: bytes.count == text.count && text.hasPrefixIgnoringCase(bytes.span)
        case .prefix: text.hasPrefixIgnoringCase(bytes.span.extracting(0..<prefixCount))
        case .general: globMatches(bytes.span, text, lowercasingText: true)
        }
    }
}

/// Matches a pattern of literal and `Wildcard` bytes against the whole of a text, without recursion or memory.
///
/// On a mismatch only the last `*` has to give: an earlier one could not find a better place for what follows it,
/// because the later one takes up any slack. A `*` that may not cross ":" has bounded slack, so when it runs into one
/// the last unbounded `*` gives instead. (An earlier bounded one would not help: between the two, only a literal ":"
/// crosses segments, as `Wildcard.one` follows no more bounded `*`.) Hostile patterns such as `*a*a*a*b` cost at most
/// the product of the lengths.
func globMatches(_ pattern: Span<UInt8>, _ text: Span<UInt8>, lowercasingText: Bool = false) -> Bool {
    let colon = UInt8(ascii: ":")
    var p = 0
    var t = 0
    // The positions of the last `*` of either kind and of the last unbounded one, and the ends of what they have
    // matched.
    var star = -1
    var starEnd = 0
    var openStar = -1
    var openEnd = 0
    while true {
        if p < pattern.count {
            let wanted = pattern[p]
            if wanted == Wildcard.many {
                openStar = p
                openEnd = t
                star = p
                p &+= 1
                if p == pattern.count { return true }
                continue
            }
            if wanted == Wildcard.manyInSegment {
                star = p
                starEnd = t
                p &+= 1
                continue
            }
            if t < text.count {
                let found = lowercasingText ? text[t].lowercasedASCII : text[t]
                if found == wanted {
                    p &+= 1
                    t &+= 1
                    continue
                }
                let isOne = wanted == Wildcard.one || (wanted == Wildcard.oneInSegment && found != colon)
                // A continuation byte is the rest of a character that `*` has begun to match.
                if isOne, !found.isUTF8Continuation {
                    p &+= 1
                    t &+= 1
                    while t < text.count, text[t].isUTF8Continuation { t &+= 1 }
                    continue
                }
            }
        } else if t == text.count {
            return true
        }
        if star >= 0, star != openStar {
            // At the end of the text a later start of the unbounded `*` finds no more than this one did.
            guard starEnd < text.count else { return false }
            if text[starEnd] != colon {
                starEnd &+= 1
                t = starEnd
                p = star &+ 1
                continue
            }
        }
        guard openStar >= 0, openEnd < text.count else { return false }
        openEnd &+= 1
        t = openEnd
        star = openStar
        p = openStar &+ 1
    }
}

/// Matches ARNs as the ARN condition operators do: each of the six parts apart, the last being all the rest.
///
/// AWS: "Amazon Resource Name (ARN) condition operators", `reference_policies_elements_condition_operators.html`.
/// Neither matches unless both have six parts, except that a lone `*` matches every ARN.
func arnMatches(_ pattern: Span<UInt8>, _ text: Span<UInt8>) -> Bool {
    let colon = UInt8(ascii: ":")
    if pattern.count == 1, pattern[0] == Wildcard.many { return text.colonCount(upTo: 5) == 5 }
    var p = 0
    var t = 0
    for _ in 0..<5 {
        guard let patternEnd = pattern.firstIndex(of: colon, from: p), let textEnd = text.firstIndex(of: colon, from: t)
        else { return false }
        guard globMatches(pattern.extracting(p..<patternEnd), text.extracting(t..<textEnd)) else { return false }
        p = patternEnd &+ 1
        t = textEnd &+ 1
    }
    return globMatches(pattern.extracting(p..<pattern.count), text.extracting(t..<text.count))
}
