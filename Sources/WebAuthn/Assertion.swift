/// A proof that somebody has a credential, which was verified. Only ``verify(_:challenge:_:of:requiringVerification:)``
/// makes it.
/// <https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion>
public struct Assertion: Sendable, Hashable {
    /// The authenticator's counter, to be kept.
    public let signCount: UInt32
    /// What the authenticator said of user and backup.
    public let flags: AuthenticatorData.Flags

    /// What is known of a credential that may sign.
    public struct Credential: Sendable, Hashable {
        /// What names it.
        public var id: [UInt8]
        /// The key that verifies its signatures.
        public var publicKey: CredentialPublicKey
        /// The counter as it was last seen.
        public var signCount: UInt32
        /// Whether it said when it was made that it may be backed up.
        public var isBackupEligible: Bool
        /// The `user.id` that it was made for.
        public var userHandle: [UInt8]

        /// Puts together what was kept.
        public init(
            id: [UInt8], publicKey: CredentialPublicKey, signCount: UInt32, isBackupEligible: Bool, userHandle: [UInt8]
        ) {
            self.id = id
            self.publicKey = publicKey
            self.signCount = signCount
            self.isBackupEligible = isBackupEligible
            self.userHandle = userHandle
        }
    }

    /// Verifies what a browser answered to ``RequestOptions``, step by step as section 7.2 of the specification says.
    ///
    /// The same bytes are a proof as long as the challenge is: whoever makes challenges has to see that each is answered
    /// once. A counter that is not higher than the last one is refused, unless the authenticator does not count.
    /// - Parameters:
    ///   - response: what the browser's script sent.
    ///   - challenge: the bytes that were made for this ceremony alone.
    ///   - relyingParty: the site.
    ///   - credential: the one that the response names.
    ///   - requiringVerification: whether the authenticator has to have asked for a PIN or a finger.
    /// - Throws: what was wrong.
    public static func verify(
        _ response: AssertionResponse, challenge: [UInt8], _ relyingParty: RelyingParty, of credential: Credential,
        requiringVerification: Bool = false
    ) throws(WebAuthnError) -> Assertion {
        guard response.credentialID == credential.id else { throw .unknownCredential }
        if let handle = response.userHandle, handle != credential.userHandle { throw .wrongUser }
        let client = try ClientData(response.clientDataJSON)
        try client.check(.get, challenge: challenge, relyingParty)
        let data = try AuthenticatorData(response.authenticatorData)
        try data.check(relyingParty, requiringVerification: requiringVerification)
        guard data.flags.contains(.backupEligible) == credential.isBackupEligible else {
            throw .backupEligibilityChanged
        }
        guard credential.publicKey.isValid(response.signature, for: response.authenticatorData + client.hash) else {
            throw .signatureInvalid
        }
        guard isNewer(data.signCount, than: credential.signCount) else { throw .counterRegressed }
        return Assertion(signCount: data.signCount, flags: data.flags)
    }

    /// Whether a counter may follow the one that was kept: it has grown, or there is none.
    public static func isNewer(_ count: UInt32, than kept: UInt32) -> Bool {
        count > kept || count == 0 && kept == 0
    }
}
