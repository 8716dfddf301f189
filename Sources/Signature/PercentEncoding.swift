/// Percent-encoding as Signature Version 4 wants it: every byte but the unreserved ones of RFC 3986,
/// as `%` and two upper-case digits.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
enum PercentEncoding {
    /// Letters, digits, `-`, `.`, `_` and `~`.
    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// Appends `bytes`, encoded. A slash is left alone in a path and encoded in a query.
    static func appendEncoded(_ bytes: some Sequence<UInt8>, keepingSlash: Bool = false, to output: inout [UInt8]) {
        for byte in bytes {
            if isUnreserved(byte) || (keepingSlash && byte == UInt8(ascii: "/")) {
                output.append(byte)
            } else {
                output.append(UInt8(ascii: "%"))
                output.append(ASCII.uppercaseHexDigit(byte >> 4))
                output.append(ASCII.uppercaseHexDigit(byte & 0x0F))
            }
        }
    }

    /// Decodes. A `%` that no two digits follow stands for itself.
    static func decoded(_ bytes: some Sequence<UInt8>, plusIsSpace: Bool = false) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.underestimatedCount)
        // The bytes of an escape that is not complete yet: a `%`, and perhaps one digit.
        var digit: UInt8?
        var inEscape = false
        for byte in bytes {
            if inEscape {
                if let first = digit {
                    digit = nil
                    if let high = ASCII.hexValue(first), let low = ASCII.hexValue(byte) {
                        output.append(high << 4 | low)
                        inEscape = false
                        continue
                    }
                    output.append(UInt8(ascii: "%"))
                    output.append(first)
                    inEscape = false
                } else if ASCII.hexValue(byte) != nil {
                    digit = byte
                    continue
                } else {
                    output.append(UInt8(ascii: "%"))
                    inEscape = false
                }
            }
            if byte == UInt8(ascii: "%") {
                inEscape = true
            } else {
                output.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        if inEscape {
            output.append(UInt8(ascii: "%"))
            if let digit { output.append(digit) }
        }
        return output
    }
}
