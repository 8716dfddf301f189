import CLibCrypto
public import Crypto

/// AES-256-GCM (NIST SP 800-38D), by OpenSSL's libcrypto, which uses what the processor has for it.
///
/// Bytes go from one buffer into another, without a copy in between: of small messages those would be most of the cost, and of
/// large ones a good part.
///
/// ```swift
/// var sealed = nonce
/// try AESGCM.seal(plaintext.span.bytes, using: key, nonce: nonce, authenticating: place, into: &sealed)
/// ```
public enum AESGCM {
    /// Bytes of a nonce. No two messages of a key may have the same.
    public static let nonceSize = 12
    /// How many bytes longer than its plaintext a sealed message is.
    public static let tagSize = Int(LIBCRYPTO_TAG_SIZE)
    /// Bytes of a key.
    public static let keySize = 32

    /// Appends the ciphertext, which is as long as the plaintext, and the tag.
    ///
    /// - Parameters:
    ///   - key: of 32 bytes.
    ///   - nonce: 12 bytes that no other message of the key has.
    ///   - context: bytes that are not in the result, but must be the same when it is opened.
    /// - Throws: ``KeyringError`` of kind `failed` for a key or nonce of another length, or when the library refuses.
    public static func seal(
        _ plaintext: RawSpan, using key: SymmetricKey, nonce: [UInt8], authenticating context: [UInt8],
        into sealed: inout [UInt8]
    ) throws(KeyringError) {
        let capacity = plaintext.byteCount + tagSize
        let isSealed =
            nonce.count == nonceSize
            && key.withUnsafeBytes { key in
                guard let key = address(of: key), key.count == keySize else { return false }
                let count = sealed.count
                sealed.append(addingCapacity: capacity) { output in
                    output.withUnsafeMutableBufferPointer { output, written in
                        guard let place = output.baseAddress, output.count >= capacity else { return }
                        let made = plaintext.withUnsafeBytes { plaintext in
                            libcrypto_seal(
                                key.bytes, nonce, context, context.count, address(of: plaintext)?.bytes,
                                plaintext.count, place)
                        }
                        written = max(0, made)
                    }
                }
                return sealed.count == count + capacity
            }
        guard isSealed else { throw KeyringError(.failed, "the bytes could not be sealed") }
    }

    /// Appends the plaintext of what ``seal(_:using:nonce:authenticating:into:)`` appended.
    ///
    /// - Throws: ``KeyringError`` of kind `notAuthentic` when anything differs; what, it does not say, and nothing is
    ///   appended.
    public static func open(
        _ sealed: RawSpan, using key: SymmetricKey, nonce: RawSpan, authenticating context: [UInt8],
        into plaintext: inout [UInt8]
    ) throws(KeyringError) {
        let capacity = sealed.byteCount - tagSize
        let isOpened =
            capacity >= 0 && nonce.byteCount == nonceSize
            && key.withUnsafeBytes { key in
                guard let key = address(of: key), key.count == keySize else { return false }
                let count = plaintext.count
                var isAuthentic = false
                // There is a place to write to even where there is nothing to write.
                plaintext.append(addingCapacity: max(1, capacity)) { output in
                    output.withUnsafeMutableBufferPointer { output, written in
                        guard let place = output.baseAddress, output.count >= capacity else { return }
                        let made = sealed.withUnsafeBytes { sealed in
                            nonce.withUnsafeBytes { nonce in
                                guard let sealed = address(of: sealed), let nonce = address(of: nonce) else {
                                    return -1
                                }
                                return libcrypto_open(
                                    key.bytes, nonce.bytes, context, context.count, sealed.bytes, sealed.count, place)
                            }
                        }
                        isAuthentic = made == capacity
                        written = max(0, made)
                    }
                }
                return isAuthentic && plaintext.count == count + capacity
            }
        guard isOpened else {
            throw KeyringError(
                .notAuthentic,
                "the sealed bytes were made with another key or in another place, or were changed")
        }
    }

    private static func address(
        of bytes: UnsafeRawBufferPointer
    ) -> (bytes: UnsafePointer<UInt8>, count: Int)? {
        bytes.baseAddress.map { ($0.assumingMemoryBound(to: UInt8.self), bytes.count) }
    }
}
