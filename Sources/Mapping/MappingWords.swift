/// A line of the mapping language, taken apart.
struct MappingWords {
    enum Word: Equatable {
        /// A name, an ARN, a path or `*`.
        case word(String)
        /// A text in quotation marks.
        case quoted(String)
        /// One of `, ; = ( ) &`.
        case sign(Character)
    }

    let line: Int
    private var words: ArraySlice<Word>

    /// The words that a part of an access begins with.
    static let clauses: Set<String> = ["on", "with", "for", "if", "unless"]

    /// - Throws: where a brace or a quotation mark is not closed.
    init(_ text: String, line: Int) throws(MappingSyntaxError) {
        self.line = line
        var words: [Word] = []
        var word = ""
        var rest = text[...]
        func flush() {
            if !word.isEmpty { words.append(.word(word)) }
            word = ""
        }
        while let character = rest.popFirst() {
            switch character {
            case " ", "\t":
                flush()
            case ",", ";", "=", "(", ")", "&":
                flush()
                words.append(.sign(character))
            case "\"":
                flush()
                guard let end = rest.firstIndex(of: "\"") else {
                    throw MappingSyntaxError(line: line, reason: "a quotation mark is not closed")
                }
                words.append(.quoted(String(rest[..<end])))
                rest = rest[rest.index(after: end)...]
            case "{":
                guard let end = rest.firstIndex(of: "}") else {
                    throw MappingSyntaxError(line: line, reason: "a brace is not closed")
                }
                word += "{" + rest[...end]
                rest = rest[rest.index(after: end)...]
            case "#" where word.isEmpty:
                rest = rest[rest.endIndex...]
            default:
                word.append(character)
            }
        }
        flush()
        self.words = words[...]
    }

    var peek: Word? { words.first }

    /// The one after that.
    var second: Word? { words.dropFirst().first }

    mutating func skip() { words = words.dropFirst() }

    /// Takes the next word if it is this one.
    mutating func take(_ word: Word) -> Bool {
        guard words.first == word else { return false }
        words = words.dropFirst()
        return true
    }

    /// Takes a comma, if a word and then this sign follow it.
    mutating func takeComma(before sign: Word) -> Bool {
        guard words.first == .sign(","), words.dropFirst(2).first == sign else { return false }
        words = words.dropFirst()
        return true
    }

    /// A word that must be there.
    /// - Parameter what: what it is, for the error.
    mutating func name(_ what: String) throws(MappingSyntaxError) -> String {
        guard case .word(let word) = words.first else { throw error("\(what) is missing") }
        words = words.dropFirst()
        return word
    }

    /// A word or a text in quotation marks.
    mutating func text(_ what: String) throws(MappingSyntaxError) -> String {
        if case .quoted(let text) = words.first {
            words = words.dropFirst()
            return text
        }
        return try name(what)
    }

    func end() throws(MappingSyntaxError) {
        guard let word = words.first else { return }
        let text =
            switch word {
            case .word(let text), .quoted(let text): text
            case .sign(let sign): String(sign)
            }
        throw error("\"\(text)\" can't stand here")
    }

    func error(_ reason: String) -> MappingSyntaxError { MappingSyntaxError(line: line, reason: reason) }

    /// A tag's key as the policy engine folds it: ASCII letters in lower case, all else as it is. Unicode has letters whose lower
    /// case is an ASCII one, and another tag.
    static func folded(_ key: String) -> String {
        String(decoding: key.utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
    static func isNameByte(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ":")
            || byte == UInt8(ascii: "/")
    }
}
