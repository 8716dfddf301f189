import FoundationEssentials
import KeyMaterial
import Ledger

/// A key's secret: the bytes of a symmetric key, or a private key. As all records are, it is sealed under the keyring.
///
/// The journal keeps no former version of it: what is deleted is gone.
struct StoredMaterial: Record {
    static let kind = "AWS::KMS::KeyMaterial"
    static let keepsHistory = false
    static let journalsBefore = false

    let keyID: String
    let materialID: String
    let secret: Data
    /// Whether `secret` is sealed by the hardware token; nil: it is not.
    var isSealedByToken: Bool?

    var id: String { Self.id(materialID, of: keyID) }
    var requirements: [Requirement] { [Requirement(Key.kind, keyID)] }

    static func id(_ materialID: String, of keyID: String) -> String { "\(keyID)/\(materialID)" }

    init(_ material: KeyMaterial, id materialID: String, of keyID: String) throws(KeyMaterialError) {
        self.keyID = keyID
        self.materialID = materialID
        secret = Data(try material.stored())
    }

    /// A secret that the hardware token has sealed.
    init(sealed: [UInt8], id materialID: String, of keyID: String) {
        self.keyID = keyID
        self.materialID = materialID
        secret = Data(sealed)
        isSealedByToken = true
    }

    /// The material, ready for use, of a secret that no token has sealed.
    func material(as spec: KeySpec) throws(KeyMaterialError) -> KeyMaterial {
        try KeyMaterial(stored: Array(secret), as: spec)
    }
}
