import CryptoExtras
import Testing

@testable import KeyMaterial

/// Key material on its way here.
struct WrappingTests {
    static let key = try? WrappingKey.generate(.rsa2048)

    // Made with Python's `cryptography`: a key, and what it wraps by RFC 5649: the bytes 100 to 131, and the private key of
    // RFC 6979, appendix A.2.5.
    static let wrappingSecret = [UInt8](0..<32)
    static let wrappedSecret = hex("60ac7eeb2c4b430eaea26762c37533463d5c9cb23f4ef7e51941a15e66825d32ca7b123f22bdc4f4")
    static let wrappedPrivateKey = hex(
        """
        004c53393aac24d0edd75b8b2c34f8482938e369038e28cd0a5790e7299e2d7737d067da05fbb89a792c33d1d3565da5bbd226f72fe4f0e3e7
        5405f23b0ef40ee32ad70c796201005f8ac193a213e41fe10172a7612b5d07d925bf3c6d4d78ce140f4485d8fd368946aafd5d7f015ae0cfee
        a2e060feceda3fdd8601632b989b8e8ea9e351aa5baa5c866bc50e21be3e64ca42f238f7e464
        """)

    /// RSA-OAEP as whoever imports a key does it, with another library.
    static func oaep(_ bytes: [UInt8], _ algorithm: WrappingAlgorithm) throws -> [UInt8] {
        let isSHA1 = algorithm == .rsaesOAEPSHA1 || algorithm == .rsaAESKeyWrapSHA1
        let key = try _RSA.Encryption.PublicKey(derRepresentation: #require(key).publicKey())
        return Array(try key.encrypt(bytes, padding: isSHA1 ? .PKCS1_OAEP : .PKCS1_OAEP_SHA256))
    }

    @Test(arguments: [WrappingAlgorithm.rsaesOAEPSHA1, .rsaesOAEPSHA256])
    func aSecretByItself(algorithm: WrappingAlgorithm) throws {
        let key = try #require(Self.key)
        let secret = [UInt8](100..<132)
        let wrapped = try Self.oaep(secret, algorithm)
        #expect(try key.unwrap(wrapped, algorithm, as: .symmetricDefault).stored() == secret)
        #expect(throws: KeyMaterialError.wrongMaterial("key material for SYMMETRIC_DEFAULT has 32 bytes")) {
            try key.unwrap(Self.oaep([1], algorithm), algorithm, as: .symmetricDefault)
        }
        for wrong in spoilt(wrapped) + [[], wrapped + [0], Array(wrapped.dropLast())] {
            #expect(throws: KeyMaterialError.notAuthentic) { try key.unwrap(wrong, algorithm, as: .symmetricDefault) }
        }
    }

    @Test(arguments: [WrappingAlgorithm.rsaAESKeyWrapSHA1, .rsaAESKeyWrapSHA256])
    func byAKeyOfItsOwn(algorithm: WrappingAlgorithm) throws {
        let key = try #require(Self.key)
        let wrapped = try Self.oaep(Self.wrappingSecret, algorithm)
        #expect(
            try key.unwrap(wrapped + Self.wrappedSecret, algorithm, as: .symmetricDefault).stored()
                == [UInt8](100..<132))
        let pair = try key.unwrap(wrapped + Self.wrappedPrivateKey, algorithm, as: .eccNISTP256)
        #expect(try pair.stored() == hex(VectorTests.signatures[0].privateKey))
        #expect(throws: KeyMaterialError.self) {
            try key.unwrap(wrapped + Self.wrappedSecret, algorithm, as: .eccNISTP256)
        }
        // Whether it is the outer or the inner part that is wrong can't be told.
        let whole = wrapped + Self.wrappedSecret
        for wrong in spoilt(whole) + [[], wrapped, whole + [0], Array(whole.dropLast()), Array(whole.dropLast(8))] {
            #expect(throws: KeyMaterialError.notAuthentic) { try key.unwrap(wrong, algorithm, as: .symmetricDefault) }
        }
        // An AES key of another size.
        #expect(throws: KeyMaterialError.notAuthentic) {
            try key.unwrap(
                Self.oaep(Array(Self.wrappingSecret.prefix(16)), algorithm) + Self.wrappedSecret, algorithm,
                as: .symmetricDefault)
        }
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let key = try #require(Self.key)
        #expect(WrappingAlgorithm(rawValue: "RSAES_PKCS1_V1_5") == nil)
        for spec in [KeySpec.rsa2048, .rsa3072, .rsa4096, .eccNISTP521] {
            #expect(!WrappingAlgorithm.rsaesOAEPSHA256.accepts(spec, wrappedBy: .rsa2048))
            #expect(WrappingAlgorithm.rsaAESKeyWrapSHA1.accepts(spec, wrappedBy: .rsa2048))
            #expect(throws: KeyMaterialError.self) { try key.unwrap([1], .rsaesOAEPSHA256, as: spec) }
        }
        #expect(WrappingAlgorithm.rsaesOAEPSHA1.accepts(.eccNISTP521, wrappedBy: .rsa3072))
    }

    @Test func itIsKept() throws {
        let key = try #require(Self.key)
        let copy = try WrappingKey(stored: key.stored(), as: .rsa2048)
        #expect(try copy.publicKey() == key.publicKey())
        let wrapped = try Self.oaep([UInt8](100..<132), .rsaesOAEPSHA256)
        #expect(try copy.unwrap(wrapped, .rsaesOAEPSHA256, as: .symmetricDefault).stored() == [UInt8](100..<132))
    }

    /// A private key whose public key is another's, a curve that is spelt out, and an RSA key whose primes are none.
    @Test func unsoundKeysAreRefused() throws {
        var foreign = hex(VectorTests.signatures[0].privateKey)
        let other = try KeyMaterial.generate(.eccNISTP256).publicKey()
        foreign.replaceSubrange((foreign.count - 64)..., with: other.suffix(64))
        #expect(throws: KeyMaterialError.self) { try KeyMaterial(importing: foreign, as: .eccNISTP256) }

        let rsa = try #require(SigningTests.rsa).stored()
        for spoilt in spoilt(rsa, copies: 20) where spoilt != rsa {
            #expect(throws: KeyMaterialError.self) { try KeyMaterial(importing: spoilt, as: .rsa2048) }
        }
    }
}
