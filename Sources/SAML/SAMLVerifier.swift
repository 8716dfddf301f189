import Wire

/// Verifies authentication responses of one identity provider.
///
/// What an assertion says is read from the very element whose signature was verified, or that lies within it, and from
/// nowhere else; so a signed assertion that was moved, copied or wrapped proves nothing.
///
/// SAML 2.0 Core and Profiles 4.1.4 (OASIS), and AWS's "Configure SAML assertions for the authentication response",
/// IAM User Guide, `id_roles_providers_create_saml_assertions.html`.
public struct SAMLVerifier: Sendable {
    private let metadata: SAMLMetadata
    private let privateKeys: [String]
    private let requiresEncryption: Bool
    private let receiver: SAMLReceiver

    /// The recipient that AWS's own sign-in address has in assertions.
    public static let signInAddress = "https://signin.aws.amazon.com/saml"

    /// How far the provider's clock may be off, in seconds.
    public static let clockSkew = 60.0
    /// How long after its issuance AWS accepts an assertion for its roles, in seconds. Within that time it can be used for any
    /// number of sessions: clients assume several roles with one.
    public static let redeemableSeconds = 300.0
    /// The bytes of the longest response: as much as fits into the 100,000 characters of a request.
    public static let longestResponse = 75_000

    /// Makes a verifier for one provider.
    /// - Parameters:
    ///   - metadata: the provider's, with the certificates that its signatures are verified with.
    ///   - privateKeys: PEM, for encrypted assertions.
    ///   - requiresEncryption: whether assertions that are not encrypted are refused.
    ///   - providerID: AWS's id of the provider, which the provider's own sign-in addresses end with.
    ///   - ownAddress: where this server is reached; its path `/saml` stands for AWS's sign-in address, and an assertion for it
    ///     is one for AWS.
    public init(
        metadata: SAMLMetadata, privateKeys: [String] = [], requiresEncryption: Bool = false,
        providerID: String? = nil, ownAddress: String? = nil
    ) {
        self.init(
            metadata: metadata, privateKeys: privateKeys, requiresEncryption: requiresEncryption,
            receiver: .aws(providerID: providerID, ownAddress: ownAddress))
    }

    /// Makes a verifier for one provider.
    /// - Parameters:
    ///   - metadata: the provider's, with the certificates that its signatures are verified with.
    ///   - privateKeys: PEM, for encrypted assertions.
    ///   - requiresEncryption: whether assertions that are not encrypted are refused.
    ///   - receiver: whom its assertions have to be meant for.
    public init(
        metadata: SAMLMetadata, privateKeys: [String] = [], requiresEncryption: Bool = false, receiver: SAMLReceiver
    ) {
        self.metadata = metadata
        self.privateKeys = privateKeys
        self.requiresEncryption = requiresEncryption
        self.receiver = receiver
    }

    /// Whether a text is a private key that can decrypt assertions: RSA, in PEM, without a passphrase.
    public static func isPrivateKey(_ pem: String) -> Bool {
        KeyForm.isPrivateKey(pem)
    }

    /// The assertion of a response, proved.
    /// - Parameters:
    ///   - response: base64 of the response's XML, as the HTTP POST binding has it.
    ///   - time: seconds since 1970.
    public func assertion(inBase64 response: String, at time: Double) throws(SAMLError) -> SAMLAssertion {
        guard let bytes = decodeBase64(response) else { throw .malformed }
        return try assertion(in: bytes, at: time)
    }

    /// - Parameters:
    ///   - response: the response's XML.
    ///   - time: seconds since 1970.
    public func assertion(in response: [UInt8], at time: Double) throws(SAMLError) -> SAMLAssertion {
        guard response.count <= Self.longestResponse, let root = try XMLDocument(response).root,
            root.is("Response", Namespace.samlProtocol), root["Version"] == "2.0"
        else { throw .malformed }
        // An unsigned response may say anything here; it is refused in either case.
        let status = root.child("Status", Namespace.samlProtocol)?.child("StatusCode", Namespace.samlProtocol)
        guard let code = status?["Value"] else { throw .malformed }
        guard code == "urn:oasis:names:tc:SAML:2.0:status:Success" else { throw .rejectedByProvider }

        let isResponseSigned = try root.verifySignature(by: metadata.signingCertificates)
        let element: XMLElement
        do throws(SAMLError) {
            element = try assertionElement(in: root)
            let isAssertionSigned = try element.verifySignature(by: metadata.signingCertificates)
            guard isResponseSigned || isAssertionSigned else { throw .signatureInvalid }
        } catch {
            // Before a signature is verified, the outcome of a decryption must not be visible: with CBC that would
            // reveal the text.
            let isEncrypted = !root.children("EncryptedAssertion", Namespace.assertion).isEmpty
            throw isEncrypted && !isResponseSigned ? .undecipherable : error
        }
        if let issuer = root.children("Issuer", Namespace.assertion).first, issuer.text != metadata.entityID {
            throw .unknownIssuer
        }
        guard receiver.takes(destination: root["Destination"]), receiver.awaits(root["InResponseTo"]) else {
            throw .unconfirmedSubject
        }
        return try read(element, at: time)
    }

    /// The response's only assertion, decrypted if need be.
    private func assertionElement(in root: XMLElement) throws(SAMLError) -> XMLElement {
        let plain = root.children("Assertion", Namespace.assertion)
        let encrypted = root.children("EncryptedAssertion", Namespace.assertion)
        guard plain.count + encrypted.count == 1 else { throw .malformed }
        if let assertion = plain.first {
            guard !requiresEncryption else { throw .notEncrypted }
            return assertion
        }
        guard let text = encrypted.first?.decrypted(by: privateKeys) else { throw .undecipherable }
        // Parsed as a document of its own: the same checks apply to it, and none of its ids can be confused with one
        // outside.
        guard let assertion = try XMLDocument(text).root, assertion.is("Assertion", Namespace.assertion) else {
            throw .malformed
        }
        return assertion
    }

    // MARK: - Reading what is proved

    private func read(_ assertion: XMLElement, at time: Double) throws(SAMLError) -> SAMLAssertion {
        guard assertion["Version"] == "2.0", let id = assertion["ID"], !id.isEmpty,
            let issuer = assertion.child("Issuer", Namespace.assertion)?.text,
            let issued = assertion["IssueInstant"].flatMap({ Timestamp(parsing: $0) })?.secondsSinceEpoch,
            let subject = assertion.child("Subject", Namespace.assertion),
            let nameID = subject.child("NameID", Namespace.assertion), !nameID.text.isEmpty, !nameID.hasChildren
        else { throw .malformed }
        guard issuer == metadata.entityID else { throw .unknownIssuer }
        try checkConditions(of: assertion, at: time)
        let recipient = try recipient(of: subject, at: time)
        guard issued <= time + Self.clockSkew else { throw .notYetValid }
        guard time <= issued + receiver.redeemableSeconds else { throw .tooOld }

        var sessionEnd: Double?
        var sessionIndex: String?
        for statement in assertion.children("AuthnStatement", Namespace.assertion) {
            sessionIndex = sessionIndex ?? statement["SessionIndex"]
            guard let text = statement["SessionNotOnOrAfter"] else { continue }
            guard let end = Timestamp(parsing: text)?.secondsSinceEpoch else { throw .malformed }
            sessionEnd = min(sessionEnd ?? end, end)
        }
        return SAMLAssertion(
            id: id, issuer: issuer, subject: nameID.text, subjectFormat: nameID["Format"], recipient: recipient,
            attributes: try attributes(of: assertion), sessionNotOnOrAfter: sessionEnd, sessionIndex: sessionIndex)
    }

    private func checkConditions(of assertion: XMLElement, at time: Double) throws(SAMLError) {
        guard let conditions = assertion.child("Conditions", Namespace.assertion) else { throw .wrongAudience }
        try checkTimes(of: conditions, at: time)
        let restrictions = conditions.children("AudienceRestriction", Namespace.assertion)
        // Every restriction has to be met (Core 2.5.1.4), and there has to be at least one.
        guard !restrictions.isEmpty,
            restrictions.allSatisfy({
                $0.children("Audience", Namespace.assertion).contains { receiver.isMeant(by: $0.text) }
            })
        else { throw .wrongAudience }
    }

    /// `NotBefore` and `NotOnOrAfter`, of conditions and of confirmation data alike.
    private func checkTimes(of element: XMLElement, at time: Double) throws(SAMLError) {
        if let text = element["NotBefore"] {
            guard let start = Timestamp(parsing: text)?.secondsSinceEpoch else { throw .malformed }
            guard time >= start - Self.clockSkew else { throw .notYetValid }
        }
        if let text = element["NotOnOrAfter"] {
            guard let end = Timestamp(parsing: text)?.secondsSinceEpoch else { throw .malformed }
            guard time < end + Self.clockSkew else { throw .expired }
        }
    }

    /// AWS requires exactly one bearer confirmation, with a recipient and an expiry.
    private func recipient(of subject: XMLElement, at time: Double) throws(SAMLError) -> String {
        guard let confirmation = subject.child("SubjectConfirmation", Namespace.assertion),
            confirmation["Method"] == "urn:oasis:names:tc:SAML:2.0:cm:bearer",
            let data = confirmation.child("SubjectConfirmationData", Namespace.assertion),
            let recipient = data["Recipient"].flatMap({ receiver.address($0) }), data["NotOnOrAfter"] != nil,
            receiver.awaits(data["InResponseTo"])
        else { throw .unconfirmedSubject }
        try checkTimes(of: data, at: time)
        return recipient
    }

    private func attributes(of assertion: XMLElement) throws(SAMLError) -> [String: [String]] {
        var attributes: [String: [String]] = [:]
        for statement in assertion.children("AttributeStatement", Namespace.assertion) {
            for attribute in statement.children("Attribute", Namespace.assertion) {
                guard let name = attribute["Name"] else { throw .malformed }
                attributes[name, default: []] +=
                    attribute.children("AttributeValue", Namespace.assertion).map(\.text)
            }
        }
        return attributes
    }
}
