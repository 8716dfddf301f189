/// How bytes are encrypted with a KMS key. The raw value is AWS's name.
public enum EncryptionAlgorithm: String, Sendable, CaseIterable {
    /// AES-256-GCM; see ``Ciphertext``.
    case symmetricDefault = "SYMMETRIC_DEFAULT"
    /// RFC 8017, section 7.1; SHA-1 also for MGF1, and an empty label.
    case rsaesOAEPSHA1 = "RSAES_OAEP_SHA_1"
    /// RFC 8017, section 7.1; SHA-256 also for MGF1, and an empty label.
    case rsaesOAEPSHA256 = "RSAES_OAEP_SHA_256"
    case sm2PKE = "SM2PKE"

    /// The most bytes that a key can encrypt with this algorithm; 0 for keys that can't.
    public func plaintextLimit(_ spec: KeySpec) -> Int {
        switch self {
        case .symmetricDefault: spec == .symmetricDefault ? Limits.plaintext : 0
        // RFC 8017: the modulus, less two hashes and two bytes.
        case .rsaesOAEPSHA1: max(0, spec.modulusSize - 42)
        case .rsaesOAEPSHA256: max(0, spec.modulusSize - 66)
        case .sm2PKE: 0
        }
    }
}

extension KeySpec {
    /// The size of an RSA key's modulus in bytes, which is that of its ciphertexts; 0 for other keys.
    var modulusSize: Int {
        switch self {
        case .rsa2048: 256
        case .rsa3072: 384
        case .rsa4096: 512
        default: 0
        }
    }
}

/// How a message is signed with a KMS key. The raw value is AWS's name.
public enum SigningAlgorithm: String, Sendable, CaseIterable {
    /// RFC 8017, section 8.1; MGF1 with the same hash, and a salt as long as the hash.
    case rsassaPSSSHA256 = "RSASSA_PSS_SHA_256"
    case rsassaPSSSHA384 = "RSASSA_PSS_SHA_384"
    case rsassaPSSSHA512 = "RSASSA_PSS_SHA_512"
    /// RFC 8017, section 8.2.
    case rsassaPKCS1SHA256 = "RSASSA_PKCS1_V1_5_SHA_256"
    case rsassaPKCS1SHA384 = "RSASSA_PKCS1_V1_5_SHA_384"
    case rsassaPKCS1SHA512 = "RSASSA_PKCS1_V1_5_SHA_512"
    /// FIPS 186-5, with signatures as RFC 3279, section 2.2.3, encodes them.
    case ecdsaSHA256 = "ECDSA_SHA_256"
    case ecdsaSHA384 = "ECDSA_SHA_384"
    case ecdsaSHA512 = "ECDSA_SHA_512"
    /// RFC 8032's Ed25519, of the message itself.
    case ed25519SHA512 = "ED25519_SHA_512"
    /// RFC 8032's Ed25519ph. AWS hashes the digest that it is given once more.
    case ed25519PHSHA512 = "ED25519_PH_SHA_512"
    /// FIPS 204, without a context.
    case mlDSASHAKE256 = "ML_DSA_SHAKE_256"
    case sm2DSA = "SM2DSA"

    /// Whether there are such signatures here: not where neither of the cryptographic libraries has them.
    public var isSupported: Bool {
        self != .ed25519PHSHA512 && self != .sm2DSA
    }

    /// What a message that is to be signed may be.
    public var messageTypes: [MessageType] {
        switch self {
        case .ed25519SHA512: [.raw]
        case .ed25519PHSHA512: [.digest]
        case .mlDSASHAKE256: [.raw, .externalMu]
        default: [.raw, .digest]
        }
    }

    /// How many bytes a message has that is a digest, or μ of ML-DSA.
    public var digestLength: Int {
        switch self {
        case .rsassaPSSSHA256, .rsassaPKCS1SHA256, .ecdsaSHA256, .sm2DSA: 32
        case .rsassaPSSSHA384, .rsassaPKCS1SHA384, .ecdsaSHA384: 48
        case .rsassaPSSSHA512, .rsassaPKCS1SHA512, .ecdsaSHA512, .ed25519SHA512, .ed25519PHSHA512, .mlDSASHAKE256: 64
        }
    }
}

/// What a message is that is to be signed or verified. The raw value is AWS's name.
public enum MessageType: String, Sendable, CaseIterable {
    /// The message itself.
    case raw = "RAW"
    /// Its hash, by the algorithm's own hash function.
    case digest = "DIGEST"
    /// The message representative μ of FIPS 204, section 6.2, made outside.
    case externalMu = "EXTERNAL_MU"
}

/// How a message is authenticated with a KMS key: HMAC (RFC 2104). The raw value is AWS's name.
public enum MACAlgorithm: String, Sendable, CaseIterable {
    case hmacSHA224 = "HMAC_SHA_224"
    case hmacSHA256 = "HMAC_SHA_256"
    case hmacSHA384 = "HMAC_SHA_384"
    case hmacSHA512 = "HMAC_SHA_512"
}

/// How two keys agree on a secret. The raw value is AWS's name.
public enum KeyAgreementAlgorithm: String, Sendable, CaseIterable {
    /// NIST SP 800-56A, section 5.7.1.2: the x coordinate of the shared point.
    case ecdh = "ECDH"
}

/// The most bytes that AWS accepts of things whose limit does not depend on a key.
public enum Limits {
    /// A message to sign, verify or authenticate.
    public static let message = 4_096
    /// A plaintext for `SYMMETRIC_DEFAULT`.
    public static let plaintext = 4_096
    /// A ciphertext, of any algorithm.
    public static let ciphertext = 6_144
    /// Random bytes, and data keys.
    public static let random = 1_024
    /// Wrapped key material that is to be imported.
    public static let wrapped = 6_144
}
