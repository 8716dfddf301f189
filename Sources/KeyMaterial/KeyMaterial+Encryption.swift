import CLibCrypto
import Keyring

extension KeyMaterial {
    /// Encrypts with a key of `SYMMETRIC_DEFAULT`. The result is a ``Ciphertext``'s blob; the same plaintext gives
    /// another one each time.
    ///
    /// As with AWS, the key itself encrypts nothing: the keys of messages are derived from it, so that their number is no
    /// concern.
    ///
    /// - Parameters:
    ///   - keyARN: what the ciphertext says of its key, and is bound to. That of a multi-Region key is given without its
    ///     region, since its replicas open it as well.
    ///   - materialID: ``id(of:)``, as the service keeps it.
    /// - Throws: ``KeyMaterialError/wrongLength(_:)``, ``KeyMaterialError/unsupported(_:)``.
    public func encrypt(
        _ plaintext: [UInt8], keyARN: String, materialID: String, context: EncryptionContext
    ) throws(KeyMaterialError) -> [UInt8] {
        guard case .symmetric(_, let keys) = key else { throw spec.cannot(EncryptionAlgorithm.symmetricDefault) }
        try checkLength(plaintext.count, atMost: Limits.plaintext, "a plaintext")
        let (salt, messageKey, nonce) = keys.forSealing()
        var blob = try Ciphertext.header(
            keyARN: keyARN, materialID: materialID, salt: salt, capacity: plaintext.count + Ciphertext.overhead)
        let authenticated = blob + context.canonical
        blob.append(contentsOf: nonce)
        do throws(KeyringError) {
            try AESGCM.seal(
                plaintext.span.bytes, using: messageKey, nonce: nonce, authenticating: authenticated, into: &blob)
        } catch {
            throw .failed
        }
        return blob
    }

    /// Decrypts what ``encrypt(_:keyARN:materialID:context:)`` made with the same material, for the same key and context.
    ///
    /// - Throws: ``KeyMaterialError/notAuthentic`` when anything differs; what, it does not say.
    public func decrypt(_ ciphertext: Ciphertext, context: EncryptionContext) throws(KeyMaterialError) -> [UInt8] {
        guard case .symmetric(_, let keys) = key else { throw spec.cannot(EncryptionAlgorithm.symmetricDefault) }
        let nonce = ciphertext.box.prefix(AESGCM.nonceSize)
        let box = ciphertext.box.dropFirst(AESGCM.nonceSize)
        var plaintext: [UInt8] = []
        do throws(KeyringError) {
            try AESGCM.open(
                box.span.bytes, using: keys.forOpening(ciphertext.salt), nonce: nonce.span.bytes,
                authenticating: ciphertext.header + context.canonical, into: &plaintext)
        } catch {
            throw .notAuthentic
        }
        return plaintext
    }

    /// Encrypts with the public key of an RSA key.
    ///
    /// - Throws: ``KeyMaterialError/wrongLength(_:)`` beyond ``EncryptionAlgorithm/plaintextLimit(_:)``,
    ///   ``KeyMaterialError/unsupported(_:)``.
    public func encrypt(
        _ plaintext: [UInt8], _ algorithm: EncryptionAlgorithm
    ) throws(KeyMaterialError) -> [UInt8] {
        let (pair, hash) = try encryptionPair(algorithm)
        try checkLength(plaintext.count, atMost: algorithm.plaintextLimit(spec), "a plaintext")
        return try pair.encrypt(plaintext, hash)
    }

    /// Decrypts with the private key of an RSA key.
    ///
    /// - Throws: ``KeyMaterialError/notAuthentic`` whatever is wrong with the ciphertext,
    ///   ``KeyMaterialError/unsupported(_:)``.
    public func decrypt(
        _ ciphertext: [UInt8], _ algorithm: EncryptionAlgorithm
    ) throws(KeyMaterialError) -> [UInt8] {
        let (pair, hash) = try encryptionPair(algorithm)
        return try pair.decrypt(ciphertext, hash)
    }

    private func encryptionPair(
        _ algorithm: EncryptionAlgorithm
    ) throws(KeyMaterialError) -> (KeyPair, libcrypto_hash) {
        guard case .pair(let pair) = key, spec.encryptionAlgorithms.contains(algorithm) else {
            throw spec.cannot(algorithm)
        }
        return (pair, algorithm == .rsaesOAEPSHA1 ? libcrypto_sha1 : libcrypto_sha256)
    }
}

/// - Throws: ``KeyMaterialError/wrongLength(_:)`` when there are more bytes than allowed.
func checkLength(_ count: Int, atMost limit: Int, _ what: String) throws(KeyMaterialError) {
    guard count <= limit else { throw .wrongLength("\(what) has \(limit) bytes at most here, not \(count)") }
}
