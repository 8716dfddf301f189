import Synchronization

/// A regular expression of the model, which must match a whole value, like Java's `matches`.
///
/// Most are one class of characters, repeated, or some in a row of which one is repeated: those are matched by hand, in time
/// linear in the value. The rest are left to Swift's `Regex`, compiled when the first value is matched: a model has hundreds,
/// and most are never needed.
final class Pattern: Sendable {
    /// As the model has it, and as error messages quote it.
    let source: String
    private let matcher: Matcher

    private enum Matcher: Sendable {
        case repeated(CharacterClass, count: ClosedRange<Int>)
        /// One of these.
        case rows([CharacterRow])
        case regex(LazyRegex)
    }

    /// Looks whether the expression is one that is matched by hand. It never fails: see ``isSkipped``.
    init(_ source: String) {
        self.source = source
        if let (characters, count) = PatternScanner.repeatedClass(source) {
            matcher = .repeated(characters, count: count)
        } else if let rows = PatternScanner.rows(source) {
            matcher = .rows(rows)
        } else {
            matcher = .regex(LazyRegex(source))
        }
    }

    /// Whether the pattern can't be understood, so that every value matches.
    var isSkipped: Bool {
        if case .regex(let regex) = matcher { !regex.isReadable } else { false }
    }

    /// Whether the pattern is matched by hand.
    var isFast: Bool {
        if case .regex = matcher { false } else { true }
    }

    /// Whether the whole value matches.
    func matches(_ value: String) -> Bool {
        switch matcher {
        case .repeated(let characters, let count): characters.contains(all: value, count: count)
        case .rows(let rows): rows.contains { $0.matches(value) }
        case .regex(let regex): regex.matches(value)
        }
    }
}

/// `Regex` is not Sendable, so that one thread at a time uses it.
private final class LazyRegex: Sendable {
    private enum State {
        case source(String)
        case compiled(Regex<AnyRegexOutput>)
        case unreadable
    }
    private struct Box: @unchecked Sendable {
        var state: State

        /// Compiles the expression at the first time; nil where it can't be.
        mutating func regex() -> Regex<AnyRegexOutput>? {
            switch state {
            case .compiled(let regex): return regex
            case .unreadable: return nil
            case .source(let source):
                guard let regex = try? Regex(source) else {
                    state = .unreadable
                    return nil
                }
                let strict = regex.matchingSemantics(.unicodeScalar).asciiOnlyWordCharacters().asciiOnlyDigits()
                    .asciiOnlyWhitespace()
                state = .compiled(strict)
                return strict
            }
        }
    }
    private let box: Mutex<Box>

    init(_ source: String) {
        box = Mutex(Box(state: .source(source)))
    }

    var isReadable: Bool { box.withLock { $0.regex() != nil } }

    /// Values that are too long for any pattern of the models don't match, so that backtracking is bounded. Every value
    /// matches an expression that can't be read.
    func matches(_ value: String) -> Bool {
        box.withLock { box in
            guard let regex = box.regex() else { return true }
            guard value.utf8.count <= 16_384 else { return false }
            return (try? regex.wholeMatch(in: value)) != nil
        }
    }
}

/// A set of Unicode scalars, as a bracket expression names it.
struct CharacterClass: Sendable, Equatable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    private var ranges: [ClosedRange<UInt32>] = []
    private var categories: [Category] = []
    var isNegated = false

    enum Category: String, Sendable {
        case letter = "L"
        case number = "N"
        case separator = "Z"
        case punctuation = "P"
        case symbol = "S"
        case mark = "M"
        case upper = "Lu"
        case lower = "Ll"
        case decimal = "Nd"
    }

    mutating func insert(_ range: ClosedRange<UInt32>) {
        var value = range.lowerBound
        while value < 128, value <= range.upperBound {
            if value < 64 { low |= 1 << UInt64(value) } else { high |= 1 << UInt64(value - 64) }
            value += 1
        }
        if range.upperBound >= 128 { ranges.append(max(range.lowerBound, 128)...range.upperBound) }
    }

    /// The scalars of a category beyond ASCII are looked up when they are asked for.
    mutating func insert(_ category: Category) {
        categories.append(category)
        for value in UInt32(0)..<128 where category.contains(Unicode.Scalar(UInt8(value))) {
            insert(value...value)
        }
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        let value = scalar.value
        let found =
            if value < 64 {
                low >> UInt64(value) & 1 == 1
            } else if value < 128 {
                high >> UInt64(value - 64) & 1 == 1
            } else {
                ranges.contains { $0.contains(value) } || categories.contains { $0.contains(scalar) }
            }
        return found != isNegated
    }

    /// Whether a string consists of these scalars, so many of them.
    func contains(all string: String, count: ClosedRange<Int>) -> Bool {
        var string = string
        if let answer = string.withUTF8({ containsASCII(all: $0, count: count) }) { return answer }
        var length = 0
        for scalar in string.unicodeScalars {
            guard contains(scalar) else { return false }
            length += 1
        }
        return count.contains(length)
    }

    /// Nil when the text goes beyond ASCII.
    private func containsASCII(all text: UnsafeBufferPointer<UInt8>, count: ClosedRange<Int>) -> Bool? {
        for byte in text {
            guard byte < 128 else { return nil }
            let bit = byte < 64 ? low >> UInt64(byte) : high >> UInt64(byte - 64)
            guard (bit & 1 == 1) != isNegated else { return false }
        }
        return count.contains(text.count)
    }
}

extension CharacterClass.Category {
    func contains(_ scalar: Unicode.Scalar) -> Bool {
        switch (self, scalar.properties.generalCategory) {
        case (.letter, .uppercaseLetter), (.letter, .lowercaseLetter), (.letter, .titlecaseLetter),
            (.letter, .modifierLetter), (.letter, .otherLetter):
            true
        case (.number, .decimalNumber), (.number, .letterNumber), (.number, .otherNumber): true
        case (.separator, .spaceSeparator), (.separator, .lineSeparator), (.separator, .paragraphSeparator): true
        case (.punctuation, .connectorPunctuation), (.punctuation, .dashPunctuation),
            (.punctuation, .openPunctuation), (.punctuation, .closePunctuation), (.punctuation, .initialPunctuation),
            (.punctuation, .finalPunctuation), (.punctuation, .otherPunctuation):
            true
        case (.symbol, .mathSymbol), (.symbol, .currencySymbol), (.symbol, .modifierSymbol), (.symbol, .otherSymbol):
            true
        case (.mark, .nonspacingMark), (.mark, .spacingMark), (.mark, .enclosingMark): true
        case (.upper, .uppercaseLetter), (.lower, .lowercaseLetter), (.decimal, .decimalNumber): true
        default: false
        }
    }
}
