import Crypto
import Directory
import Platform

/// The ARNs of what Artifact has. <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsartifact.html>
enum ArtifactName {
    /// The service as a principal.
    static let principal = "artifact.amazonaws.com"
    /// The key that signs reports: a key for signing, in the account and Region of the report.
    static let signingKey = "alias/artifact-reports"

    static func report(_ id: String, _ version: Int, _ region: String) -> String {
        "arn:aws:artifact:\(region)::report/\(id):\(version)"
    }

    static func terms(_ id: String, _ region: String) -> String { "arn:aws:artifact:\(region)::term/\(id)" }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static func sha256(_ bytes: [UInt8]) -> String { hex(SHA256.hash(data: bytes)) }

    /// What nobody can guess.
    static func secret() -> String { hex(Identifiers.randomBytes(32)) }
}
