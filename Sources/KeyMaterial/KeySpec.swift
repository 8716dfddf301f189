/// What kind of key a KMS key is. Its raw value is AWS's name for it.
///
/// https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
public enum KeySpec: String, Sendable, CaseIterable {
    /// A 256-bit key of AES-GCM.
    case symmetricDefault = "SYMMETRIC_DEFAULT"
    case rsa2048 = "RSA_2048"
    case rsa3072 = "RSA_3072"
    case rsa4096 = "RSA_4096"
    case eccNISTP256 = "ECC_NIST_P256"
    case eccNISTP384 = "ECC_NIST_P384"
    case eccNISTP521 = "ECC_NIST_P521"
    case eccSECGP256K1 = "ECC_SECG_P256K1"
    case eccNISTEdwards25519 = "ECC_NIST_EDWARDS25519"
    case hmac224 = "HMAC_224"
    case hmac256 = "HMAC_256"
    case hmac384 = "HMAC_384"
    case hmac512 = "HMAC_512"
    case mlDSA44 = "ML_DSA_44"
    case mlDSA65 = "ML_DSA_65"
    case mlDSA87 = "ML_DSA_87"
    /// China's; AWS has it in its regions there alone.
    case sm2 = "SM2"
}

/// What a KMS key is for: one purpose, for as long as it lives. The raw value is AWS's name.
public enum KeyUsage: String, Sendable, CaseIterable {
    case encryptDecrypt = "ENCRYPT_DECRYPT"
    case signVerify = "SIGN_VERIFY"
    case generateVerifyMAC = "GENERATE_VERIFY_MAC"
    case keyAgreement = "KEY_AGREEMENT"
}

extension KeySpec {
    /// Whether there are keys of this kind here: not where neither of the cryptographic libraries has the algorithm.
    public var isSupported: Bool {
        self != .mlDSA44 && self != .sm2
    }

    /// What a key of this kind may be for. Where there is only one, it need not be said.
    public var usages: [KeyUsage] {
        switch self {
        case .symmetricDefault: [.encryptDecrypt]
        case .rsa2048, .rsa3072, .rsa4096: [.encryptDecrypt, .signVerify]
        case .eccNISTP256, .eccNISTP384, .eccNISTP521: [.signVerify, .keyAgreement]
        case .eccSECGP256K1, .eccNISTEdwards25519, .mlDSA44, .mlDSA65, .mlDSA87: [.signVerify]
        case .hmac224, .hmac256, .hmac384, .hmac512: [.generateVerifyMAC]
        case .sm2: [.encryptDecrypt, .signVerify, .keyAgreement]
        }
    }

    /// Whether a key of this kind is a secret alone, without a public key: `SYMMETRIC_DEFAULT` and HMAC.
    public var isSymmetric: Bool {
        secretSizes != nil
    }

    /// How a key of this kind that is for `ENCRYPT_DECRYPT` encrypts, in the order in which AWS lists it.
    public var encryptionAlgorithms: [EncryptionAlgorithm] {
        switch self {
        case .symmetricDefault: [.symmetricDefault]
        case .rsa2048, .rsa3072, .rsa4096: [.rsaesOAEPSHA1, .rsaesOAEPSHA256]
        case .sm2: [.sm2PKE]
        default: []
        }
    }

    /// How a key of this kind that is for `SIGN_VERIFY` signs, in the order in which AWS lists it.
    public var signingAlgorithms: [SigningAlgorithm] {
        switch self {
        case .rsa2048, .rsa3072, .rsa4096:
            [
                .rsassaPKCS1SHA256, .rsassaPKCS1SHA384, .rsassaPKCS1SHA512,
                .rsassaPSSSHA256, .rsassaPSSSHA384, .rsassaPSSSHA512,
            ]
        case .eccNISTP256, .eccSECGP256K1: [.ecdsaSHA256]
        case .eccNISTP384: [.ecdsaSHA384]
        case .eccNISTP521: [.ecdsaSHA512]
        case .eccNISTEdwards25519: [.ed25519SHA512, .ed25519PHSHA512]
        case .mlDSA44, .mlDSA65, .mlDSA87: [.mlDSASHAKE256]
        case .sm2: [.sm2DSA]
        case .symmetricDefault, .hmac224, .hmac256, .hmac384, .hmac512: []
        }
    }

    /// How a key of this kind authenticates messages; one algorithm at most.
    public var macAlgorithms: [MACAlgorithm] {
        switch self {
        case .hmac224: [.hmacSHA224]
        case .hmac256: [.hmacSHA256]
        case .hmac384: [.hmacSHA384]
        case .hmac512: [.hmacSHA512]
        default: []
        }
    }

    /// How a key of this kind that is for `KEY_AGREEMENT` agrees on a secret; one algorithm at most.
    public var keyAgreementAlgorithms: [KeyAgreementAlgorithm] {
        usages.contains(.keyAgreement) ? [.ecdh] : []
    }

    /// The sizes in bytes that a secret of this kind may have, the first being that of those made here; nil for pairs.
    var secretSizes: ClosedRange<Int>? {
        switch self {
        case .symmetricDefault: 32...32
        case .hmac224: 28...128
        case .hmac256: 32...128
        case .hmac384: 48...128
        case .hmac512: 64...128
        default: nil
        }
    }
}
