import FoundationEssentials
import Wire

/// What an identity provider says about itself: its name, and the certificates that verify its signatures.
///
/// SAML 2.0 Metadata (OASIS), 2.4.3 `IDPSSODescriptor`.
public struct SAMLMetadata: Sendable, Hashable {
    /// The issuer of the provider's assertions.
    public let entityID: String
    /// DER, in the order of the document; at least one.
    public let signingCertificates: [[UInt8]]
    /// Until when the document is valid, in seconds since 1970.
    public let validUntil: Double?
    /// The provider's sign-on addresses, by binding; at least one.
    public let signOnLocations: [String: String]
    /// The provider's addresses for signing out, by binding; there may be none.
    public let logoutLocations: [String: String]

    /// More certificates than any provider needs during a rollover; each costs one more verification for a forged
    /// signature.
    private static let mostCertificates = 20

    /// Reads a metadata document: an `EntityDescriptor` with one `IDPSSODescriptor` for SAML 2.0.
    ///
    /// Signatures of metadata are not checked: whoever uploads the document vouches for it.
    /// - Throws: `SAMLError.malformed`.
    public init(parsing text: String) throws(SAMLError) {
        guard let entity = try XMLDocument(Array(text.utf8)).root, entity.is("EntityDescriptor", Namespace.metadata),
            let entityID = entity["entityID"], !entityID.isEmpty, entityID.utf8.count <= 1024,
            let provider = entity.children("IDPSSODescriptor", Namespace.metadata).first(where: {
                ($0["protocolSupportEnumeration"] ?? "").split(separator: " ").contains { $0 == Namespace.samlProtocol }
            })
        else { throw .malformed }
        self.entityID = entityID
        signingCertificates = try Self.certificates(of: provider)

        var validUntil: Double?
        for text in [entity["validUntil"], provider["validUntil"]].compactMap(\.self) {
            guard let time = Timestamp(parsing: text)?.secondsSinceEpoch else { throw .malformed }
            validUntil = min(validUntil ?? time, time)
        }
        self.validUntil = validUntil

        signOnLocations = try Self.locations("SingleSignOnService", of: provider)
        logoutLocations = try Self.locations("SingleLogoutService", of: provider)
        guard !signOnLocations.isEmpty else { throw .malformed }
    }

    private static func locations(_ name: String, of provider: XMLElement) throws(SAMLError) -> [String: String] {
        var locations: [String: String] = [:]
        for service in provider.children(name, Namespace.metadata) {
            guard let binding = service["Binding"], let location = service["Location"] else { throw .malformed }
            if locations[binding] == nil { locations[binding] = location }
        }
        return locations
    }

    /// The certificates of signing keys: those declared as such, and those without a declared use.
    private static func certificates(of provider: XMLElement) throws(SAMLError) -> [[UInt8]] {
        var certificates: [[UInt8]] = []
        for descriptor in provider.children("KeyDescriptor", Namespace.metadata) {
            guard descriptor["use"].map({ $0 == "signing" }) ?? true else { continue }
            for info in descriptor.children("KeyInfo", Namespace.signature) {
                for data in info.children("X509Data", Namespace.signature) {
                    for certificate in data.children("X509Certificate", Namespace.signature) {
                        guard let der = decodeBase64(certificate.text), KeyForm.isCertificate(der) else {
                            throw .malformed
                        }
                        if !certificates.contains(der) { certificates.append(der) }
                    }
                }
            }
        }
        guard (1...mostCertificates).contains(certificates.count) else { throw .malformed }
        return certificates
    }
}

enum Namespace {
    static let metadata = "urn:oasis:names:tc:SAML:2.0:metadata"
    static let samlProtocol = "urn:oasis:names:tc:SAML:2.0:protocol"
    static let assertion = "urn:oasis:names:tc:SAML:2.0:assertion"
    static let signature = "http://www.w3.org/2000/09/xmldsig#"
}

/// Base64, which may be broken into lines.
func decodeBase64(_ text: String) -> [UInt8]? {
    let bytes = text.utf8.filter { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
    guard !bytes.isEmpty else { return nil }
    return Data(base64Encoded: Data(bytes)).map { Array($0) }
}
