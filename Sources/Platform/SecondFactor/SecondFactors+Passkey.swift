import Crypto
public import Directory
public import WebAuthn
public import Wire

// Passkeys and security keys.

extension SecondFactors {
    /// For how many seconds a device remembers the challenges that it has answered: whoever makes challenges must forget
    /// them sooner.
    public static let challengeSpan = 600.0

    /// What a browser answered to a challenge that was made for the owner.
    public struct PasskeyProof: Sendable {
        let response: AssertionResponse
        let challenge: [UInt8]
        let site: RelyingParty
        let isVerificationRequired: Bool

        /// - Parameters:
        ///   - response: what the browser's script sent.
        ///   - challenge: the bytes that were made for this sign-in, less than ``SecondFactors/challengeSpan`` seconds ago.
        ///   - site: the page that asked for it.
        ///   - isVerificationRequired: whether the authenticator has to have asked for a PIN or a finger, as it has where
        ///     there was no password before.
        public init(
            _ response: AssertionResponse, challenge: [UInt8], site: RelyingParty, isVerificationRequired: Bool = false
        ) {
            self.response = response
            self.challenge = challenge
            self.site = site
            self.isVerificationRequired = isVerificationRequired
        }
    }

    /// Takes the assertion of one of the owner's passkeys, once, and keeps the authenticator's counter. A wrong one counts as
    /// an attempt.
    /// - Throws: where the ledger fails.
    public func take(_ proof: PasskeyProof) async throws(ServiceError) -> Answer {
        let id = proof.response.credentialID
        guard let device = try await devices().first(where: { $0.passkey?.credentialID == id }),
            let passkey = device.passkey
        else { return .unknown }
        guard device.isOpen(at: time) else { return .throttled }
        // The signature is verified before the transaction, for which every other writer waits.
        let assertion = verify(proof, of: passkey)
        let digest = Array(SHA256.hash(data: proof.challenge))
        let time = time
        return try await attempt(device.serialNumber) { device in
            guard var passkey = device.passkey, passkey.credentialID == id else { return .left(.unknown) }
            guard let assertion, passkey.take(assertion, digest, at: time) else { return .changed(device, .wrong) }
            var used = device
            used.passkey = passkey
            return .changed(used, .right(device.serialNumber))
        }
    }

    private func verify(_ proof: PasskeyProof, of passkey: Passkey) -> Assertion? {
        guard let key = try? CredentialPublicKey(passkey.publicKey) else { return nil }
        let credential = Assertion.Credential(
            id: passkey.credentialID, publicKey: key, signCount: UInt32(clamping: passkey.signCount),
            isBackupEligible: passkey.isBackupEligible, userHandle: userHandle)
        return try? Assertion.verify(
            proof.response, challenge: proof.challenge, proof.site, of: credential,
            requiringVerification: proof.isVerificationRequired)
    }

    /// What authenticators know the owner by.
    public var userHandle: [UInt8] { Array(ownerID.utf8) }

    /// What a browser is to be asked for a sign-in with one of the devices; nil: none of them is a passkey.
    public func requestOptions(
        for devices: [MFADevice], challenge: [UInt8], site: RelyingParty,
        verification: UserVerification = .preferred
    ) -> RequestOptions? {
        let passkeys = devices.compactMap(\.passkey)
        guard !passkeys.isEmpty else { return nil }
        return RequestOptions(
            relyingParty: site, challenge: challenge, allowed: passkeys.map(CredentialDescriptor.init),
            verification: verification)
    }

    /// What a browser is to be asked for one more passkey of the owner, who has these devices already.
    /// - Parameter userName: how people know the owner.
    public func creationOptions(
        besides devices: [MFADevice], challenge: [UInt8], site: RelyingParty, userName: String
    ) -> CreationOptions {
        CreationOptions(
            relyingParty: site, challenge: challenge, userHandle: userHandle, userName: userName,
            displayName: userName, excluded: devices.compactMap(\.passkey).map(CredentialDescriptor.init))
    }
}

extension CredentialDescriptor {
    fileprivate init(_ passkey: Passkey) {
        self.init(id: passkey.credentialID, transports: passkey.transports)
    }
}

extension Passkey {
    /// Keeps what an assertion said; false for one whose challenge was answered before, or whose counter another has reached
    /// meanwhile.
    fileprivate mutating func take(_ assertion: Assertion, _ digest: [UInt8], at time: Double) -> Bool {
        answered.removeAll { $0.time <= time - SecondFactors.challengeSpan }
        guard !answered.contains(where: { $0.digest == digest }),
            Assertion.isNewer(assertion.signCount, than: UInt32(clamping: signCount))
        else { return false }
        answered.append(AnsweredChallenge(digest: digest, time: time))
        signCount = Int(assertion.signCount)
        return true
    }
}
