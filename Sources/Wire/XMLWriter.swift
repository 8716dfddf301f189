/// Writes XML elements; names come from the models and are not escaped.
struct XMLWriter {
    private(set) var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(1024)
    }

    mutating func open(_ name: String, namespace: String? = nil) {
        bytes.append(UInt8(ascii: "<"))
        bytes.append(name)
        if let namespace {
            bytes.append(" xmlns=\"")
            text(namespace)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: ">"))
    }

    mutating func close(_ name: String) {
        bytes.append("</")
        bytes.append(name)
        bytes.append(UInt8(ascii: ">"))
    }

    mutating func element(_ name: String, _ content: String) {
        open(name)
        text(content)
        close(name)
    }

    mutating func emptyElement(_ name: String) {
        bytes.append(UInt8(ascii: "<"))
        bytes.append(name)
        bytes.append("/>")
    }

    /// Writes text so that a parser gives back the same: a carriage return, which parsers turn into a newline, becomes
    /// a reference. What XML 1.0 cannot carry at all (section 2.2) becomes U+FFFD.
    mutating func text(_ content: String) {
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
