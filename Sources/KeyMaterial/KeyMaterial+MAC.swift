import CLibCrypto
import Crypto

extension KeyMaterial {
    /// The HMAC (RFC 2104) of a message.
    ///
    /// - Throws: ``KeyMaterialError/wrongLength(_:)`` beyond ``Limits/message``, ``KeyMaterialError/unsupported(_:)``.
    public func mac(_ message: [UInt8], _ algorithm: MACAlgorithm) throws(KeyMaterialError) -> [UInt8] {
        guard case .secret(let secret) = key, spec.macAlgorithms.contains(algorithm) else {
            throw spec.cannot(algorithm)
        }
        try checkLength(message.count, atMost: Limits.message, "a message")
        return try bytes(Int(LIBCRYPTO_HASH_SIZE)) { output, _ in
            secret.withUnsafeBytes { secret in
                guard let start = secret.bindMemory(to: UInt8.self).baseAddress else { return -1 }
                return libcrypto_hmac(algorithm.hash, start, secret.count, message, message.count, output)
            }
        }
    }

    /// Whether an HMAC is that of a message; compared in constant time.
    ///
    /// - Throws: as ``mac(_:_:)``.
    public func verify(
        mac: [UInt8], of message: [UInt8], _ algorithm: MACAlgorithm
    ) throws(KeyMaterialError) -> Bool {
        let expected = try self.mac(message, algorithm)
        return mac.count == expected.count && libcrypto_equal(mac, expected, expected.count)
    }
}

extension MACAlgorithm {
    fileprivate var hash: libcrypto_hash {
        switch self {
        case .hmacSHA224: libcrypto_sha224
        case .hmacSHA256: libcrypto_sha256
        case .hmacSHA384: libcrypto_sha384
        case .hmacSHA512: libcrypto_sha512
        }
    }
}
