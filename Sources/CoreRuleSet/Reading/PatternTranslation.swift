/// Makes an expression that is written for PCRE one for RE2.
///
/// ModSecurity compiles expressions so that a dot matches line feeds as well, and `^` and `$` match at lines. `\s` of PCRE has the
/// vertical tab. Possessive quantifiers keep what they have: where what follows can't begin with that, which is so wherever the
/// Core Rule Set has one, greedy ones find the same.
enum PatternTranslation {
    /// The same expression in RE2's syntax; what RE2 has no words for stays, and RE2 will refuse it.
    static func translate(_ pattern: String) -> String {
        var result: [UInt8] = Array("(?sm)".utf8)
        let bytes = Array(pattern.utf8)
        var index = 0
        var isInClass = false
        /// Whether the last thing is a quantifier, which a plus would make possessive.
        var isAfterQuantifier = false
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\\"), index + 1 < bytes.count {
                let escaped = bytes[index + 1]
                switch escaped {
                case UInt8(ascii: "s"): result += isInClass ? Array(#"\s\x0b"#.utf8) : Array(#"[\s\x0b]"#.utf8)
                case UInt8(ascii: "S") where !isInClass: result += Array(#"[^\s\x0b]"#.utf8)
                case UInt8(ascii: "h"): result += isInClass ? Array(#" \t\xa0"#.utf8) : Array(#"[ \t\xa0]"#.utf8)
                case UInt8(ascii: "e"): result += Array(#"\x1b"#.utf8)
                case UInt8(ascii: "Z"): result += Array(#"\n?\z"#.utf8)
                default: result += [byte, escaped]
                }
                index += 2
                isAfterQuantifier = false
                continue
            }
            index += 1
            if isInClass {
                if byte == UInt8(ascii: "]") { isInClass = false }
                append(byte, to: &result)
                continue
            }
            switch byte {
            case UInt8(ascii: "["):
                isInClass = true
                result.append(byte)
                if index < bytes.count, bytes[index] == UInt8(ascii: "^") {
                    result.append(bytes[index])
                    index += 1
                }
                // A bracket that comes first is one of the class.
                if index < bytes.count, bytes[index] == UInt8(ascii: "]") {
                    result += Array(#"\]"#.utf8)
                    index += 1
                }
                isAfterQuantifier = false
            case UInt8(ascii: "+") where isAfterQuantifier: isAfterQuantifier = false
            case UInt8(ascii: "*"), UInt8(ascii: "+"):
                result.append(byte)
                isAfterQuantifier = true
            case UInt8(ascii: "?"):
                // Behind a parenthesis it begins flags; behind a quantifier it makes that lazy.
                result.append(byte)
                isAfterQuantifier = !isAfterQuantifier && bytes[max(0, index - 2)] != UInt8(ascii: "(")
            case UInt8(ascii: "}"):
                result.append(byte)
                isAfterQuantifier = isRepetition(result)
            default:
                append(byte, to: &result)
                isAfterQuantifier = false
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Rules are files of bytes: what is no ASCII is each byte by itself.
    private static func append(_ byte: UInt8, to result: inout [UInt8]) {
        guard byte >= 0x80 else {
            result.append(byte)
            return
        }
        let digits = Array("0123456789abcdef".utf8)
        result += Array(#"\x"#.utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    /// Whether what ends with a brace is `{2,3}`.
    private static func isRepetition(_ bytes: [UInt8]) -> Bool {
        let inner = bytes.dropLast().reversed().prefix { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ",") }
        let start = bytes.count - 2 - inner.count
        return !inner.isEmpty && start >= 0 && bytes[start] == UInt8(ascii: "{")
    }

    /// An expression that finds any of some texts, whatever their case.
    static func anyOf(_ phrases: [String]) -> String {
        let alternatives = phrases.map { phrase in
            phrase.utf8.reduce(into: "") { result, byte in
                let scalar = Unicode.Scalar(byte)
                if byte >= 0x80 || byte < 0x20 {
                    result += #"\x"# + (byte < 16 ? "0" : "") + String(byte, radix: 16)
                } else {
                    if !scalar.properties.isAlphabetic, !(0x30...0x39).contains(byte) { result += #"\"# }
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return "(?i)(?:" + alternatives.joined(separator: "|") + ")"
    }
}
