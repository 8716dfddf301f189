import KeyMaterial
import Testing

@testable import KMSService

/// What keys of external key stores encrypt.
@Suite struct ExternalCiphertextTests {
    private static let arn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

    private func sealed(vector: Int = 12, metadata: Int = 13, ciphertext: Int = 40) -> ExternalKeyProxy.Sealed {
        func bytes(_ count: Int, from first: UInt8) -> [UInt8] {
            (0..<count).map { first &+ UInt8(truncatingIfNeeded: $0) }
        }
        return ExternalKeyProxy.Sealed(
            initializationVector: bytes(vector, from: 1), authenticationTag: bytes(16, from: 50),
            metadata: bytes(metadata, from: 100), ciphertext: bytes(ciphertext, from: 200))
    }

    @Test(arguments: [(12, 0), (12, 20), (16, 1)])
    func whatIsWrittenIsRead(vector: Int, metadata: Int) throws {
        let made = ExternalCiphertext(keyARN: Self.arn, sealed(vector: vector, metadata: metadata))
        #expect(try ExternalCiphertext(made.blob) == made)
        guard case .external(let read) = try KeyCiphertext(made.blob) else {
            Issue.record("taken for another kind")
            return
        }
        #expect(read == made)
    }

    @Test func whatIsCutOffIsMalformed() {
        let whole = ExternalCiphertext(keyARN: Self.arn, sealed(ciphertext: 1)).blob
        for count in whole.indices {
            #expect(throws: KeyMaterialError.malformed) { try ExternalCiphertext(Array(whole.prefix(count))) }
        }
    }

    /// Whatever its bytes are, reading it ends.
    @Test func whateverComes() {
        var random = SystemRandomNumberGenerator()
        let whole = ExternalCiphertext(keyARN: Self.arn, sealed()).blob
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: .min ... .max, using: &random)
            }
            if let read = try? ExternalCiphertext(bytes) { #expect(read.blob == bytes) }
        }
    }

    @Test func longerThanAnyBlobIsMalformed() {
        let blob = ExternalCiphertext(keyARN: Self.arn, sealed(ciphertext: Limits.ciphertext)).blob
        #expect(throws: KeyMaterialError.malformed) { try ExternalCiphertext(blob) }
    }

    /// The example of the specification's appendix C.
    @Test func theProxysHash() {
        let sealed = ExternalKeyProxy.Sealed(
            initializationVector: [0x1c, 0xca, 0xe5, 0x47, 0x0f, 0x39, 0x70, 0x02, 0x54, 0x77, 0x90, 0x31],
            authenticationTag: [
                0xbc, 0x1c, 0x4d, 0xda, 0x77, 0x07, 0xd6, 0x81, 0x24, 0x47, 0xc5, 0x95, 0x5e, 0x99, 0xb2, 0x61,
            ], metadata: Array("key_version=1".utf8),
            ciphertext: [0x82, 0x1c, 0x64, 0x2b, 0x5b, 0x71, 0x78, 0x33, 0x67, 0xde, 0xaf, 0x18])
        let hash = sealed.integrityValue(authenticating: Array("project=nile,department=marketing".utf8))
        #expect(
            hash.map(hexadecimal).joined() == "a8703f2260bd8791ec2d15ea0b23e65a0631eedcf2a13a65cc82db3f47cf5ec7")
    }
}
