/// Reads the patterns that are one class of characters and how often it may stand (`[\w+=,.@-]+`, `\d{12}`, `.*`), and those
/// that are a row of them, or a choice of rows: `(/)|(/[!-~]+/)`.
///
/// `\w`, `\d` and `\s` are ASCII, as in Java without flags.
struct PatternScanner {
    private var rest: Substring.UnicodeScalarView

    /// Nil for any other pattern.
    static func repeatedClass(_ source: String) -> (CharacterClass, ClosedRange<Int>)? {
        var scanner = PatternScanner(rest: source.unicodeScalars[...])
        let matchesNewlines = scanner.take("(?s)")
        _ = scanner.take("^")
        guard let characters = scanner.element(dotMatchesNewlines: matchesNewlines),
            let count = scanner.quantifier()
        else { return nil }
        _ = scanner.take("$")
        return scanner.rest.isEmpty ? (characters, count) : nil
    }

    /// Nil for any other pattern than one of rows.
    static func rows(_ source: String) -> [CharacterRow]? {
        var scanner = PatternScanner(rest: source.unicodeScalars[...])
        let matchesNewlines = scanner.take("(?s)")
        _ = scanner.take("^")
        var rows: [CharacterRow] = []
        repeat {
            let isGroup = scanner.take("(")
            guard let row = scanner.row(dotMatchesNewlines: matchesNewlines), !isGroup || scanner.take(")") else {
                return nil
            }
            rows.append(row)
        } while scanner.take("|")
        _ = scanner.take("$")
        return scanner.rest.isEmpty ? rows : nil
    }

    /// Elements as far as there are any; nil for none.
    private mutating func row(dotMatchesNewlines: Bool) -> CharacterRow? {
        var elements: [CharacterRow.Element] = []
        while let next = rest.first, !"|)$".unicodeScalars.contains(next) {
            let start = self
            var characters = element(dotMatchesNewlines: dotMatchesNewlines)
            if characters == nil {
                self = start
                characters = character()
            }
            guard let characters, let count = quantifier() else { return nil }
            elements.append(CharacterRow.Element(characters: characters, count: count))
        }
        return elements.isEmpty ? nil : CharacterRow(elements)
    }

    /// A character that stands for itself, perhaps by an escape.
    private mutating func character() -> CharacterClass? {
        guard let first = rest.first, !"^*+?({[.".unicodeScalars.contains(first), case .scalar(let value)? = atom()
        else {
            return nil
        }
        var characters = CharacterClass()
        characters.insert(value...value)
        return characters
    }

    private mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.unicodeScalars) else { return false }
        rest = rest.dropFirst(text.unicodeScalars.count)
        return true
    }

    /// A dot, an escape such as `\d`, or a bracket expression.
    private mutating func element(dotMatchesNewlines: Bool) -> CharacterClass? {
        var characters = CharacterClass()
        if take(".") {
            characters.isNegated = true
            if !dotMatchesNewlines {
                let terminators: [UInt32] = [0x0A, 0x0D, 0x85, 0x2028, 0x2029]
                for terminator in terminators { characters.insert(terminator...terminator) }
            }
            return characters
        }
        if take("[") {
            characters.isNegated = take("^")
            return bracket(&characters) ? characters : nil
        }
        var after = self
        guard rest.first == "\\", case .set(let insert)? = after.atom() else { return nil }
        self = after
        insert(&characters)
        return characters
    }

    private enum Atom {
        case scalar(UInt32)
        case set((inout CharacterClass) -> Void)
    }

    /// What stands between the brackets, and the closing one. False when it has more than ranges and simple sets.
    private mutating func bracket(_ characters: inout CharacterClass) -> Bool {
        var isFirst = true
        while let next = rest.first {
            if next == "]", !isFirst {
                rest.removeFirst()
                return true
            }
            if next == "[" || rest.starts(with: "&&".unicodeScalars) { return false }
            isFirst = false
            switch atom() {
            case nil: return false
            case .set(let insert)?: insert(&characters)
            case .scalar(let first)?:
                var after = rest
                guard after.popFirst() == "-", let end = after.first, end != "]" else {
                    characters.insert(first...first)
                    continue
                }
                rest.removeFirst()
                switch atom() {
                case .scalar(let last)? where last >= first: characters.insert(first...last)
                // `[\w-=]`: a set cannot begin or end a range, so the hyphen is one.
                case .set(let insert)?:
                    characters.insert(first...first)
                    characters.insert(0x2D...0x2D)
                    insert(&characters)
                default: return false
                }
            }
        }
        return false
    }

    private mutating func atom() -> Atom? {
        guard let first = rest.popFirst() else { return nil }
        guard first == "\\" else { return .scalar(first.value) }
        guard let escape = rest.popFirst() else { return nil }
        switch escape {
        case "w":
            return .set {
                $0.insert(0x30...0x39)
                $0.insert(0x41...0x5A)
                $0.insert(0x5F...0x5F)
                $0.insert(0x61...0x7A)
            }
        case "d": return .set { $0.insert(0x30...0x39) }
        case "s":
            return .set {
                $0.insert(0x09...0x0D)
                $0.insert(0x20...0x20)
            }
        case "t": return .scalar(0x09)
        case "n": return .scalar(0x0A)
        case "r": return .scalar(0x0D)
        case "f": return .scalar(0x0C)
        case "u": return codePoint()
        case "x": return hexadecimal(2).map { .scalar($0) }
        case "p": return property()
        case "0"..."9", "a"..."z", "A"..."Z": return nil
        default: return .scalar(escape.value)
        }
    }

    /// `\u0020`; also a surrogate pair, and the five and six digits with which models write what lies beyond.
    private mutating func codePoint() -> Atom? {
        for long in ["10000", "10FFFF"] where take(long) {
            return UInt32(long, radix: 16).map { .scalar($0) }
        }
        guard let first = hexadecimal(4) else { return nil }
        var after = self
        if (0xD800...0xDBFF).contains(first), after.take("\\u"), let second = after.hexadecimal(4),
            (0xDC00...0xDFFF).contains(second)
        {
            self = after
            return .scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        }
        return .scalar(first)
    }

    private mutating func hexadecimal(_ count: Int) -> UInt32? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ $0.properties.isASCIIHexDigit }) else { return nil }
        rest = rest.dropFirst(count)
        return UInt32(String(digits), radix: 16)
    }

    /// `\p{L}`
    private mutating func property() -> Atom? {
        guard take("{"), let end = rest.firstIndex(of: "}"),
            let category = CharacterClass.Category(rawValue: String(rest[..<end]))
        else { return nil }
        rest = rest[end...].dropFirst()
        return .set { $0.insert(category) }
    }

    /// `+`, `*`, `?`, `{3}`, `{3,}`, `{3,5}`, or nothing.
    private mutating func quantifier() -> ClosedRange<Int>? {
        if take("+") { return 1...Int.max }
        if take("*") { return 0...Int.max }
        if take("?") { return 0...1 }
        guard take("{") else { return 1...1 }
        guard let end = rest.firstIndex(of: "}") else { return nil }
        let bounds = String(rest[..<end]).split(separator: ",", omittingEmptySubsequences: false)
        rest = rest[end...].dropFirst()
        guard let lower = bounds.first.flatMap({ Int($0) }), lower >= 0, bounds.count <= 2 else { return nil }
        guard let last = bounds.dropFirst().first else { return lower...lower }
        if last.isEmpty { return lower...Int.max }
        guard let upper = Int(last), upper >= lower else { return nil }
        return lower...upper
    }
}
