public import Crypto
import Synchronization

/// The keys that messages are encrypted with, derived from one secret.
///
/// AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces may use one key for no more than 2^32 messages. Therefore
/// messages have keys of their own: HKDF-Expand (RFC 5869) with SHA-256 over a random salt, which stands in the message. A new
/// salt is drawn for every 65,536 messages. So no key encrypts more than that, and since there are 2^128 salts, the number of
/// messages in all is no concern.
///
/// The keys that were derived last are kept, since the messages of one time have the same.
public final class MessageKeys: Sendable {
    /// How many bytes a salt has.
    public static let saltSize = 16

    private typealias Salted = (salt: [UInt8], key: SymmetricKey)

    private struct Recent {
        var sealing: Salted?
        /// How many more messages `sealing` is good for.
        var left = 0
        var opening: Salted?
    }

    private static let messagesOfKey = 65_536

    /// A pseudorandom key in the sense of RFC 5869, section 2.3.
    private let key: SymmetricKey
    private let recent = Mutex(Recent())

    /// - Parameters:
    ///   - secret: what the keys are derived from.
    ///   - label: who derives them. The keys of two labels, or of two purposes, are independent of each other.
    ///   - purpose: what for.
    public init(of secret: SymmetricKey, label: String, purpose: String) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: secret, salt: Array(label.utf8), info: Array(purpose.utf8), outputByteCount: 32)
    }

    /// The key for a new message, the salt that has to stand in it, and a nonce that no other message of the key gets.
    public func forSealing() -> (salt: [UInt8], key: SymmetricKey, nonce: [UInt8]) {
        let (salt, key, number) = recent.withLock { recent in
            if let current = recent.sealing, recent.left > 0 {
                recent.left -= 1
                return (current.salt, current.key, recent.left)
            }
            let salt = Self.randomSalt()
            let key = derived(salt)
            recent.sealing = (salt, key)
            recent.left = Self.messagesOfKey - 1
            return (salt, key, recent.left)
        }
        return (salt, key, Self.nonce(number))
    }

    /// A nonce for a message of a key, of which no other message has the number. 64 of its bits are random, so that copies of
    /// this process, such as a virtual machine that is restored twice, do not use the same.
    private static func nonce(_ number: Int) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        let random64: UInt64 = random.next()
        return withUnsafeBytes(of: (UInt64(truncatingIfNeeded: number).bigEndian, random64)) {
            // The number's last four bytes, and the eight random ones.
            Array($0.suffix(AESGCM.nonceSize))
        }
    }

    /// The key of a message in which a salt stands.
    public func forOpening(_ salt: ArraySlice<UInt8>) -> SymmetricKey {
        recent.withLock { recent in
            if let known = recent.sealing, salt.elementsEqual(known.salt) { return known.key }
            if let known = recent.opening, salt.elementsEqual(known.salt) { return known.key }
            let new = (Array(salt), derived(salt))
            recent.opening = new
            return new.1
        }
    }

    private func derived(_ salt: some Sequence<UInt8>) -> SymmetricKey {
        HKDF<SHA256>.expand(pseudoRandomKey: key, info: Self.message + salt, outputByteCount: 32)
    }

    private static let message = Array("gatehouse message 1".utf8)

    private static func randomSalt() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        var salt: [UInt8] = []
        salt.reserveCapacity(saltSize)
        while salt.count < saltSize {
            withUnsafeBytes(of: random.next() as UInt64) { salt.append(contentsOf: $0) }
        }
        return salt
    }
}
