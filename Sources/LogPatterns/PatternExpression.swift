import WAF

/// A regular expression of a pattern, in the part of the syntax that AWS has.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html>
struct PatternExpression: Sendable {
    struct Problem: Error {
        let reason: String
    }

    private static let symbols = Set(":_#=@/;,-^$?[]{}|\\*+.".utf8)
    /// What may follow a backslash, besides what is no letter: classes of characters, and a character by its number.
    private static let escapes = Set("dDsSwWx".utf8)

    private let regex: LinearRegex

    init(_ bytes: ArraySlice<UInt8>) throws(Problem) {
        var isEscaped = false
        for byte in bytes {
            let isLetterOrDigit = PatternScanner.isAlphanumeric(byte)
            if isEscaped {
                guard isLetterOrDigit ? Self.escapes.contains(byte) : (0x21...0x7e).contains(byte) else {
                    throw Problem(reason: "a regular expression has an escape that is not supported")
                }
                isEscaped = false
            } else {
                guard isLetterOrDigit || Self.symbols.contains(byte) else {
                    throw Problem(reason: "a regular expression has a character that is not supported")
                }
                isEscaped = byte == UInt8(ascii: "\\")
            }
        }
        do throws(LinearRegex.Problem) {
            regex = try LinearRegex(String(decoding: bytes, as: UTF8.self))
        } catch {
            throw Problem(reason: error.reason)
        }
    }

    /// Whether any part of a text fits.
    func matches(_ text: [UInt8]) -> Bool { regex.matches(text) }
}
