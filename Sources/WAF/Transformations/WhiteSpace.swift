/// COMPRESS_WHITE_SPACE: white space becomes spaces, and several spaces in a row become one.
enum WhiteSpace {
    private static let noBreakSpace: UInt8 = 0xA0

    static func compress(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var isAfterSpace = false
        for byte in text {
            let isSpace = byte.isASCIISpace || byte == noBreakSpace
            if !isSpace { result.append(byte) } else if !isAfterSpace { result.append(0x20) }
            isAfterSpace = isSpace
        }
        return result
    }
}

/// CMD_LINE: undoes what shells ignore in a command.
enum CommandLine {
    static func normalize(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for byte in text {
            switch byte {
            case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "^"): continue
            case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: " "), 0x09, 0x0A, 0x0D:
                if result.last != 0x20 { result.append(0x20) }
            case UInt8(ascii: "/"), UInt8(ascii: "("):
                if result.last == 0x20 { result.removeLast() }
                result.append(byte)
            default: result.append(byte.lowercasedASCII)
            }
        }
        return result
    }
}

/// REPLACE_COMMENTS: each comment of C's, `/* … */`, becomes one space, one without an end as well. An end without a beginning
/// stays.
enum Comments {
    static func replace(_ text: [UInt8]) -> [UInt8] {
        var reader = ByteReader(text)
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        while let byte = reader.next() {
            guard byte == UInt8(ascii: "/"), reader.current == UInt8(ascii: "*") else {
                result.append(byte)
                continue
            }
            reader.skip()
            while let inner = reader.next() {
                guard inner == UInt8(ascii: "*"), reader.current == UInt8(ascii: "/") else { continue }
                reader.skip()
                break
            }
            result.append(0x20)
        }
        return result
    }
}
