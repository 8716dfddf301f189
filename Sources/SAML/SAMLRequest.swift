/// What a service provider asks an identity provider for.
///
/// SAML 2.0 Core (OASIS), 3.4.1 and 3.7.1.
public struct SAMLRequest: Sendable {
    /// The `ID`, which the answer names.
    public let id: String
    /// The request, not signed.
    public let xml: String

    /// A request to sign somebody in.
    /// - Parameters:
    ///   - id: the request's own; an XML name.
    ///   - issuer: the service provider's entity id.
    ///   - destination: the identity provider's address for it.
    ///   - consumer: where the answer is to be posted.
    ///   - isForced: whether the user has to prove anew who they are, whatever session there is.
    ///   - issued: as XML writes it: `2026-01-01T00:00:00Z`.
    public static func signOn(
        id: String, issuer: String, destination: String, consumer: String, isForced: Bool, issued: String
    ) -> SAMLRequest {
        let forced = isForced ? " ForceAuthn=\"true\"" : ""
        return SAMLRequest(
            id: id,
            xml: """
                <saml2p:AuthnRequest xmlns:saml2p="\(Namespace.samlProtocol)" \
                AssertionConsumerServiceURL="\(escaped(consumer))" Destination="\(escaped(destination))"\(forced) \
                ID="\(escaped(id))" IssueInstant="\(escaped(issued))" \
                ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Version="2.0">\
                \(issuerElement(issuer))</saml2p:AuthnRequest>
                """)
    }

    /// A request to sign somebody out.
    /// - Parameters:
    ///   - id: the request's own; an XML name.
    ///   - issuer: the service provider's entity id.
    ///   - destination: the identity provider's address for it.
    ///   - subject: the `NameID` by which the provider has told of the user.
    ///   - format: its `Format`.
    ///   - sessionIndex: what the provider calls the session.
    ///   - issued: as XML writes it.
    public static func signOut(
        id: String, issuer: String, destination: String, subject: String, format: String?, sessionIndex: String?,
        issued: String
    ) -> SAMLRequest {
        let format = format.map { " Format=\"\(escaped($0))\"" } ?? ""
        let index = sessionIndex.map { "<saml2p:SessionIndex>\(escaped($0))</saml2p:SessionIndex>" } ?? ""
        return SAMLRequest(
            id: id,
            xml: """
                <saml2p:LogoutRequest xmlns:saml2p="\(Namespace.samlProtocol)" Destination="\(escaped(destination))" \
                ID="\(escaped(id))" IssueInstant="\(escaped(issued))" Version="2.0">\(issuerElement(issuer))\
                <saml2:NameID xmlns:saml2="\(Namespace.assertion)"\(format)>\(escaped(subject))</saml2:NameID>\
                \(index)</saml2p:LogoutRequest>
                """)
    }

    /// The request with an enveloped signature (RSA with SHA-256), as the HTTP POST binding has it; nil: the key is none.
    /// - Parameter privateKey: RSA, in PEM.
    public func signed(by privateKey: String) -> [UInt8]? {
        (try? XMLDocument(Array(xml.utf8)))?.signed(by: privateKey)
    }

    private static func issuerElement(_ issuer: String) -> String {
        "<saml2:Issuer xmlns:saml2=\"\(Namespace.assertion)\">\(escaped(issuer))</saml2:Issuer>"
    }

    /// A text as it stands in an element or an attribute. Characters that XML does not have are left out.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\t", "\n", "\r": result += "&#\(scalar.value);"
            case "\u{0}"..."\u{1f}", "\u{fffe}", "\u{ffff}": break
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
