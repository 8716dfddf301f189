import Policy

/// One step of a pattern: a character, a wildcard, or a variable's value.
///
/// Values below 0x11_0000 are Unicode scalars; `Symbol` is a number so that a pattern is one plain array.
typealias Symbol = UInt32

extension Symbol {
    /// Any number of characters.
    static let many: Symbol = 0x11_0000
    /// Any number of characters except ":".
    static let manyInSegment: Symbol = 0x11_0001
    /// One character.
    static let one: Symbol = 0x11_0002
    /// One character except ":".
    static let oneInSegment: Symbol = 0x11_0003
    /// One of "0" to "9".
    static let digit: Symbol = 0x11_0004
    static let colon: Symbol = 0x3A
    /// A letter in either case: this and the letter in lower case.
    private static let ignoringCase: Symbol = 0x20_0000
    /// A variable: this and its place in the pattern's list of variables.
    private static let variable: Symbol = 0x40_0000

    static func variable(_ index: Int) -> Symbol { variable + Symbol(truncatingIfNeeded: index) }

    static func anyCase(_ scalar: Symbol) -> Symbol {
        let lower = scalar.lowercased
        return lower.uppercased == lower ? lower : ignoringCase | lower
    }

    @inline(__always) var isScalar: Bool { self < Symbol.many }
    @inline(__always) var isVariable: Bool { self >= Symbol.variable }
    var variableIndex: Int { Int(self - Symbol.variable) }
    @inline(__always) var isAnyCase: Bool { self >= Symbol.ignoringCase && self < Symbol.variable }
    /// The letter of an `isAnyCase`, in lower case.
    var letter: Symbol { self & ~Symbol.ignoringCase }
    @inline(__always) var isMany: Bool { self == .many || self == .manyInSegment }
    /// Whether all that it stands for is without a colon.
    @inline(__always) var staysInSegment: Bool {
        isScalar ? self != .colon : self == .manyInSegment || self == .oneInSegment || self == .digit || isAnyCase
    }
    @inline(__always) var isDigitScalar: Bool { self &- 0x30 < 10 }

    /// ASCII and Latin-1, the letters whose case the engine knows.
    var lowercased: Symbol {
        if self &- 0x41 < 26 { return self + 0x20 }
        return self >= 0xC0 && self <= 0xDE && self != 0xD7 ? self + 0x20 : self
    }
    var uppercased: Symbol {
        if self &- 0x61 < 26 { return self - 0x20 }
        return self >= 0xE0 && self <= 0xFE && self != 0xF7 ? self - 0x20 : self
    }

    /// Whether a character of a text is what this symbol, which is no star, stands for.
    @inline(__always)
    func matches(_ scalar: Symbol) -> Bool {
        if self == scalar { return true }
        switch self {
        case .one: return scalar.isScalar
        case .oneInSegment: return scalar.isScalar && scalar != .colon
        case .digit: return scalar.isDigitScalar
        default: return isAnyCase && scalar.isScalar && scalar.lowercased == letter
        }
    }
}

/// A variable of a pattern: `${key}` or `${key, 'default'}`.
struct Variable: Sendable, Hashable {
    /// In lower case.
    let key: String
    let fallback: String?
}

/// What the values of keys are taken to be while a pattern's variables are replaced: nil where a key gives no value.
typealias Bindings = [String: VariableValue]

/// What a key gives to a variable.
enum VariableValue: Sendable, Hashable {
    case text(String)
    /// No value: a default counts.
    case absent
    /// Several values: no default helps (rule 54).
    case many
}

/// A pattern over whole texts.
///
/// Immutable and shared: the reasoning copies references to patterns, never patterns.
final class Pattern: Sendable {
    let symbols: [Symbol]
    let variables: [Variable]
    /// How many of the first symbols are characters.
    let prefixCount: Int
    /// How many of the last symbols are characters.
    let suffixCount: Int
    let hash: Int
    /// Whether between two stars that stay between colons there is what may be a colon, and no star that crosses them: then the
    /// shortest way through the first of these is not always one through the second. No ARN of a policy is so.
    let isTangled: Bool
    /// How to read the text again once its variables are known; nil for a pattern without variables.
    private let template: Template?
    /// Whether the symbols say less than the template does: a variable may change where the colons are that the parts
    /// of an ARN are counted by, and may or may not be a boolean.
    let isLoose: Bool
    /// A pattern without variables that every text of this one matches, whatever they are: this one itself, if it has none.
    var widened: Pattern { wider ?? self }
    private let wider: Pattern?

    private struct Template: Sendable, Hashable {
        let tokens: [PatternToken]
        let reading: Reading
    }

    /// What kind of text the pattern is of.
    enum Reading: Sendable, Hashable {
        case plain
        case ignoringCase
        /// By the six parts of an ARN (rule 41).
        case arn
        case action
        /// "true" and "false" in any case, and nothing else.
        case boolean
    }

    init(_ symbols: [Symbol], variables: [Variable] = []) {
        self.symbols = symbols
        self.variables = variables
        template = nil
        isLoose = false
        wider = nil
        (prefixCount, suffixCount, hash) = Self.measures(symbols, variables)
        isTangled = Self.isTangled(symbols)
    }

    private init(
        _ symbols: [Symbol], _ variables: [Variable], _ template: Template?, isLoose: Bool
    ) {
        self.symbols = symbols
        self.variables = variables
        self.template = template
        self.isLoose = isLoose
        wider =
            template == nil
            ? nil
            : Pattern(
                symbols.flatMap { symbol -> [Symbol] in
                    guard symbol.isVariable else { return [symbol] }
                    // A value is not empty, but a default may be.
                    return variables[symbol.variableIndex].fallback == nil ? [.one, .many] : [.many]
                })
        (prefixCount, suffixCount, hash) = Self.measures(symbols, variables)
        isTangled = Self.isTangled(symbols)
    }

    private static func measures(_ symbols: [Symbol], _ variables: [Variable]) -> (Int, Int, Int) {
        var prefix = 0
        while prefix < symbols.count, symbols[prefix].isScalar { prefix += 1 }
        var suffix = 0
        while suffix < symbols.count, symbols[symbols.count - 1 - suffix].isScalar { suffix += 1 }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for symbol in symbols { hash = (hash ^ UInt64(symbol)) &* 0x100_0000_01B3 }
        for variable in variables { hash = hash &* 31 &+ UInt64(truncatingIfNeeded: variable.hashValue) }
        return (prefix, suffix, Int(truncatingIfNeeded: hash))
    }

    private static func isTangled(_ symbols: [Symbol]) -> Bool {
        var (hasStar, mayHaveCrossed) = (false, false)
        for symbol in symbols {
            switch symbol {
            case .many: (hasStar, mayHaveCrossed) = (false, false)
            case .manyInSegment:
                if mayHaveCrossed { return true }
                hasStar = true
            case .one: mayHaveCrossed = hasStar
            default: if symbol.isVariable { mayHaveCrossed = hasStar }
            }
        }
        return false
    }

    var isLiteral: Bool { prefixCount == symbols.count }
    var hasVariables: Bool { template != nil }
    /// Whether every text matches.
    var isAnything: Bool { symbols.count == 1 && symbols[0] == .many && template == nil }

    /// Whether a text that matches leaves its variable one value: all else is characters, whose case counts.
    var fixesItsVariable: Bool {
        !isLoose && template?.reading == .plain && variables.count == 1
            && prefixCount + 1 + suffixCount == symbols.count
    }

    /// The text of a pattern that matches one alone.
    var literal: String? { isLiteral && template == nil ? String(symbols) : nil }

    func isSame(as other: Pattern) -> Bool {
        self === other
            || (hash == other.hash && symbols == other.symbols && variables == other.variables
                && template == other.template)
    }
}

extension Pattern {
    /// Reads a text of a policy.
    /// - Returns: nil for a pattern that no text matches.
    static func reading(_ tokens: [PatternToken], as reading: Reading) -> Pattern? {
        let hasVariables = tokens.contains { if case .variable = $0 { true } else { false } }
        let template = hasVariables ? Template(tokens: tokens, reading: reading) : nil
        guard reading == .arn else {
            let (symbols, variables) = symbols(tokens[...])
            if reading == .boolean, template == nil {
                let text = String(symbols.map(\.lowercased))
                guard text == "true" || text == "false" else { return nil }
            }
            // What a variable in a boolean may be worth is found out when its value is known.
            if reading == .boolean, template != nil { return Pattern([.many], variables, template, isLoose: true) }
            return Pattern(finished(symbols, reading), variables, template, isLoose: false)
        }
        return arn(tokens, template)
    }

    private static func finished(_ symbols: [Symbol], _ reading: Reading) -> [Symbol] {
        switch reading {
        case .plain, .arn: symbols
        case .ignoringCase, .boolean: symbols.map { $0.isScalar ? Symbol.anyCase($0) : $0 }
        case .action: actionSymbols(symbols)
        }
    }

    /// Each part of an ARN matches apart: before the fifth colon no wildcard crosses one.
    private static func arn(_ tokens: [PatternToken], _ template: Template?) -> Pattern? {
        if template == nil, !tokens.isEmpty, tokens.allSatisfy({ $0 == .many(isBounded: false) }) {
            return Pattern(anyARN)
        }
        var colons = 0
        var bounded: [PatternToken] = []
        var isLoose = false
        for token in tokens {
            switch token {
            case .byte(UInt8(ascii: ":")):
                colons += 1
                bounded.append(token)
            case .many where colons < 5: bounded.append(.many(isBounded: true))
            case .one where colons < 5: bounded.append(.one(isBounded: true))
            case .variable where colons < 5:
                isLoose = true
                bounded.append(token)
            default: bounded.append(token)
            }
        }
        if isLoose {
            let (_, variables) = symbols(tokens[...])
            return Pattern([.many], variables, template, isLoose: true)
        }
        guard colons >= 5 else { return nil }
        let (symbols, variables) = symbols(bounded[...])
        return Pattern(symbols, variables, template, isLoose: false)
    }

    /// All texts with five colons.
    static let anyARN: [Symbol] = (0..<5).flatMap { _ in [Symbol.manyInSegment, .colon] } + [.many]

    private static func symbols(_ tokens: ArraySlice<PatternToken>) -> ([Symbol], [Variable]) {
        var symbols: [Symbol] = []
        var variables: [Variable] = []
        var bytes: [UInt8] = []
        func flush() {
            guard !bytes.isEmpty else { return }
            symbols += String(decoding: bytes, as: UTF8.self).unicodeScalars.map(\.value)
            bytes = []
        }
        for token in tokens {
            if case .byte(let byte) = token {
                bytes.append(byte)
                continue
            }
            flush()
            switch token {
            case .byte: break
            case .many(let isBounded): symbols.append(isBounded ? .manyInSegment : .many)
            case .one(let isBounded): symbols.append(isBounded ? .oneInSegment : .one)
            case .variable(let key, let fallback):
                let variable = Variable(key: key, fallback: fallback.map { String(decoding: $0, as: UTF8.self) })
                let index = variables.firstIndex(of: variable) ?? variables.count
                if index == variables.count { variables.append(variable) }
                symbols.append(.variable(index))
            }
        }
        flush()
        return (symbols, variables)
    }

    /// The pattern of a text that stands for itself.
    static func text(_ text: String, ignoringCase: Bool = false) -> Pattern {
        let symbols = text.unicodeScalars.map(\.value)
        return Pattern(ignoringCase ? symbols.map(Symbol.anyCase) : symbols)
    }

    /// A pattern written with `*` and `?`, and with `#` for a digit: for the reasoning's own questions.
    static func wild(_ text: String, bounded: Bool = false) -> Pattern {
        Pattern(
            text.unicodeScalars.map { scalar in
                switch scalar {
                case "*": bounded ? Symbol.manyInSegment : .many
                case "?": bounded ? Symbol.oneInSegment : .one
                case "#": .digit
                default: scalar.value
                }
            })
    }

    /// The pattern with its variables replaced; nil where one of them is undefined (rule 53), and where no text matches.
    func bound(_ bindings: Bindings) -> Pattern? {
        guard let template else { return self }
        var tokens: [PatternToken] = []
        for token in template.tokens {
            guard case .variable(let key, let fallback) = token else {
                tokens.append(token)
                continue
            }
            switch bindings[key] ?? .absent {
            case .text(let text) where !text.isEmpty: tokens += text.utf8.map { .byte($0) }
            case .text, .absent:
                guard let fallback else { return nil }
                tokens += fallback.map { .byte($0) }
            case .many: return nil
            }
        }
        return Self.reading(tokens, as: template.reading)
    }
}

// MARK: Actions

extension Pattern {
    /// An action is a service, a colon and a name: `*` and `?` stay on their side of a colon that is written, and an
    /// empty side is none.
    static func actionSymbols(_ symbols: [Symbol]) -> [Symbol] {
        guard symbols.filter({ $0 == .colon }).count == 1 else { return symbols }
        var result: [Symbol] = symbols.map {
            switch $0 {
            case .many: .manyInSegment
            case .one: .oneInSegment
            default: $0
            }
        }
        if result.last == .manyInSegment, result.count >= 2, result[result.count - 2] == .colon {
            result.insert(.oneInSegment, at: result.count - 1)
        }
        if result.first == .manyInSegment, result.count >= 2, result[1] == .colon {
            result.insert(.oneInSegment, at: 0)
        }
        return result
    }

    /// Every action there can be.
    static let anyAction = Pattern([.oneInSegment, .manyInSegment, .colon, .oneInSegment, .manyInSegment])
    /// Every ARN of a resource there can be.
    static let anyResource = Pattern("arn:".unicodeScalars.map(\.value) + anyARN[2...])
}

extension String {
    init(_ symbols: some Sequence<Symbol>) {
        var scalars = UnicodeScalarView()
        for symbol in symbols { if let scalar = Unicode.Scalar(symbol) { scalars.append(scalar) } }
        self.init(scalars)
    }
}
