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
        let isPlain = content.withBytes { text in
            guard Self.isPlain(text) else { return false }
            bytes.append(contentsOf: text)
            return true
        }
        if isPlain { return }
        for scalar in content.unicodeScalars {
            switch scalar.value {
            case 0x26: bytes.append("&amp;")
            case 0x3C: bytes.append("&lt;")
            case 0x3E: bytes.append("&gt;")
            case 0x22: bytes.append("&quot;")
            case 0x0D: bytes.append("&#xD;")
            case 0x0A where inAttribute: bytes.append("&#xA;")
            case 0x09 where inAttribute: bytes.append("&#x9;")
            case 0x09, 0x0A: bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            case 0..<0x20, 0xFFFE, 0xFFFF: bytes.append("\u{FFFD}")
            default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }

    /// Whether text can be written as it is.
    private static func isPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.allSatisfy { eight in
            !eight.needsEscapeInXML
        }
    }
}
