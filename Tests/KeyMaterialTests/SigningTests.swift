import Crypto
import CryptoExtras
import Testing

@testable import KeyMaterial

/// Signatures, made and verified here and by another library (swift-crypto, whose algorithms are BoringSSL's).
struct SigningTests {
    /// One RSA key for all tests, since it takes long to make.
    static let rsa = try? KeyMaterial.generate(.rsa2048)

    static let pairs = KeyMaterialTests.quickSpecs.flatMap { spec in
        spec.signingAlgorithms.filter(\.isSupported).map { (spec, $0) }
    }

    static func key(_ spec: KeySpec) throws -> KeyMaterial {
        spec == .rsa2048 ? try #require(rsa) : try .generate(spec)
    }

    @Test(arguments: pairs) func roundTrip(spec: KeySpec, algorithm: SigningAlgorithm) throws {
        let key = try Self.key(spec)
        for message in [[], text("hello"), try RandomBytes.make(4_095)] {
            let signature = try key.sign(message, .raw, algorithm)
            #expect(try key.verify(signature, of: message, .raw, algorithm))
            #expect(try !key.verify(signature, of: message.dropLast() + [0, 1], .raw, algorithm))
            #expect(try !key.verify([], of: message, .raw, algorithm))
            #expect(try !key.verify(signature + [0], of: message, .raw, algorithm))
            #expect(try !key.verify(signature.dropLast(), of: message, .raw, algorithm))
        }
        let signature = try key.sign([1], .raw, algorithm)
        for spoilt in spoilt(signature) { #expect(try !key.verify(spoilt, of: [1], .raw, algorithm)) }
        if spec != .rsa2048 {
            #expect(try !KeyMaterial.generate(spec).verify(signature, of: [1], .raw, algorithm))
        }
        #expect(throws: KeyMaterialError.self) {
            try key.sign([UInt8](repeating: 0, count: 4_097), .raw, algorithm)
        }
    }

    @Test(arguments: pairs) func aDigestIsAsGoodAsItsMessage(spec: KeySpec, algorithm: SigningAlgorithm) throws {
        let key = try Self.key(spec)
        let message = text("hello")
        let digest: [UInt8] =
            switch algorithm.digestLength {
            case 32: Array(SHA256.hash(data: message))
            case 48: Array(SHA384.hash(data: message))
            default: Array(SHA512.hash(data: message))
            }
        guard algorithm.messageTypes.contains(.digest) else {
            #expect(throws: KeyMaterialError.self) { try key.sign(digest, .digest, algorithm) }
            return
        }
        #expect(try key.verify(key.sign(digest, .digest, algorithm), of: message, .raw, algorithm))
        #expect(try key.verify(key.sign(message, .raw, algorithm), of: digest, .digest, algorithm))
        for wrong in [[], digest + [0], digest.dropLast()] {
            #expect(throws: KeyMaterialError.self) { try key.sign(wrong, .digest, algorithm) }
        }
    }

    @Test(arguments: SigningAlgorithm.allCases) func algorithmsOfOtherKeysAreRefused(algorithm: SigningAlgorithm) throws
    {
        for spec in KeyMaterialTests.quickSpecs where !spec.signingAlgorithms.contains(algorithm) {
            let key = try Self.key(spec)
            #expect(throws: KeyMaterialError.self) { try key.sign([1], .raw, algorithm) }
            #expect(throws: KeyMaterialError.self) { try key.verify([1], of: [1], .raw, algorithm) }
        }
    }

    @Test func anotherLibraryAgreesOnRSA() throws {
        let key = try #require(Self.rsa)
        let other = try _RSA.Signing.PrivateKey(derRepresentation: key.stored())
        let message = text("hello")
        for (algorithm, padding) in [
            (SigningAlgorithm.rsassaPSSSHA256, _RSA.Signing.Padding.PSS), (.rsassaPKCS1SHA256, .insecurePKCS1v1_5),
        ] {
            let digest = SHA256.hash(data: message)
            let ours = _RSA.Signing.RSASignature(rawRepresentation: try key.sign(message, .raw, algorithm))
            #expect(other.publicKey.isValidSignature(ours, for: digest, padding: padding))
            let theirs = Array(try other.signature(for: digest, padding: padding).rawRepresentation)
            #expect(try key.verify(theirs, of: message, .raw, algorithm))
        }
        for (algorithm, padding) in [
            (SigningAlgorithm.rsassaPSSSHA512, _RSA.Signing.Padding.PSS), (.rsassaPKCS1SHA512, .insecurePKCS1v1_5),
        ] {
            let digest = SHA512.hash(data: message)
            let ours = _RSA.Signing.RSASignature(rawRepresentation: try key.sign(message, .raw, algorithm))
            #expect(other.publicKey.isValidSignature(ours, for: digest, padding: padding))
            let theirs = Array(try other.signature(for: digest, padding: padding).rawRepresentation)
            #expect(try key.verify(theirs, of: message, .raw, algorithm))
        }
        #expect(
            try _RSA.Signing.PublicKey(derRepresentation: key.publicKey()).derRepresentation
                == other.publicKey.derRepresentation)
    }

    @Test func anotherLibraryAgreesOnCurves() throws {
        let message = text("hello")
        let p256 = try KeyMaterial.generate(.eccNISTP256)
        let otherP256 = try P256.Signing.PrivateKey(derRepresentation: p256.stored())
        #expect(try p256.publicKey() == Array(otherP256.publicKey.derRepresentation))
        #expect(
            otherP256.publicKey.isValidSignature(
                try P256.Signing.ECDSASignature(derRepresentation: p256.sign(message, .raw, .ecdsaSHA256)), for: message
            ))
        #expect(
            try p256.verify(
                Array(otherP256.signature(for: message).derRepresentation), of: message, .raw, .ecdsaSHA256))

        let p521 = try KeyMaterial.generate(.eccNISTP521)
        let otherP521 = try P521.Signing.PrivateKey(derRepresentation: p521.stored())
        #expect(try p521.publicKey() == Array(otherP521.publicKey.derRepresentation))
        #expect(
            otherP521.publicKey.isValidSignature(
                try P521.Signing.ECDSASignature(derRepresentation: p521.sign(message, .raw, .ecdsaSHA512)), for: message
            ))

        // RFC 8410's forms end with the bare keys.
        let edwards = try KeyMaterial.generate(.eccNISTEdwards25519)
        let otherEdwards = try Curve25519.Signing.PrivateKey(rawRepresentation: edwards.stored().suffix(32))
        #expect(try edwards.publicKey().suffix(32) == Array(otherEdwards.publicKey.rawRepresentation))
        #expect(
            otherEdwards.publicKey.isValidSignature(try edwards.sign(message, .raw, .ed25519SHA512), for: message))
    }

    @Test func whatNoLibraryHasIsRefused() throws {
        let digest = [UInt8](repeating: 0, count: 64)
        #expect(throws: KeyMaterialError.self) {
            try KeyMaterial.generate(.eccNISTEdwards25519).sign(digest, .digest, .ed25519PHSHA512)
        }
        #expect(throws: KeyMaterialError.self) {
            try KeyMaterial.generate(.mlDSA65).sign(digest, .externalMu, .mlDSASHAKE256)
        }
    }
}

extension KeyMaterial {
    func verify(
        _ signature: ArraySlice<UInt8>, of message: [UInt8], _ type: MessageType, _ algorithm: SigningAlgorithm
    ) throws(KeyMaterialError) -> Bool {
        try verify(Array(signature), of: message, type, algorithm)
    }

    func sign(
        _ message: ArraySlice<UInt8>, _ type: MessageType, _ algorithm: SigningAlgorithm
    ) throws(KeyMaterialError) -> [UInt8] {
        try sign(Array(message), type, algorithm)
    }
}
