import Keyring

/// A ciphertext of `SYMMETRIC_DEFAULT`, of which has been read by which key it was made.
///
/// ```swift
/// let ciphertext = try Ciphertext(blob)
/// let plaintext = try materials[ciphertext.materialID]?.decrypt(ciphertext, context: context)
/// ```
///
/// It says which key and which of its materials decrypt it, so that nobody else has to remember, and so that it outlives
/// the key's rotation. Whether that is true is known only after it has been decrypted.
///
/// Form: version `1` (1 byte) · length of the key's ARN (1) · ARN · material ID (32) · salt (16) · nonce (12) ·
/// AES-256-GCM ciphertext (as long as the plaintext) · tag (16). Everything before the nonce is authenticated, and with it
/// the encryption context.
public struct Ciphertext: Sendable {
    /// The ARN that ``KeyMaterial/encrypt(_:keyARN:materialID:context:)`` was given.
    public let keyARN: String
    /// Which of the key's materials it was made with, in 64 hexadecimal digits.
    public let materialID: String

    /// Everything up to the salt, and the salt.
    let header: ArraySlice<UInt8>
    let salt: ArraySlice<UInt8>
    /// Nonce, ciphertext and tag.
    let box: ArraySlice<UInt8>

    static let version: UInt8 = 1
    static let saltSize = MessageKeys.saltSize
    private static let boxOverhead = 12 + 16

    /// Reads a ciphertext blob, which may come from anywhere.
    ///
    /// - Throws: ``KeyMaterialError/malformed`` when it was not made here or is cut off.
    public init(_ blob: [UInt8]) throws(KeyMaterialError) {
        guard blob.count <= Limits.ciphertext, blob.first == Self.version, let nameSize = blob.dropFirst().first else {
            throw .malformed
        }
        let name = blob.dropFirst(2).prefix(Int(nameSize))
        let id = blob.dropFirst(2 + Int(nameSize)).prefix(MaterialID.size)
        let headerSize = 2 + Int(nameSize) + MaterialID.size + Self.saltSize
        guard blob.count >= headerSize + Self.boxOverhead, let keyARN = String(validating: name, as: UTF8.self) else {
            throw .malformed
        }
        self.keyARN = keyARN
        materialID = MaterialID.text(id)
        header = blob.prefix(headerSize)
        salt = header.suffix(Self.saltSize)
        box = blob.dropFirst(headerSize)
    }

    /// The part in front of the nonce.
    ///
    /// - Throws: ``KeyMaterialError/wrongLength(_:)`` when the ARN is too long or the ID is none.
    static func header(
        keyARN: String, materialID: String, salt: [UInt8], capacity: Int
    ) throws(KeyMaterialError) -> [UInt8] {
        guard let nameSize = UInt8(exactly: keyARN.utf8.count) else {
            throw .wrongLength("the ARN of a key has 255 bytes at most")
        }
        guard let id = MaterialID.bytes(materialID) else {
            throw .wrongLength("the ID of key material has 64 hexadecimal digits")
        }
        var header: [UInt8] = []
        header.reserveCapacity(capacity)
        header.append(version)
        header.append(nameSize)
        header.append(contentsOf: keyARN.utf8)
        header.append(contentsOf: id)
        header.append(contentsOf: salt)
        return header
    }

    /// The most bytes by which a ciphertext is longer than its plaintext.
    static let overhead = 2 + 255 + MaterialID.size + saltSize + boxOverhead
}

/// The ID of key material: 32 bytes, in text 64 lower-case hexadecimal digits.
enum MaterialID {
    static let size = 32

    static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(unsafeUninitializedCapacity: 2 * size) { text in
            var count = 0
            for byte in bytes.prefix(size) {
                text[count] = digit(byte >> 4)
                text[count + 1] = digit(byte & 15)
                count += 2
            }
            return count
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }

    /// Nil for text that is no such ID.
    static func bytes(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count == 2 * size else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
