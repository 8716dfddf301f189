/// What an identity provider says when it has signed somebody out.
///
/// SAML 2.0 Core, 3.7.2, and Profiles, 4.4.4.2: by the HTTP POST binding it is signed.
public enum SAMLLogoutResponse {
    /// Proves that a response is a provider's, and answers a request.
    /// - Parameters:
    ///   - response: base64 of its XML.
    ///   - metadata: the provider's.
    ///   - request: the `ID` of the request.
    ///   - addresses: where the receiver takes responses.
    public static func verify(
        inBase64 response: String, _ metadata: SAMLMetadata, request: String, addresses: [String]
    ) throws(SAMLError) {
        guard let bytes = decodeBase64(response), bytes.count <= SAMLVerifier.longestResponse,
            let root = try XMLDocument(bytes).root, root.is("LogoutResponse", Namespace.samlProtocol),
            root["Version"] == "2.0"
        else { throw .malformed }
        guard try root.verifySignature(by: metadata.signingCertificates) else { throw .signatureInvalid }
        guard root.child("Issuer", Namespace.assertion)?.text == metadata.entityID else { throw .unknownIssuer }
        let receiver = SAMLReceiver.serviceProvider(entityID: "", addresses: addresses, request: request)
        guard receiver.takes(destination: root["Destination"]), receiver.awaits(root["InResponseTo"]) else {
            throw .unconfirmedSubject
        }
    }
}
