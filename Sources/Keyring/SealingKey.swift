import Crypto
import FoundationEssentials
import Synchronization

/// A key that seals bytes for one purpose: nobody without it can read them, or change them unnoticed.
///
/// AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces may use one key for no more than 2^32 messages. Therefore
/// messages have keys of their own: HKDF-Expand (RFC 5869) with SHA-256 over a random salt. A process draws a new salt
/// for every 65,536 messages. So no key seals more than that, and since there are 2^128 salts, the number of messages
/// in all is no concern.
///
/// Sealed form: version `1` (1 byte) · salt (16) · nonce (12) · ciphertext (as long as the plaintext) · tag (16).
///
/// Its descriptions show no key. It may be used from any number of threads.
public struct SealingKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// How many bytes longer than its plaintext a sealed message is: 45.
    public static let overhead = 1 + saltSize + nonceSize + tagSize

    private static let version: UInt8 = 1
    private static let saltSize = 16
    private static let nonceSize = 12
    private static let tagSize = 16

    /// A pseudorandom key in the sense of RFC 5869, section 2.3.
    private let key: SymmetricKey
    private let recent = RecentKeys()

    init(root: SymmetricKey, purpose: String) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: root, salt: Array("gatehouse keyring 1".utf8), info: Array(purpose.utf8),
            outputByteCount: 32)
    }

    /// Seals a message. Sealing the same message twice gives different bytes.
    ///
    /// - Parameter context: bytes that are not stored but must be the same when the message is opened, such as the name
    ///   of the place where it is kept. They keep a sealed message from being moved to another place.
    /// - Throws: ``KeyringError`` of kind `failed` when the cryptographic library refuses.
    public func seal(_ plaintext: [UInt8], authenticating context: [UInt8] = []) throws(KeyringError) -> [UInt8] {
        let (salt, key) = sealingKey()
        do {
            let box = try AES.GCM.seal(plaintext, using: key, authenticating: context)
            var sealed: [UInt8] = []
            sealed.reserveCapacity(plaintext.count &+ Self.overhead)
            sealed.append(Self.version)
            sealed.append(contentsOf: salt)
            sealed.append(contentsOf: box.nonce)
            sealed.append(contentsOf: box.ciphertext)
            sealed.append(contentsOf: box.tag)
            return sealed
        } catch {
            throw KeyringError(.failed, "the bytes could not be sealed")
        }
    }

    /// Opens what ``seal(_:authenticating:)`` made with the same key and context.
    ///
    /// - Throws: ``KeyringError`` of kind `notAuthentic` when the key or the context differs or a bit was changed;
    ///   which of these, it does not say.
    public func open(_ sealed: [UInt8], authenticating context: [UInt8] = []) throws(KeyringError) -> [UInt8] {
        guard sealed.count >= Self.overhead, sealed.first == Self.version else { throw Self.notAuthentic }
        let salt = sealed.dropFirst().prefix(Self.saltSize)
        do {
            let box = try AES.GCM.SealedBox(combined: sealed.dropFirst(1 + Self.saltSize))
            return [UInt8](try AES.GCM.open(box, using: openingKey(salt), authenticating: context))
        } catch {
            throw Self.notAuthentic
        }
    }

    private static var notAuthentic: KeyringError {
        KeyringError(.notAuthentic, "the sealed bytes were made with another key or in another place, or were changed")
    }

    /// The keys that were derived last: the messages of one time have the same.
    private final class RecentKeys: Sendable {
        typealias Salted = (salt: [UInt8], key: SymmetricKey)
        struct State {
            var sealing: Salted?
            /// How many more messages `sealing` is good for.
            var left = 0
            var opening: Salted?
        }
        let state = Mutex(State())
    }

    private static let messagesOfKey = 65_536

    private func sealingKey() -> RecentKeys.Salted {
        recent.state.withLock { state in
            if let current = state.sealing, state.left > 0 {
                state.left -= 1
                return current
            }
            let salt = Self.randomSalt()
            let new = (salt, derived(salt))
            state.sealing = new
            state.left = Self.messagesOfKey - 1
            return new
        }
    }

    private func openingKey(_ salt: ArraySlice<UInt8>) -> SymmetricKey {
        recent.state.withLock { state in
            for known in [state.sealing, state.opening] {
                if let known, known.salt.elementsEqual(salt) { return known.key }
            }
            let new = (Array(salt), derived(salt))
            state.opening = new
            return new.1
        }
    }

    private func derived(_ salt: some Sequence<UInt8>) -> SymmetricKey {
        HKDF<SHA256>.expand(pseudoRandomKey: key, info: Self.label + salt, outputByteCount: 32)
    }

    private static let label = Array("gatehouse message 1".utf8)

    private static func randomSalt() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        var salt: [UInt8] = []
        salt.reserveCapacity(saltSize)
        while salt.count < saltSize {
            withUnsafeBytes(of: random.next() as UInt64) { salt.append(contentsOf: $0) }
        }
        return salt
    }

    public var description: String { "SealingKey" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
