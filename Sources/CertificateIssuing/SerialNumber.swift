/// Serial numbers of certificates, and their texts.
public enum SerialNumber {
    /// A new one of 16 bytes, 126 of whose bits are random: positive, and never shorter.
    public static func make() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
        bytes[0] = bytes[0] & 0x7f | 0x40
        return bytes
    }

    /// Hexadecimal digits in lower case.
    public static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The bytes of ``text(_:)``; none where it is no such text.
    public static func bytes(_ text: String) -> [UInt8] {
        let digits = text.utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return [] }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// As answers and reports show it: `00:11:22`.
    public static func shown(_ text: String) -> String {
        let digits = Array(text)
        return stride(from: 0, to: digits.count, by: 2).map { String(digits[$0..<min($0 + 2, digits.count)]) }
            .joined(separator: ":")
    }

    /// The serial number as it is kept, of one as requests have it: with colons or without, in any case.
    public static func kept(_ text: String) -> String {
        let digits = text.lowercased().filter { $0 != ":" && $0 != " " }
        return digits.hasPrefix("0x") ? String(digits.dropFirst(2)) : digits
    }
}
