/// What a response says of itself, none of it proved: to find out which identity provider has to have signed it.
public enum SAMLResponseClaims {
    /// The values of an attribute in the response's assertions; none where they are encrypted.
    /// - Parameter response: base64 of the response's XML.
    /// - Throws: ``SAMLError`` `malformed`.
    public static func values(of attribute: String, inBase64 response: String) throws(SAMLError) -> [String] {
        guard let bytes = decodeBase64(response), bytes.count <= SAMLVerifier.longestResponse,
            let root = try XMLDocument(bytes).root, root.is("Response", Namespace.samlProtocol)
        else { throw .malformed }
        return root.children("Assertion", Namespace.assertion)
            .flatMap { $0.children("AttributeStatement", Namespace.assertion) }
            .flatMap { $0.children("Attribute", Namespace.assertion) }
            .filter { $0["Name"] == attribute }
            .flatMap { $0.children("AttributeValue", Namespace.assertion) }
            .map(\.text)
    }
}
