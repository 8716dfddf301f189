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
        bytes.append("</")
        bytes.append(name)
        bytes.append(UInt8(ascii: ">"))
    }

    mutating func element(_ name: String, _ content: String, _ namespace: XMLNamespace? = nil) {
        open(name, namespace)
        text(content)
        close(name)
    }

    mutating func emptyElement(_ name: String) {
        bytes.append(UInt8(ascii: "<"))
        bytes.append(name)
        bytes.append("/>")
    }

    /// Writes text so that a parser gives back the same: a carriage return, which parsers turn into a newline, becomes
    /// a reference, and in attributes newline and tab, which would become spaces. What XML 1.0 cannot carry at all
    /// (section 2.2) becomes U+FFFD.
    mutating func text(_ content: String, inAttribute: Bool = false) {
        var content = content
        let isPlain = content.withUTF8 { text in
            guard text.allSatisfy({ $0 >= 0x20 && $0 < 0x80 && !Self.isSpecial($0) }) else { return false }
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

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == 0x26 || byte == 0x3C || byte == 0x3E || byte == 0x22
    }
}
