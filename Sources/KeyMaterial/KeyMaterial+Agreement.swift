extension KeyMaterial {
    /// Agrees on a secret with somebody else's key (ECDH): 32, 48 or 66 bytes, by curve.
    ///
    /// - Parameter publicKey: the other's public key, as SubjectPublicKeyInfo in DER.
    /// - Throws: ``KeyMaterialError/malformed`` when that is no key on the same curve,
    ///   ``KeyMaterialError/unsupported(_:)``.
    public func sharedSecret(with publicKey: [UInt8]) throws(KeyMaterialError) -> [UInt8] {
        guard case .pair(let pair) = key, spec.keyAgreementAlgorithms.contains(.ecdh) else {
            throw spec.cannot(KeyAgreementAlgorithm.ecdh)
        }
        guard let peer = KeyPair(publicKey: publicKey, pair.kind) else { throw .malformed }
        return try pair.sharedSecret(with: peer)
    }
}
