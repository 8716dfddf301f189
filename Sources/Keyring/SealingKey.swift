import Crypto
import Synchronization

/// A key that seals bytes for one purpose: nobody without it can read them, or change them unnoticed.
///
/// AES-256-GCM (NIST SP 800-38D) with random nonces may use one key for no more than 2^32 messages. Therefore
/// messages have keys of their own: HKDF-Expand (RFC 5869) with SHA-256 over a random salt. A process draws a new salt
/// for every 65,536 messages. So no key seals more than that, and since there are 2^128 salts, the number of messages
/// in all is no concern.
///
/// Sealed form: version `1` (1 byte) · salt (16) · nonce (12) · ciphertext (as long as the plaintext) · tag (16).
///
/// When the keyring's root key is rotated, the key seals with what is derived from the new one from then on, and still opens
/// what was sealed before, until the old root key is forgotten.
///
/// Its descriptions show no key. It may be used from any number of threads.
public struct SealingKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// How many bytes longer than its plaintext a sealed message is: 45.
    public static let overhead = 1 + saltSize + AESGCM.nonceSize + AESGCM.tagSize

    private static let version: UInt8 = 1
    private static let saltSize = MessageKeys.saltSize

    private let keys: PurposeKeys

    init(_ source: RootKeySource, purpose: String) {
        keys = PurposeKeys(source, purpose: purpose)
    }

    /// Seals a message. Sealing the same message twice gives different bytes.
    ///
    /// The `context` consists of bytes that are not stored but must be the same when the message is opened, such as the
    /// name of the place where it is kept. They keep a sealed message from being moved to another place.
    ///
    /// - Throws: ``KeyringError`` of kind `failed` when the cryptographic library refuses.
    public func seal(_ plaintext: [UInt8], authenticating context: [UInt8] = []) throws(KeyringError) -> [UInt8] {
        let (salt, key, nonce) = keys.get().current.forSealing()
        var sealed: [UInt8] = []
        sealed.reserveCapacity(plaintext.count + Self.overhead)
        sealed.append(Self.version)
        sealed.append(contentsOf: salt)
        sealed.append(contentsOf: nonce)
        try AESGCM.seal(plaintext.span.bytes, using: key, nonce: nonce, authenticating: context, into: &sealed)
        return sealed
    }

    /// Opens what ``seal(_:authenticating:)`` made with the same key and context.
    ///
    /// - Throws: ``KeyringError`` of kind `notAuthentic` when the key or the context differs or a bit was changed;
    ///   which of these, it does not say.
    public func open(_ sealed: [UInt8], authenticating context: [UInt8] = []) throws(KeyringError) -> [UInt8] {
        let (current, previous) = keys.get()
        do throws(KeyringError) {
            return try Self.open(sealed, context, current)
        } catch {
            guard let previous else { throw error }
            return try Self.open(sealed, context, previous)
        }
    }

    /// Seals anew what was sealed with the root key before the current one.
    ///
    /// - Returns: nil for what was sealed with the current one.
    /// - Throws: as ``open(_:authenticating:)``, which also opens both.
    public func renew(_ sealed: [UInt8], authenticating context: [UInt8] = []) throws(KeyringError) -> [UInt8]? {
        let (current, previous) = keys.get()
        do throws(KeyringError) {
            _ = try Self.open(sealed, context, current)
            return nil
        } catch {
            guard let previous else { throw error }
            return try seal(Self.open(sealed, context, previous), authenticating: context)
        }
    }

    private static func open(
        _ sealed: [UInt8], _ context: [UInt8], _ keys: MessageKeys
    ) throws(KeyringError) -> [UInt8] {
        guard sealed.count >= overhead, sealed.first == version else {
            throw KeyringError(.notAuthentic, "the bytes were not sealed here, or are cut off")
        }
        let salt = sealed.dropFirst().prefix(saltSize)
        let nonce = sealed.dropFirst(1 + saltSize).prefix(AESGCM.nonceSize)
        let box = sealed.dropFirst(1 + saltSize + AESGCM.nonceSize)
        var plaintext: [UInt8] = []
        try AESGCM.open(
            box.span.bytes, using: keys.forOpening(salt), nonce: nonce.span.bytes, authenticating: context,
            into: &plaintext)
        return plaintext
    }

    /// Changes when the root keys do: what is remembered of messages that were opened before may not open any more.
    public var generation: Int { keys.generation }

    public var description: String { "SealingKey" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The keys of one purpose, derived once from the root keys, and again when those have changed.
private final class PurposeKeys: Sendable {
    private struct Derived {
        var generation: Int
        var current: MessageKeys
        var previous: MessageKeys?
    }

    private let source: RootKeySource
    private let purpose: String
    private let derived: Mutex<Derived>

    init(_ source: RootKeySource, purpose: String) {
        self.source = source
        self.purpose = purpose
        derived = Mutex(Self.derive(source, purpose))
    }

    var generation: Int { source.generation.load(ordering: .acquiring) }

    func get() -> (current: MessageKeys, previous: MessageKeys?) {
        derived.withLock { derived in
            if derived.generation != source.generation.load(ordering: .acquiring) {
                derived = Self.derive(source, purpose)
            }
            return (derived.current, derived.previous)
        }
    }

    private static func derive(_ source: RootKeySource, _ purpose: String) -> Derived {
        let (roots, generation) = source.get()
        return Derived(
            generation: generation, current: derive(roots.current, purpose),
            previous: roots.previous.map { derive($0.key, purpose) })
    }

    private static func derive(_ root: SymmetricKey, _ purpose: String) -> MessageKeys {
        MessageKeys(of: root, label: "gatehouse keyring 1", purpose: purpose)
    }
}
