/// Addresses of applications that browsers are sent to.
enum RedirectURI {
    /// Whether an address can stand in a header as it is, and has no fragment, behind which what is added would be lost.
    static func isSafe(_ address: String) -> Bool {
        address.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "#") }
    }

    /// Whether an address is encrypted, of this machine, or an app's own.
    static func isTrusted(_ address: String) -> Bool {
        guard let end = address.firstRange(of: "://"), !address[end.upperBound...].isEmpty else { return false }
        let scheme = address[..<end.lowerBound]
        guard scheme == "http" else { return scheme.first?.isLetter == true }
        let host = address[end.upperBound...].prefix { $0 != "/" && $0 != ":" && $0 != "?" }
        return host == "localhost"
    }

    /// An address with values in its query, or in its fragment; those that are nil are left out.
    static func with(
        _ values: [(name: String, value: String?)], _ address: String, inFragment: Bool = false
    ) -> String {
        let added = form(values.compactMap { name, value in value.map { (name: name, value: $0) } })
        if inFragment { return "\(address)#\(added)" }
        return address + (address.contains("?") ? "&" : "?") + added
    }

    /// Names, which need no encoding, and values, as forms have them.
    static func form(_ values: [(name: String, value: String)]) -> String {
        values.map { "\($0.name)=\(encoded($0.value))" }.joined(separator: "&")
    }

    /// As forms write it (`application/x-www-form-urlencoded`): RFC 6749, section 4.1.2.
    /// - Parameter kept: what stays as it is besides letters, digits, `-`, `.` and `_`.
    static func encoded(_ text: String, keeping kept: Unicode.Scalar = "~") -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: kept):
                bytes.append(byte)
            case UInt8(ascii: " "): bytes.append(UInt8(ascii: "+"))
            default:
                bytes.append(UInt8(ascii: "%"))
                for digit in [byte >> 4, byte & 15] { bytes.append(digit < 10 ? 0x30 + digit : 0x37 + digit) }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Compares bytes: Swift's `==` takes texts for the same that only look the same.
func isSameText(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }
