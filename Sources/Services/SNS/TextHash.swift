import Crypto
import FoundationEssentials

/// SHA-256 of texts: for what may be too long for a key, and for what is better not kept.
enum TextHash {
    static func bytes(_ text: String) -> [UInt8] { Array(SHA256.hash(data: Data(text.utf8))) }

    /// 64 hexadecimal digits.
    static func text(_ text: String) -> String { hexadecimal(bytes(text)) }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Whether a hash is that of a text, compared in constant time.
    static func isHash(_ hash: Data, of text: String) -> Bool { SHA256.hash(data: Data(text.utf8)) == hash }
}
