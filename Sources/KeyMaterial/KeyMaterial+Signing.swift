import CLibCrypto

extension KeyMaterial {
    /// Signs a message with the private key.
    ///
    /// - Returns: the signature; one of ECDSA as DER (RFC 3279, section 2.2.3).
    /// - Throws: ``KeyMaterialError/wrongLength(_:)`` when the message is longer than ``Limits/message`` or is no digest of
    ///   the algorithm, ``KeyMaterialError/unsupported(_:)``.
    public func sign(
        _ message: [UInt8], _ type: MessageType, _ algorithm: SigningAlgorithm
    ) throws(KeyMaterialError) -> [UInt8] {
        try check(message, type, algorithm)
        switch key {
        case .lattice(let key): return try key.sign(message)
        case .pair(let pair):
            guard let (scheme, hash) = algorithm.parameters else { return try pair.signEd25519(message) }
            return try pair.sign(digest: digest(message, type, hash), scheme, hash)
        case .symmetric, .secret: throw spec.cannot(algorithm)
        }
    }

    /// Whether a signature of a message holds.
    ///
    /// - Throws: as ``sign(_:_:_:)``.
    public func verify(
        _ signature: [UInt8], of message: [UInt8], _ type: MessageType, _ algorithm: SigningAlgorithm
    ) throws(KeyMaterialError) -> Bool {
        try check(message, type, algorithm)
        switch key {
        case .lattice(let key): return key.verify(signature, of: message)
        case .pair(let pair):
            guard let (scheme, hash) = algorithm.parameters else { return pair.verifyEd25519(signature, of: message) }
            return pair.verify(signature, ofDigest: try digest(message, type, hash), scheme, hash)
        case .symmetric, .secret: throw spec.cannot(algorithm)
        }
    }

    private func check(
        _ message: [UInt8], _ type: MessageType, _ algorithm: SigningAlgorithm
    ) throws(KeyMaterialError) {
        guard spec.signingAlgorithms.contains(algorithm) else { throw spec.cannot(algorithm) }
        guard algorithm.messageTypes.contains(type) else {
            throw .unsupported("\(algorithm.rawValue) can't be used with the message type \(type.rawValue)")
        }
        guard algorithm.isSupported, type != .externalMu else {
            throw .unsupported(
                "\(algorithm.rawValue) with the message type \(type.rawValue) is not supported: the cryptographic "
                    + "libraries do not have it")
        }
        if type == .raw {
            try checkLength(message.count, atMost: Limits.message, "a message")
        } else if message.count != algorithm.digestLength {
            throw .wrongLength(
                "a digest for \(algorithm.rawValue) has \(algorithm.digestLength) bytes, not \(message.count)")
        }
    }

    private func digest(
        _ message: [UInt8], _ type: MessageType, _ hash: libcrypto_hash
    ) throws(KeyMaterialError) -> [UInt8] {
        guard type == .raw else { return message }
        return try bytes(Int(LIBCRYPTO_HASH_SIZE)) { output, _ in
            libcrypto_digest(hash, message, message.count, output)
        }
    }
}

extension SigningAlgorithm {
    /// How libcrypto signs a digest; nil for algorithms that sign the message itself.
    fileprivate var parameters: (libcrypto_scheme, libcrypto_hash)? {
        switch self {
        case .rsassaPSSSHA256: (libcrypto_pss, libcrypto_sha256)
        case .rsassaPSSSHA384: (libcrypto_pss, libcrypto_sha384)
        case .rsassaPSSSHA512: (libcrypto_pss, libcrypto_sha512)
        case .rsassaPKCS1SHA256: (libcrypto_pkcs1, libcrypto_sha256)
        case .rsassaPKCS1SHA384: (libcrypto_pkcs1, libcrypto_sha384)
        case .rsassaPKCS1SHA512: (libcrypto_pkcs1, libcrypto_sha512)
        case .ecdsaSHA256: (libcrypto_ecdsa, libcrypto_sha256)
        case .ecdsaSHA384: (libcrypto_ecdsa, libcrypto_sha384)
        case .ecdsaSHA512: (libcrypto_ecdsa, libcrypto_sha512)
        case .ed25519SHA512, .ed25519PHSHA512, .mlDSASHAKE256, .sm2DSA: nil
        }
    }
}
