import KeyMaterial
import Testing

/// What the documentation of KeyMaterial shows.
struct KeyMaterialExamples {
    @Test func signing() throws {
        let key = try KeyMaterial.generate(.eccNISTP256)
        let signature = try key.sign(Array("hello".utf8), .raw, .ecdsaSHA256)
        #expect(try key.verify(signature, of: Array("hello".utf8), .raw, .ecdsaSHA256))
    }

    @Test func decrypting() throws {
        let key = try KeyMaterial.generate(.symmetricDefault)
        let id = try key.id(of: "1234abcd-12ab-34cd-56ef-1234567890ab")
        let materials = [id: key]
        let context = EncryptionContext(["Department": "finance"])
        let blob = try key.encrypt([1], keyARN: "arn:aws:kms:…", materialID: id, context: context)

        let ciphertext = try Ciphertext(blob)
        let plaintext = try materials[ciphertext.materialID]?.decrypt(ciphertext, context: context)
        #expect(plaintext == [1])
    }

    @Test func importing() throws {
        let key = try WrappingKey.generate(.rsa2048)
        let sender = try KeyMaterial(stored: key.stored(), as: .rsa2048)
        let wrapped = try sender.encrypt([UInt8](repeating: 7, count: 32), .rsaesOAEPSHA256)

        let material = try key.unwrap(wrapped, .rsaesOAEPSHA256, as: .symmetricDefault)
        #expect(try material.stored() == [UInt8](repeating: 7, count: 32))
    }
}
