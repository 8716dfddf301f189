import FoundationEssentials
import KeyMaterial
import Ledger

/// A pair of an import token and the key that key material is wrapped with on its way here.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetParametersForImport.html>
struct ImportParameters: Record {
    static let kind = "AWS::KMS::ImportParameters"
    static let keepsHistory = false
    static let journalsBefore = false

    /// 32 hexadecimal digits; the token begins with it.
    let id: String
    let keyID: String
    let spec: WrappingKeySpec
    let algorithm: WrappingAlgorithm
    let privateKey: Data
    /// What the token ends with.
    let secret: Data
    /// Seconds since 1970.
    let validTo: Double

    /// In seconds.
    static let lifetime = 86_400.0
    /// For how long it is told that a token has expired, rather than that there is none, in seconds.
    static let remembered = 7 * 86_400.0
}

extension WrappingKeySpec: Codable {}
extension WrappingAlgorithm: Codable {}
