/// JS_DECODE: the escapes of JavaScript's strings.
enum ScriptEscapes {
    static func decode(_ text: [UInt8]) -> [UInt8] {
        var reader = ByteReader(text)
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        while let byte = reader.next() {
            guard byte == UInt8(ascii: "\\"), let escaped = reader.current else {
                result.append(byte)
                continue
            }
            if escaped == UInt8(ascii: "u"), let unit = reader.hexWord(at: 1) {
                result.append(narrowed(unit))
                reader.skip(5)
            } else if escaped == UInt8(ascii: "x"), let value = reader.hexByte(at: 1) {
                result.append(value)
                reader.skip(3)
            } else if let (value, length) = octal(reader) {
                result.append(value)
                reader.skip(length)
            } else {
                // Of an escape that JavaScript does not know, the character itself is meant.
                result.append(EscapeSequences.control(escaped) ?? escaped)
                reader.skip()
            }
        }
        return result
    }

    /// Up to three octal digits, of which the value is a byte's; and how many there are.
    static func octal(_ reader: ByteReader) -> (UInt8, Int)? {
        var value = 0
        var length = 0
        while length < 3, let digit = reader.peek(length)?.octalDigit, value * 8 + Int(digit) <= 255 {
            value = value * 8 + Int(digit)
            length += 1
        }
        return length == 0 ? nil : (UInt8(value), length)
    }
}

/// ESCAPE_SEQ_DECODE: the escapes of ANSI C. What is none stays as it is.
enum EscapeSequences {
    static func decode(_ text: [UInt8]) -> [UInt8] {
        var reader = ByteReader(text)
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        while let byte = reader.next() {
            guard byte == UInt8(ascii: "\\"), let escaped = reader.current else {
                result.append(byte)
                continue
            }
            if let value = control(escaped) ?? itself(escaped) {
                result.append(value)
                reader.skip()
            } else if escaped.lowercasedASCII == UInt8(ascii: "x"), let value = reader.hexByte(at: 1) {
                result.append(value)
                reader.skip(3)
            } else if let (value, length) = ScriptEscapes.octal(reader) {
                result.append(value)
                reader.skip(length)
            } else {
                result.append(byte)
            }
        }
        return result
    }

    static func control(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "a"): 0x07
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "v"): 0x0B
        default: nil
        }
    }

    private static func itself(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "\\"), UInt8(ascii: "?"), UInt8(ascii: "'"), UInt8(ascii: "\""): character
        default: nil
        }
    }
}

/// CSS_DECODE: the escapes of CSS 2, `\6A`. Of more than two digits the last two count, but full-width forms of ASCII become
/// ASCII. One white space after an escape belongs to it; a backslash before anything else is left out.
enum StyleEscapes {
    private static let mostDigits = 6

    static func decode(_ text: [UInt8]) -> [UInt8] {
        var reader = ByteReader(text)
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        while let byte = reader.next() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            var value: UInt32 = 0
            var count = 0
            while count < mostDigits, let digit = reader.peek(count)?.hexDigit {
                value = value << 4 | UInt32(digit)
                count += 1
            }
            if count > 0 {
                result.append(UInt16(exactly: value).map(narrowed) ?? UInt8(truncatingIfNeeded: value))
                reader.skip(count)
                if reader.current?.isASCIISpace == true { reader.skip() }
            } else if reader.current == 0x0A {
                // A line that goes on in the next.
                reader.skip()
            }
        }
        return result
    }
}
