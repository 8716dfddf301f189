import CLibCrypto
import Synchronization

/// A private key of libcrypto's with its public key, or a public key alone.
///
/// The library's keys do not change once they are made, and may be used by several threads at a time
/// (openssl-threads(7)): what it remembers for the next use is behind locks of its own.
final class KeyPair: @unchecked Sendable {
    let kind: libcrypto_kind
    private let key: OpaquePointer
    /// Those that nobody is signing with.
    private let signers = Mutex<[Signer]>([])

    /// Signs, for one thread at a time.
    private struct Signer: @unchecked Sendable {
        let scheme: libcrypto_scheme
        let hash: libcrypto_hash
        let pointer: OpaquePointer
    }

    /// How many signers are kept for the next signatures: as many as sign at a time, more or less.
    private static let mostSigners = 4

    private init?(_ kind: libcrypto_kind, _ key: OpaquePointer?) {
        guard let key else { return nil }
        self.kind = kind
        self.key = key
    }

    deinit {
        for signer in signers.withLock({ $0 }) { libcrypto_free_signer(signer.pointer) }
        libcrypto_free(key)
    }

    /// Makes a new pair. One for RSA takes from a tenth of a second to some seconds.
    convenience init?(generating kind: libcrypto_kind) {
        self.init(kind, libcrypto_generate(kind))
    }

    /// Reads PKCS #8 in DER; nil when it is no key of this kind.
    convenience init?(privateKey der: [UInt8], _ kind: libcrypto_kind, isChecked: Bool) {
        self.init(kind, libcrypto_read_private(kind, der, der.count, isChecked))
    }

    /// Reads a SubjectPublicKeyInfo in DER; nil when it is no key of this kind.
    convenience init?(publicKey der: [UInt8], _ kind: libcrypto_kind) {
        self.init(kind, libcrypto_read_public(kind, der, der.count))
    }

    /// The private key as PKCS #8 in DER.
    func privateKey() throws(KeyMaterialError) -> [UInt8] {
        // One for RSA with 4,096 bits has 2,375 bytes.
        try bytes(4_096) { libcrypto_write_private(key, $0, $1) }
    }

    /// The public key as SubjectPublicKeyInfo in DER.
    func publicKey() throws(KeyMaterialError) -> [UInt8] {
        try bytes(1_024) { libcrypto_write_public(key, $0, $1) }
    }

    func sign(
        digest: [UInt8], _ scheme: libcrypto_scheme, _ hash: libcrypto_hash
    ) throws(KeyMaterialError) -> [UInt8] {
        let signer = try signer(scheme, hash)
        defer { put(back: signer) }
        return try bytes(512) { libcrypto_sign(signer.pointer, digest, digest.count, $0, $1) }
    }

    private func signer(_ scheme: libcrypto_scheme, _ hash: libcrypto_hash) throws(KeyMaterialError) -> Signer {
        let known = signers.withLock { signers -> Signer? in
            guard let index = signers.firstIndex(where: { $0.scheme == scheme && $0.hash == hash }) else { return nil }
            return signers.remove(at: index)
        }
        if let known { return known }
        guard let pointer = libcrypto_make_signer(key, scheme, hash) else { throw .failed }
        return Signer(scheme: scheme, hash: hash, pointer: pointer)
    }

    private func put(back signer: Signer) {
        let surplus = signers.withLock { signers -> Signer? in
            signers.append(signer)
            return signers.count > Self.mostSigners ? signers.removeFirst() : nil
        }
        if let surplus { libcrypto_free_signer(surplus.pointer) }
    }

    func verify(
        _ signature: [UInt8], ofDigest digest: [UInt8], _ scheme: libcrypto_scheme, _ hash: libcrypto_hash
    ) -> Bool {
        libcrypto_verify(key, scheme, hash, digest, digest.count, signature, signature.count)
    }

    func signEd25519(_ message: [UInt8]) throws(KeyMaterialError) -> [UInt8] {
        try bytes(64) { libcrypto_sign_ed25519(key, message, message.count, $0, $1) }
    }

    func verifyEd25519(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        libcrypto_verify_ed25519(key, message, message.count, signature, signature.count)
    }

    func encrypt(_ plaintext: [UInt8], _ hash: libcrypto_hash) throws(KeyMaterialError) -> [UInt8] {
        try bytes(512) { libcrypto_encrypt_oaep(key, hash, plaintext, plaintext.count, $0, $1) }
    }

    /// - Throws: ``KeyMaterialError/notAuthentic``, whatever is wrong.
    func decrypt(_ ciphertext: [UInt8], _ hash: libcrypto_hash) throws(KeyMaterialError) -> [UInt8] {
        do {
            return try bytes(512) { libcrypto_decrypt_oaep(key, hash, ciphertext, ciphertext.count, $0, $1) }
        } catch {
            throw .notAuthentic
        }
    }

    func sharedSecret(with peer: KeyPair) throws(KeyMaterialError) -> [UInt8] {
        try bytes(66) { libcrypto_derive(key, peer.key, $0, $1) }
    }
}

/// What a function of the C module writes.
///
/// - Throws: ``KeyMaterialError/failed`` when it refuses.
func bytes(
    _ capacity: Int, _ write: (UnsafeMutablePointer<UInt8>, Int) -> Int
) throws(KeyMaterialError) -> [UInt8] {
    var result = -1
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        guard let start = buffer.baseAddress else { return }
        result = write(start, capacity)
        count = max(0, min(result, capacity))
    }
    guard result >= 0 else { throw .failed }
    return bytes
}
