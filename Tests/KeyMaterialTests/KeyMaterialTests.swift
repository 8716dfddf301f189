import Testing

@testable import KeyMaterial

/// What keys are made of: made, kept, imported.
struct KeyMaterialTests {
    /// RSA keys of one size only: the larger ones take too long to make.
    static let quickSpecs = KeySpec.allCases.filter { $0.isSupported && $0 != .rsa3072 && $0 != .rsa4096 }

    @Test(arguments: quickSpecs) func whatIsStoredComesBack(spec: KeySpec) throws {
        let key = try KeyMaterial.generate(spec)
        let stored = try key.stored()
        for copy in [try KeyMaterial(stored: stored, as: spec), try KeyMaterial(importing: stored, as: spec)] {
            #expect(try copy.stored() == stored)
            #expect(try copy.id(of: "1") == key.id(of: "1"))
            if !spec.isSymmetric { #expect(try copy.publicKey() == key.publicKey()) }
        }
        #expect(try key.id(of: "1") != key.id(of: "2"))
        #expect(try key.id(of: "1") != KeyMaterial.generate(spec).id(of: "1"))
        #expect(try key.id(of: "1").count == 64)
    }

    @Test(arguments: quickSpecs) func materialOfAnotherKindIsRefused(spec: KeySpec) throws {
        let stored = try KeyMaterial.generate(spec).stored()
        // A secret has no form of its own: that of another kind may do as well, when the size fits.
        for other in KeySpec.allCases where other.isSupported && other != spec && !other.isSymmetric {
            #expect(throws: KeyMaterialError.self) { try KeyMaterial(stored: stored, as: other) }
        }
        #expect(throws: KeyMaterialError.self) { try KeyMaterial(importing: [], as: spec) }
        if !spec.isSymmetric {
            #expect(throws: KeyMaterialError.self) { try KeyMaterial(importing: stored + [0], as: spec) }
            #expect(throws: KeyMaterialError.self) { try KeyMaterial(importing: stored.dropLast(), as: spec) }
        }
    }

    @Test(arguments: [KeySpec.mlDSA44, .sm2]) func whatNoLibraryHasIsRefused(spec: KeySpec) {
        #expect(
            throws: KeyMaterialError.unsupported(
                "keys of \(spec.rawValue) are not supported: the cryptographic libraries do not have them")
        ) { try KeyMaterial.generate(spec) }
    }
}

extension KeyMaterial {
    init(importing bytes: ArraySlice<UInt8>, as spec: KeySpec) throws(KeyMaterialError) {
        try self.init(importing: Array(bytes), as: spec)
    }
}
