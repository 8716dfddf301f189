import Crypto
import CryptoExtras
import Testing

@testable import KeyMaterial

/// Encryption with RSA, authentication codes, and agreement.
struct OperationTests {
    @Test(arguments: [EncryptionAlgorithm.rsaesOAEPSHA1, .rsaesOAEPSHA256])
    func encryptionWithRSA(algorithm: EncryptionAlgorithm) throws {
        let key = try #require(SigningTests.rsa)
        let padding = algorithm == .rsaesOAEPSHA1 ? _RSA.Encryption.Padding.PKCS1_OAEP : .PKCS1_OAEP_SHA256
        let other = try _RSA.Encryption.PrivateKey(derRepresentation: key.stored())
        let limit = algorithm.plaintextLimit(.rsa2048)
        for count in [0, 1, limit] {
            let plaintext = try RandomBytes.make(count)
            let ciphertext = try key.encrypt(plaintext, algorithm)
            #expect(ciphertext.count == 256)
            #expect(try key.decrypt(ciphertext, algorithm) == plaintext)
            // The other library has no empty messages.
            if count > 0 {
                #expect(try Array(other.decrypt(ciphertext, padding: padding)) == plaintext)
                #expect(
                    try key.decrypt(Array(other.publicKey.encrypt(plaintext, padding: padding)), algorithm) == plaintext
                )
            }
            for spoilt in spoilt(ciphertext) + [[], ciphertext + [0], Array(ciphertext.dropLast())] {
                #expect(throws: KeyMaterialError.notAuthentic) { try key.decrypt(spoilt, algorithm) }
            }
        }
        #expect(throws: KeyMaterialError.self) { try key.encrypt([UInt8](repeating: 1, count: limit + 1), algorithm) }
        #expect(throws: KeyMaterialError.self) { try KeyMaterial.generate(.eccNISTP256).encrypt([1], algorithm) }
    }

    /// The table of https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
    @Test func plaintextLimits() {
        let specs = [KeySpec.rsa2048, .rsa3072, .rsa4096]
        #expect(specs.map(EncryptionAlgorithm.rsaesOAEPSHA1.plaintextLimit) == [214, 342, 470])
        #expect(specs.map(EncryptionAlgorithm.rsaesOAEPSHA256.plaintextLimit) == [190, 318, 446])
        #expect(EncryptionAlgorithm.symmetricDefault.plaintextLimit(.symmetricDefault) == 4_096)
    }

    @Test(arguments: [KeySpec.hmac224, .hmac256, .hmac384, .hmac512]) func authenticationCodes(spec: KeySpec) throws {
        let key = try KeyMaterial.generate(spec)
        let algorithm = try #require(spec.macAlgorithms.first)
        for message in [[], text("hello"), try RandomBytes.make(4_096)] {
            let mac = try key.mac(message, algorithm)
            let secret = SymmetricKey(data: try key.stored())
            switch spec {
            case .hmac256: #expect(mac == Array(HMAC<SHA256>.authenticationCode(for: message, using: secret)))
            case .hmac384: #expect(mac == Array(HMAC<SHA384>.authenticationCode(for: message, using: secret)))
            case .hmac512: #expect(mac == Array(HMAC<SHA512>.authenticationCode(for: message, using: secret)))
            default: #expect(mac.count == 28)
            }
            #expect(try key.verify(mac: mac, of: message, algorithm))
            for wrong in spoilt(mac) + [[], mac + [0], Array(mac.dropLast())] {
                #expect(try !key.verify(mac: wrong, of: message, algorithm))
            }
        }
        #expect(throws: KeyMaterialError.self) { try key.mac([UInt8](repeating: 0, count: 4_097), algorithm) }
        #expect(throws: KeyMaterialError.self) { try KeyMaterial.generate(.symmetricDefault).mac([1], algorithm) }
    }

    @Test(arguments: [(KeySpec.hmac224, 28), (.hmac256, 32), (.hmac384, 48), (.hmac512, 64)])
    func sizesOfSecrets(spec: KeySpec, shortest: Int) throws {
        #expect(try KeyMaterial.generate(spec).stored().count == shortest)
        for count in [shortest, 128] {
            #expect(try KeyMaterial(importing: [UInt8](repeating: 1, count: count), as: spec).stored().count == count)
        }
        for count in [0, shortest - 1, 129] {
            #expect(throws: KeyMaterialError.self) {
                try KeyMaterial(importing: [UInt8](repeating: 1, count: count), as: spec)
            }
        }
        for count in [0, 16, 31, 33] {
            #expect(throws: KeyMaterialError.self) {
                try KeyMaterial(importing: [UInt8](repeating: 1, count: count), as: .symmetricDefault)
            }
        }
    }

    @Test(arguments: [(KeySpec.eccNISTP256, 32), (.eccNISTP384, 48), (.eccNISTP521, 66)])
    func agreement(spec: KeySpec, size: Int) throws {
        let first = try KeyMaterial.generate(spec)
        let second = try KeyMaterial.generate(spec)
        let secret = try first.sharedSecret(with: second.publicKey())
        #expect(secret.count == size)
        #expect(try second.sharedSecret(with: first.publicKey()) == secret)
        let theirs: [UInt8] =
            switch spec {
            case .eccNISTP256:
                try P256.KeyAgreement.PrivateKey(derRepresentation: first.stored())
                    .sharedSecretFromKeyAgreement(with: .init(derRepresentation: second.publicKey()))
                    .withUnsafeBytes { Array($0) }
            case .eccNISTP384:
                try P384.KeyAgreement.PrivateKey(derRepresentation: first.stored())
                    .sharedSecretFromKeyAgreement(with: .init(derRepresentation: second.publicKey()))
                    .withUnsafeBytes { Array($0) }
            default:
                try P521.KeyAgreement.PrivateKey(derRepresentation: first.stored())
                    .sharedSecretFromKeyAgreement(with: .init(derRepresentation: second.publicKey()))
                    .withUnsafeBytes { Array($0) }
            }
        #expect(secret == theirs)

        let other = try KeyMaterial.generate(spec == .eccNISTP256 ? .eccNISTP384 : .eccNISTP256).publicKey()
        for wrong in [[], other, try first.stored(), try first.publicKey() + [0]] {
            #expect(throws: KeyMaterialError.malformed) { try first.sharedSecret(with: wrong) }
        }
        let secp256k1 = try KeyMaterial.generate(.eccSECGP256K1)
        #expect(throws: KeyMaterialError.self) { try secp256k1.sharedSecret(with: secp256k1.publicKey()) }
    }

    @Test func randomBytes() throws {
        #expect(try RandomBytes.make(0).isEmpty)
        #expect(try RandomBytes.make(1_024).count == 1_024)
        #expect(try RandomBytes.make(32) != RandomBytes.make(32))
    }
}
