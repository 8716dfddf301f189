import Foundation
import SAML
import Testing

/// A document of `generate-documents`.
func document(_ name: String) throws -> String {
    let url = try #require(Bundle.module.url(forResource: "Documents/\(name)", withExtension: nil))
    return try String(contentsOf: url, encoding: .utf8)
}

/// 2026-01-01T00:00:00Z, when the documents were issued.
let issued = 1_767_225_600.0

/// The provider that signed the documents.
func verifier(privateKeys: [String] = [], requiresEncryption: Bool = false) throws -> SAMLVerifier {
    SAMLVerifier(
        metadata: try SAMLMetadata(parsing: document("metadata.xml")), privateKeys: privateKeys,
        requiresEncryption: requiresEncryption)
}

/// What the provider's verifier says to a document, changed perhaps.
func verify(
    _ name: String, at time: Double = issued + 10, _ change: (String) -> String = { $0 }
) throws -> SAMLAssertion {
    try verifier().assertion(in: Array(change(document(name)).utf8), at: time)
}

extension String {
    func replacing(_ old: String, _ new: String) -> String {
        replacingOccurrences(of: old, with: new)
    }

    /// From the first place where `start` stands to the end of the next `end`.
    func part(from start: String, through end: String) -> String {
        guard let first = range(of: start), let last = range(of: end, range: first.upperBound..<endIndex) else {
            return ""
        }
        return String(self[first.lowerBound..<last.upperBound])
    }
}
