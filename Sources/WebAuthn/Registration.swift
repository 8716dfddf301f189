/// A new credential, whose making was verified. Only ``verify(_:challenge:_:requiringVerification:)`` makes it.
/// <https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential>
public struct Registration: Sendable, Hashable {
    /// What names it, 1 to 1023 bytes. Whoever keeps it has to see that nobody has it yet.
    public let credentialID: [UInt8]
    /// The key that verifies its assertions.
    public let publicKey: CredentialPublicKey
    /// The authenticator's counter; 0 for one that does not count.
    public let signCount: UInt32
    /// What the authenticator said of user and backup.
    public let flags: AuthenticatorData.Flags
    /// The 16 bytes that name the authenticator's model; all zero for one that does not say. Nothing proves them.
    public let aaguid: [UInt8]
    /// How the browser reaches the authenticator: `usb`, `internal`, `hybrid`; a hint for later ceremonies.
    public let transports: [String]
    /// How the authenticator vouched for the credential.
    public let attestation: Attestation

    /// What is verified of an attestation.
    public enum Attestation: String, Sendable, Hashable {
        /// Nothing: the browser left it out, as it was asked to.
        case none
        /// The credential's own key signed it: it is there, and nothing else is proved.
        case selfSigned = "self"
    }

    /// Verifies what a browser answered to ``CreationOptions``, step by step as section 7.1 of the specification says.
    ///
    /// Attestation of other formats than `none`, and `packed` with the credential's own key, is refused: it would have to be
    /// verified, and only browsers that were not asked for it leave it out.
    /// - Parameters:
    ///   - response: what the browser's script sent.
    ///   - challenge: the bytes that were made for this ceremony alone.
    ///   - relyingParty: the site.
    ///   - requiringVerification: whether the authenticator has to have asked for a PIN or a finger.
    /// - Throws: what was wrong.
    public static func verify(
        _ response: RegistrationResponse, challenge: [UInt8], _ relyingParty: RelyingParty,
        requiringVerification: Bool = false
    ) throws(WebAuthnError) -> Registration {
        let client = try ClientData(response.clientDataJSON)
        try client.check(.create, challenge: challenge, relyingParty)
        let object = try AttestationObject(response.attestationObject)
        let data = object.authenticatorData
        try data.check(relyingParty, requiringVerification: requiringVerification)
        guard let credential = data.credential else {
            throw .malformedAuthenticatorData("there is no credential")
        }
        guard credential.id == response.credentialID else { throw .unknownCredential }
        return Registration(
            credentialID: credential.id, publicKey: credential.publicKey, signCount: data.signCount, flags: data.flags,
            aaguid: credential.aaguid, transports: response.transports,
            attestation: try object.verify(credential, client.hash))
    }
}
