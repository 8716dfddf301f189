/// Writes XML. Names come from the models, and are not escaped.
struct XMLWriter {
    private(set) var bytes: [UInt8] = []

    /// Whether ISO 8601 timestamps are written with milliseconds, as S3 does.
    let writesMilliseconds: Bool

    init(writesMilliseconds: Bool = false) {
        self.writesMilliseconds = writesMilliseconds
        bytes.reserveCapacity(1024)
    }

    /// The XML declaration, with which S3's answers begin.
    mutating func declaration() {
        bytes.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    }

    mutating func open(
        _ name: String, _ namespace: XMLNamespace? = nil, _ attributes: [(name: String, value: String)] = []
    ) {
        guard namespace != nil || !attributes.isEmpty else { return tag(name) }
        bytes.append(UInt8(ascii: "<"))
        bytes.append(name)
        if let namespace {
            attribute(namespace.prefix.map { "xmlns:" + $0 } ?? "xmlns", namespace.uri)
        }
        for (name, value) in attributes { attribute(name, value) }
        bytes.append(UInt8(ascii: ">"))
    }

    private mutating func attribute(_ name: String, _ value: String) {
        bytes.append(UInt8(ascii: " "))
        bytes.append(name)
        bytes.append("=\"")
        text(value, inAttribute: true)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func close(_ name: String) {
        tag(name, slashBefore: true)
    }

    mutating func emptyElement(_ name: String) {
        tag(name, slashBehind: true)
    }

    /// A tag with nothing but a name, and perhaps a slash before or behind it.
    @inline(__always)
    private mutating func tag(
        _ name: String, slashBefore: Bool = false, slashBehind: Bool = false
    ) {
        name.withBytes { name in
            bytes.append(upTo: name.count + 3) { start in
                var place = start
                place.put("<")
                if slashBefore { place.put("/") }
                place.put(name)
                if slashBehind { place.put("/") }
                place.put(">")
                return place - start
            }
        }
    }

    mutating func element(_ name: String, _ content: String, _ namespace: XMLNamespace? = nil) {
        open(name, namespace)
        text(content)
        close(name)
    }

    /// An element with a text, whose tags are at hand.
    mutating func element(_ member: XMLMember, _ content: String) {
        let isWritten = content.withBytes { content in
            guard Self.isPlain(content) else { return false }
            element(member, upTo: content.count) { $0.put(content) }
            return true
        }
        if isWritten { return }
        bytes.append(contentsOf: member.opening)
        text(content)
        bytes.append(contentsOf: member.closing)
    }

    /// An element whose content the closure writes, within so many bytes; nothing in it is escaped.
    @inline(__always)
    mutating func element(
        _ member: XMLMember, upTo count: Int, _ content: (inout UnsafeMutablePointer<UInt8>) -> Void
    ) {
        bytes.append(upTo: member.length + count) { start in
            var place = start
            place.put(member.opening)
            content(&place)
            place.put(member.closing)
            return place - start
        }
    }

    /// Makes room for so many more bytes at once.
    mutating func reserve(_ count: Int) {
        bytes.reserveCapacity(bytes.count + count)
    }

    /// Writes text so that a parser gives back the same: a carriage return, which parsers turn into a newline, becomes
    /// a reference, and in attributes newline and tab, which would become spaces. What XML 1.0 cannot carry at all
    /// (section 2.2) becomes U+FFFD.
    mutating func text(_ content: String, inAttribute: Bool = false) {
        content.withBytes { text in
            guard !Self.isPlain(text) else { return bytes.append(contentsOf: text) }
            // What is written as it is, is written in one piece.
            var (start, place) = (0, 0)
            while place < text.count {
                guard let (length, replacement) = Self.replacement(text, place, inAttribute: inAttribute) else {
                    place += 1
                    continue
                }
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<place]))
                bytes.append(replacement)
                place += length
                start = place
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
        }
    }

    /// What the character at a place is written as, and how many bytes it has; nil: as it is.
    private static func replacement(
        _ text: UnsafeBufferPointer<UInt8>, _ place: Int, inAttribute: Bool
    ) -> (length: Int, String)? {
        switch text[place] {
        case 0x26: (1, "&amp;")
        case 0x3C: (1, "&lt;")
        case 0x3E: (1, "&gt;")
        case 0x22: (1, "&quot;")
        case 0x0D: (1, "&#xD;")
        case 0x0A: inAttribute ? (1, "&#xA;") : nil
        case 0x09: inAttribute ? (1, "&#x9;") : nil
        case 0..<0x20: (1, "\u{FFFD}")
        // U+FFFE and U+FFFF.
        case 0xEF where place + 2 < text.count && text[place + 1] == 0xBF && text[place + 2] >= 0xBE: (3, "\u{FFFD}")
        default: nil
        }
    }

    /// Whether text can be written as it is.
    private static func isPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.allSatisfy { eight in
            !eight.needsEscapeInXML
        }
    }
}
