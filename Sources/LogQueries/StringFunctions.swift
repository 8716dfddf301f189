import LogPatterns
import WAF
import Wire

/// Functions of texts.
enum StringFunctions {
    static func value(_ function: QueryFunction, _ values: [QueryValue]) -> QueryValue {
        func text(_ number: Int) -> String? { values.indices.contains(number) ? values[number].text : nil }
        switch function {
        case .isEmpty: return .boolean(text(0)?.isEmpty ?? true)
        case .isBlank: return .boolean(text(0)?.allSatisfy(\.isWhitespace) ?? true)
        case .concat: return joined(values)
        default: break
        }
        guard let first = text(0) else { return .missing }
        switch function {
        case .messageSize: return .number(Double(first.utf8.count))
        case .strlen: return .number(Double(first.unicodeScalars.count))
        case .toUpper: return .text(first.uppercased())
        case .toLower: return .text(first.lowercased())
        case .ltrim, .rtrim, .trim:
            let wanted = values.count > 1 ? text(1).map { Set($0.unicodeScalars) } : nil
            return trimmed(first, function, values.count > 1 ? wanted ?? [] : nil)
        case .substr: return part(first, values.dropFirst().map(\.number))
        case .replace:
            guard let old = text(1), let new = text(2) else { return .missing }
            return bounded(replaced(old, in: first, with: new))
        case .strContains:
            guard let wanted = text(1) else { return .number(0) }
            let ignoresCase = values.count > 2 && values[2].isTrue
            let (whole, part) = ignoresCase ? (first.lowercased(), wanted.lowercased()) : (first, wanted)
            return .number(SearchedText(Array(part.utf8)).isIn(Array(whole.utf8)) ? 1 : 0)
        case .startsWith: return .number(text(1).map { first.utf8.starts(with: $0.utf8) } ?? false ? 1 : 0)
        case .endsWith:
            return .number(text(1).map { first.utf8.reversed().starts(with: $0.utf8.reversed()) } ?? false ? 1 : 0)
        case .split:
            guard let separator = text(1) else { return .missing }
            return .structure(.array(parts(first, separator).map { .string($0) }))
        default: return coded(function, first)
        }
    }

    private static func coded(_ function: QueryFunction, _ text: String) -> QueryValue {
        switch function {
        case .urlEncode: return .text(percentEncoded(text))
        case .urlDecode: return .text(percentDecoded(text))
        case .base64Encode: return .text(String(decoding: Base64.encode(Array(text.utf8)), as: UTF8.self))
        case .base64Decode:
            return Base64.decode(text.utf8).map { .text(String(decoding: $0, as: UTF8.self)) } ?? .missing
        case .hexToASCII:
            let digits = Array(hexDigits(text).utf8)
            guard digits.count % 2 == 0 else { return .missing }
            let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { place in
                UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16)
            }
            return bytes.count * 2 == digits.count ? .text(String(decoding: bytes, as: UTF8.self)) : .missing
        case .hexToDec:
            let isNegative = text.hasPrefix("-")
            guard let number = UInt64(hexDigits(isNegative ? String(text.dropFirst()) : text), radix: 16) else {
                return .missing
            }
            return .number(isNegative ? -Double(number) : Double(number))
        case .decToHex:
            guard let number = QueryValue.number(text), let whole = Int64(exactly: number.rounded(.towardZero)) else {
                return .missing
            }
            return .text((whole < 0 ? "-0x" : "0x") + String(whole.magnitude, radix: 16))
        default: return .missing
        }
    }

    private static func hexDigits(_ text: String) -> String {
        text.hasPrefix("0x") || text.hasPrefix("0X") ? String(text.dropFirst(2)) : text
    }

    /// Bytes that a text may have that is made of others.
    private static let most = 1 << 20

    private static func bounded(_ text: String) -> QueryValue { text.utf8.count <= most ? .text(text) : .missing }

    private static func joined(_ values: [QueryValue]) -> QueryValue {
        var text = ""
        for value in values {
            text += value.text ?? ""
            guard text.utf8.count <= most else { return .missing }
        }
        return .text(text)
    }

    private static func trimmed(_ text: String, _ side: QueryFunction, _ wanted: Set<Unicode.Scalar>?) -> QueryValue {
        func isTrimmed(_ scalar: Unicode.Scalar) -> Bool { wanted?.contains(scalar) ?? scalar.properties.isWhitespace }
        var rest = text.unicodeScalars[...]
        if side != .rtrim { while let first = rest.first, isTrimmed(first) { rest.removeFirst() } }
        if side != .ltrim { while let last = rest.last, isTrimmed(last) { rest.removeLast() } }
        return .text(String(rest))
    }

    private static func part(_ text: String, _ numbers: [Double?]) -> QueryValue {
        func count(_ number: Double?) -> Int? { number.flatMap { Int(exactly: $0.rounded(.towardZero)) } }
        guard let start = numbers.first.flatMap({ count($0) }), start >= 0 else { return .missing }
        let rest = text.unicodeScalars.dropFirst(start)
        guard numbers.count > 1 else { return .text(String(rest)) }
        guard let length = count(numbers[1]), length >= 0 else { return .missing }
        return .text(String(rest.prefix(length)))
    }

    private static func replaced(_ old: String, in text: String, with new: String) -> String {
        parts(text, old).joined(separator: new)
    }

    private static func parts(_ text: String, _ separator: String) -> [String] {
        let (bytes, searched) = (Array(text.utf8), SearchedText(Array(separator.utf8)))
        guard !separator.isEmpty else { return [text] }
        var (parts, start): ([String], Int) = ([], 0)
        while let found = searched.first(in: bytes, from: start) {
            parts.append(String(decoding: bytes[start..<found], as: UTF8.self))
            start = found + searched.bytes.count
        }
        return parts + [String(decoding: bytes[start...], as: UTF8.self)]
    }

    /// Replaces all that an expression matches. In the new text, `\1` or `$1` is what the first group has captured.
    static func replace(_ regex: LinearRegex, in text: String, with new: String) -> String {
        let (bytes, replacement) = (Array(text.utf8), Array(new.utf8))
        var (result, place): ([UInt8], Int) = ([], 0)
        while place <= bytes.count, result.count <= most, let found = regex.match(in: bytes, from: place, groups: 9),
            let whole = found[0]
        {
            result += bytes[place..<whole.lowerBound]
            var number = 0
            while number < replacement.count {
                let byte = replacement[number]
                if byte == UInt8(ascii: "$") || byte == UInt8(ascii: "\\"), number + 1 < replacement.count,
                    (0x30...0x39).contains(replacement[number + 1])
                {
                    if let group = found[Int(replacement[number + 1] - 0x30)] { result += bytes[group] }
                    number += 2
                } else {
                    result.append(byte)
                    number += 1
                }
            }
            place = whole.upperBound
            if whole.isEmpty {
                if place < bytes.count { result.append(bytes[place]) }
                place += 1
            }
        }
        if place < bytes.count { result += bytes[place...] }
        return String(decoding: result, as: UTF8.self)
    }

    private static func percentEncoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += byte < 16 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }

    private static func percentDecoded(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var (result, place): ([UInt8], Int) = ([], 0)
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "%"), place + 2 < bytes.count,
                let byte = UInt8(String(decoding: bytes[place + 1...place + 2], as: UTF8.self), radix: 16),
                bytes[place + 1] != UInt8(ascii: "+")
            {
                result.append(byte)
                place += 3
            } else {
                result.append(bytes[place] == UInt8(ascii: "+") ? 0x20 : bytes[place])
                place += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
