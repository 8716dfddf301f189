import WAF

/// In which encoding a body of XML is.
struct XMLEncoding {
    /// The body in UTF-8.
    let text: [UInt8]
    /// Whether applications read the same: it begins with a tag, and declares nothing else.
    let isCertain: Bool

    init(_ body: [UInt8]) {
        var text = Self.narrowed(body)
        let isNarrow = !text.contains(0)
        if !isNarrow { text.removeAll { $0 == 0 || $0 >= 0xFE } }
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text.removeFirst(3) }
        // Letters of other encodings become U+FFFD; all of ASCII stays.
        self.text = Array(String(decoding: text, as: UTF8.self).utf8)
        let first = text.first { $0 > 0x20 }
        isCertain =
            isNarrow && (first == nil || first == UInt8(ascii: "<"))
            && (Self.declared(in: text).map(Self.isKnown) ?? true)
    }

    /// What is in UTF-16, in UTF-8; all else as it is.
    private static func narrowed(_ body: [UInt8]) -> [UInt8] {
        guard body.count > 1 else { return body }
        let isLittle: Bool
        switch (body[0], body[1]) {
        case (0xFF, 0xFE), (1..., 0): isLittle = true
        case (0xFE, 0xFF), (0, 1...): isLittle = false
        default: return body
        }
        let units = stride(from: 0, to: body.count - 1, by: 2).map { place in
            let (one, other) = (UInt16(body[place]), UInt16(body[place + 1]))
            return isLittle ? other << 8 | one : one << 8 | other
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }

    /// `<?xml version="1.0" encoding="UTF-8"?>`
    private static func declared(in text: [UInt8]) -> [UInt8]? {
        let start = text.drop { $0 <= 0x20 }
        guard start.starts(with: "<?xml".utf8), let end = start.firstIndex(of: UInt8(ascii: ">")),
            let word = XMLPieces.range(of: "encoding", in: start[..<end])
        else { return nil }
        let isMark = { (byte: UInt8) in byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }
        guard let mark = text[word.upperBound..<end].firstIndex(where: isMark) else { return nil }
        return Array(text[(mark + 1)..<end].prefix { !isMark($0) })
    }

    /// Whether an encoding has all that makes up tags and attacks where ASCII has it, or is one of Unicode's. Not so with
    /// UTF-7, EBCDIC and those that shift.
    static func isKnown(_ name: [UInt8]) -> Bool {
        let marks: [UInt8] = [UInt8(ascii: "\""), UInt8(ascii: "'")]
        let text = name.map(asciiLowercased).filter { $0 > 0x20 && !marks.contains($0) }
        return text.isEmpty || known.contains { text.starts(with: $0.utf8) }
    }

    private static let known = [
        "utf-8", "utf8", "utf-16", "utf16", "us-ascii", "ascii", "iso-8859", "iso8859", "iso_8859", "latin", "windows-",
        "cp125", "koi8", "macintosh", "gb", "big5", "euc-", "shift_jis", "sjis", "tis-620",
    ]
}
