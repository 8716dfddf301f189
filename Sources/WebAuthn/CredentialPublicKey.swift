import Crypto
import CryptoExtras

/// The public key of a credential, in COSE's form (RFC 9052, RFC 9053, RFC 8230): ES256 on P-256, RS256, or Ed25519.
/// <https://www.w3.org/TR/webauthn-3/#sctn-encoded-credPubKey-examples>
public struct CredentialPublicKey: Sendable, Hashable {
    /// The signature algorithms that are verified here, by their numbers in COSE's registry.
    public enum Algorithm: Int, Sendable, Hashable, CaseIterable {
        /// ECDSA on P-256 with SHA-256.
        case es256 = -7
        /// EdDSA on Ed25519.
        case edDSA = -8
        /// RSASSA-PKCS1-v1_5 with SHA-256, of 2048 to 4096 bits.
        case rs256 = -257
    }

    /// The algorithm that the key signs with.
    public let algorithm: Algorithm
    /// The key as its authenticator wrote it, for keeping.
    public let cose: [UInt8]

    private let key: Key

    private enum Key: Sendable, Hashable {
        /// The point, uncompressed.
        case p256([UInt8])
        case ed25519([UInt8])
        case rsa(modulus: [UInt8], exponent: [UInt8])
    }

    // The labels of COSE's registries.
    private static let (keyType, keyAlgorithm) = (CBORValue.integer(1), CBORValue.integer(3))
    private static let (first, second, third) = (CBORValue.integer(-1), CBORValue.integer(-2), CBORValue.integer(-3))

    /// Reads a COSE key, and makes sure that it can be used: a point lies on its curve.
    /// - Throws: ``WebAuthnError/unsupportedKey(_:)``.
    public init(_ cose: [UInt8]) throws(WebAuthnError) {
        guard let map = CBORValue(cose[...]), map.entries != nil else { throw .unsupportedKey("it is no CBOR map") }
        guard let number = map[Self.keyAlgorithm]?.integer, let algorithm = Algorithm(rawValue: number) else {
            throw .unsupportedKey("its algorithm is none of ES256, EdDSA and RS256")
        }
        switch (algorithm, map[Self.keyType]?.integer) {
        case (.es256, 2):
            guard map[Self.first]?.integer == 1, let x = map[Self.second]?.bytes, let y = map[Self.third]?.bytes,
                x.count == 32, y.count == 32
            else { throw .unsupportedKey("it has no point on P-256") }
            key = .p256([4] + x + y)
        case (.edDSA, 1):
            guard map[Self.first]?.integer == 6, let x = map[Self.second]?.bytes, x.count == 32 else {
                throw .unsupportedKey("it has no point on Ed25519")
            }
            key = .ed25519(x)
        case (.rs256, 3):
            guard let modulus = map[Self.first]?.bytes, let exponent = map[Self.second]?.bytes,
                (256...512).contains(modulus.count), modulus.first != 0, (1...4).contains(exponent.count)
            else { throw .unsupportedKey("it has no modulus of 2048 to 4096 bits") }
            key = .rsa(modulus: modulus, exponent: exponent)
        default: throw .unsupportedKey("its type is not that of its algorithm")
        }
        self.algorithm = algorithm
        self.cose = cose
        guard isUsable else { throw .unsupportedKey("its numbers are not those of a key") }
    }

    private var isUsable: Bool {
        switch key {
        case .p256(let point): (try? P256.Signing.PublicKey(x963Representation: point)) != nil
        case .ed25519(let point): (try? Curve25519.Signing.PublicKey(rawRepresentation: point)) != nil
        case .rsa(let modulus, let exponent): (try? _RSA.Signing.PublicKey(n: modulus, e: exponent)) != nil
        }
    }

    /// Whether a signature, in the form that WebAuthn gives it, is the key's for these bytes.
    public func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        switch key {
        case .p256(let point):
            guard let key = try? P256.Signing.PublicKey(x963Representation: point),
                let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature)
            else { return false }
            return key.isValidSignature(signature, for: message)
        case .ed25519(let point):
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: point) else { return false }
            return key.isValidSignature(signature, for: message)
        case .rsa(let modulus, let exponent):
            guard let key = try? _RSA.Signing.PublicKey(n: modulus, e: exponent) else { return false }
            return key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: message),
                padding: .insecurePKCS1v1_5)
        }
    }
}
