import Testing

@testable import KeyMaterial

/// Ciphertexts of symmetric keys: what they say of themselves, and what they are bound to.
struct CiphertextTests {
    static let arn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    static let context = EncryptionContext(["a": "b", "c": "d"])

    let key: KeyMaterial
    let id: String

    init() throws {
        key = try .generate(.symmetricDefault)
        id = try key.id(of: "1234abcd-12ab-34cd-56ef-1234567890ab")
    }

    func encrypt(
        _ plaintext: [UInt8], arn: String = arn, context: EncryptionContext = context
    ) throws -> [UInt8] {
        try key.encrypt(plaintext, keyARN: arn, materialID: id, context: context)
    }

    @Test(arguments: [0, 1, 32, 4_096]) func roundTrip(count: Int) throws {
        let plaintext = try RandomBytes.make(count)
        let blob = try encrypt(plaintext)
        #expect(blob.count <= Limits.ciphertext)
        #expect(try encrypt(plaintext) != blob)
        let ciphertext = try Ciphertext(blob)
        #expect(ciphertext.keyARN == Self.arn)
        #expect(ciphertext.materialID == id)
        #expect(try key.decrypt(ciphertext, context: Self.context) == plaintext)
    }

    @Test func theLongestNameFits() throws {
        let arn = String(repeating: "n", count: 255)
        let blob = try encrypt([UInt8](repeating: 1, count: 4_096), arn: arn)
        #expect(blob.count <= Limits.ciphertext)
        #expect(try Ciphertext(blob).keyARN == arn)
        #expect(throws: KeyMaterialError.self) { try encrypt([1], arn: arn + "n") }
        #expect(throws: KeyMaterialError.self) { try encrypt([UInt8](repeating: 1, count: 4_097)) }
        #expect(throws: KeyMaterialError.self) {
            try key.encrypt([1], keyARN: arn, materialID: "no ID", context: .empty)
        }
    }

    @Test func nothingOfItCanBeChanged() throws {
        let blob = try encrypt(text("attack at dawn"))
        for spoilt in spoilt(blob, copies: blob.count) {
            #expect(throws: KeyMaterialError.self) {
                try key.decrypt(Ciphertext(spoilt), context: Self.context)
            }
        }
        for count in 0..<blob.count {
            #expect(throws: KeyMaterialError.self) {
                try key.decrypt(Ciphertext(Array(blob.prefix(count))), context: Self.context)
            }
        }
        #expect(throws: KeyMaterialError.notAuthentic) {
            try key.decrypt(Ciphertext(blob + [0]), context: Self.context)
        }
        #expect(throws: KeyMaterialError.notAuthentic) {
            try KeyMaterial.generate(.symmetricDefault).decrypt(Ciphertext(blob), context: Self.context)
        }
    }

    @Test func theOrderOfTheContextDoesNotMatter() throws {
        let blob = try encrypt([1], context: EncryptionContext([(key: "b", value: "2"), (key: "a", value: "1")]))
        let other = EncryptionContext([(key: "a", value: "1"), (key: "b", value: "2")])
        #expect(try key.decrypt(Ciphertext(blob), context: other) == [1])
    }

    /// Contexts that a careless encoding takes for one another.
    @Test func contextsAreToldApart() throws {
        let contexts: [[String: String]] = [
            [:], ["": ""], ["a": ""], ["": "a"], ["a": "b"], ["A": "b"], ["a": "B"], ["ab": ""], ["a": "b", "c": "d"],
            ["a": "bcd"], ["a": "b,c=d"], ["a": "d", "c": "b"], ["a": "b\0c"], ["a\0": "b"], ["é": "1"],
            ["e\u{301}": "1"],
        ]
        for (index, context) in contexts.enumerated() {
            let ciphertext = try Ciphertext(encrypt([1], context: EncryptionContext(context)))
            for (otherIndex, other) in contexts.enumerated() {
                let plaintext = try? key.decrypt(ciphertext, context: EncryptionContext(other))
                #expect((plaintext == [1]) == (index == otherIndex))
            }
        }
    }

    @Test func onlySymmetricKeysOpenThem() throws {
        let ciphertext = try Ciphertext(encrypt([1]))
        for spec in [KeySpec.hmac256, .eccNISTP256] {
            let other = try KeyMaterial.generate(spec)
            #expect(throws: KeyMaterialError.self) { try other.decrypt(ciphertext, context: Self.context) }
            #expect(throws: KeyMaterialError.self) {
                try other.encrypt([1], keyARN: Self.arn, materialID: id, context: .empty)
            }
        }
    }

    @Test func nothingSecretIsPrinted() throws {
        let secret = [UInt8](repeating: 77, count: 32)
        let key = try KeyMaterial(importing: secret, as: .symmetricDefault)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(!text.contains("77") && !text.contains("4d4d"))
        }
    }
}
