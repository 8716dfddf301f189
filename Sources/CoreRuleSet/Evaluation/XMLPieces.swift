import WAF

/// XML that can't be parsed, in pieces.
enum XMLPieces {
    private static let marks = [UInt8(ascii: "\""), UInt8(ascii: "'")]

    /// A text with what its entities stand for.
    static func plain(_ text: ArraySlice<UInt8>) -> [UInt8] {
        text.contains(UInt8(ascii: "&")) ? TextTransformation.htmlEntityDecode.apply(to: Array(text)) : Array(text)
    }

    /// Where a text is found first in another.
    static func range(of text: String, in all: ArraySlice<UInt8>) -> Range<Int>? {
        let wanted = Array(text.utf8)
        guard let first = wanted.first else { return nil }
        var rest = all
        while let place = rest.firstIndex(of: first) {
            rest = rest[place...]
            if rest.starts(with: wanted) { return place..<place + wanted.count }
            rest.removeFirst()
        }
        return nil
    }

    // MARK: Document types

    /// A text without its document type, and that: `<!DOCTYPE r [<!ENTITY a "b">]>`; nil: it has none that ends.
    static func withoutDocumentType(_ text: [UInt8]) -> (text: [UInt8], type: ArraySlice<UInt8>)? {
        var start = 0
        while start < text.count, !text[start...].starts(with: "<!DOCTYPE".utf8) {
            if text[start] <= 0x20 {
                start += 1
            } else if let end = endOfMarkup(text, start) {
                start = end
            } else {
                return nil
            }
        }
        var index = start
        var isInside = false
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                guard let end = text[(index + 1)...].firstIndex(of: text[index]) else { return nil }
                index = end
            case UInt8(ascii: "["): isInside = true
            case UInt8(ascii: "]"): isInside = false
            case UInt8(ascii: "<"): if let end = endOfMarkup(text, index) { index = end - 1 }
            case UInt8(ascii: ">") where !isInside:
                return (Array(text[..<start] + text[(index + 1)...]), text[start...index])
            default: break
            }
            index += 1
        }
        return nil
    }

    /// Whether a document type has entities of its own: what they stand for is not looked for.
    static func declaresEntities(_ type: ArraySlice<UInt8>) -> Bool {
        range(of: "<!ENTITY", in: type) != nil
    }

    /// Whether a text uses entities that a document type has others declare.
    static func usesEntities(_ type: ArraySlice<UInt8>, _ text: [UInt8]) -> Bool {
        guard range(of: "SYSTEM", in: type) != nil || range(of: "PUBLIC", in: type) != nil else { return false }
        return text.indices.contains { place in
            guard text[place] == UInt8(ascii: "&") else { return false }
            let name = text[(place + 1)...].prefix(5).prefix { $0 != UInt8(ascii: ";") }
            return name.first != UInt8(ascii: "#") && !own.contains { name.elementsEqual($0.utf8) }
        }
    }

    /// The names of XML's own entities.
    private static let own = ["lt", "gt", "amp", "apos", "quot"]

    // MARK: Texts

    /// The texts between tags, as readers see them: comments and processing instructions are not there, and sections of CDATA
    /// are text.
    static func runs(_ text: [UInt8]) -> [[UInt8]] {
        var runs: [[UInt8]] = []
        var run: [UInt8] = []
        var index = 0
        var knowsMarks = true
        while index < text.count {
            let tag = text[index...].firstIndex(of: UInt8(ascii: "<")) ?? text.count
            run += plain(text[index..<tag])
            guard tag < text.count else { break }
            if let end = endOfMarkup(text, tag) {
                if text[tag...].starts(with: section.utf8) {
                    let content = text[(tag + section.utf8.count)..<end]
                    run += range(of: "]]>", in: content).map { content[..<$0.lowerBound] } ?? content
                }
                index = end
                continue
            }
            if !run.isEmpty { runs.append(run) }
            run = []
            var end = knowsMarks ? endOfTag(text, tag) : nil
            if end == nil {
                // Once is enough: a text that is full of these would be read again and again.
                knowsMarks = false
                end = text[tag...].firstIndex(of: UInt8(ascii: ">"))
            }
            index = (end ?? text.count - 1) + 1
        }
        return run.isEmpty ? runs : runs + [run]
    }

    private static let section = "<![CDATA["

    /// Behind a comment, a processing instruction or a section of CDATA that begins somewhere; nil: none does.
    private static func endOfMarkup(_ text: [UInt8], _ start: Int) -> Int? {
        for (begin, end) in [("<!--", "-->"), ("<?", "?>"), (section, "]]>")]
        where text[start...].starts(with: begin.utf8) {
            let from = start + begin.utf8.count
            return range(of: end, in: text[from...])?.upperBound ?? text.count
        }
        return nil
    }

    /// Where a tag ends; within quotation marks it does not.
    private static func endOfTag(_ text: [UInt8], _ start: Int) -> Int? {
        var mark: UInt8?
        return text[start...].firstIndex { byte in
            if let open = mark {
                if byte == open { mark = nil }
            } else if marks.contains(byte) {
                mark = byte
            } else {
                return byte == UInt8(ascii: ">")
            }
            return false
        }
    }

    /// What stands between `<` and `>`, wherever they are, and what between quotation marks of either kind: values of attributes,
    /// names of what a document type declares. Tags that are but names are left out.
    static func betweenTags(_ text: ArraySlice<UInt8>) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        for piece in text.split(whereSeparator: { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: ">") }) {
            let isTag = piece.startIndex > text.startIndex && text[piece.startIndex - 1] == UInt8(ascii: "<")
            if isTag, piece.allSatisfy(isOfName) { continue }
            pieces.append(plain(piece))
            for mark in marks {
                for quoted in piece.split(separator: mark).dropFirst() { pieces.append(plain(quoted)) }
            }
        }
        return pieces
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "/"), 0x80...:
            true
        default: false
        }
    }
}
