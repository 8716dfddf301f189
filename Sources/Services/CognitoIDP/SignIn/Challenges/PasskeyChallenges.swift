import CognitoIDPAPI
import Platform
import WebAuthn
import Wire

// Passkeys as the first factor. <https://www.w3.org/TR/webauthn-3/>

extension SignIn {
    func passkeys() async throws(ServiceError) -> [PoolPasskey] {
        guard let user else { return [] }
        return try await call.environment.read(pool.scope) { (records) throws(ServiceError) in
            try records.passkeys(of: user)
        }
    }

    /// `WEB_AUTHN`
    func challengePasskey() async throws(ServiceError) -> SignInStep {
        var known = try await passkeys().compactMap(\.descriptor)
        if user == nil { known = [CredentialDescriptor(id: simulated.bytes("passkey", 32), transports: ["internal"])] }
        let challenge = Identifiers.randomBytes(32)
        let id = try pool.relyingPartyID(call.environment)
        let options = RequestOptions(
            relyingParty: RelyingParty(id: id, name: id, origins: []), challenge: challenge, allowed: known,
            verification: pool.requiresUserVerification ? .required : .preferred)
        return try await self.challenge(
            .passkey(Base64URL.encode(challenge)), nil,
            ["CREDENTIAL_REQUEST_OPTIONS": String(decoding: options.json, as: UTF8.self)])
    }

    /// The answer: what the authenticator has signed.
    mutating func answerPasskey(_ challenge: String) async throws(ServiceError) -> SignInStep {
        let text = try parameter("CREDENTIAL")
        let response: AssertionResponse
        do throws(WebAuthnError) { response = try AssertionResponse(json: Array(text.utf8)) } catch {
            throw .cognito(error)
        }
        let site = try pool.relyingParty(response.clientDataJSON, call.environment)
        let id = Base64URL.encode(response.credentialID)
        let passkey = try await passkeys().first { $0.credentialID == id }
        var assertion: Assertion?
        if let user, let credential = passkey?.credential(of: user), let challenge = Base64URL.decode(challenge) {
            assertion = try? Assertion.verify(
                response, challenge: challenge, site, of: credential,
                requiringVerification: pool.requiresUserVerification)
        }
        let isRight = assertion != nil
        try await attempt(wrong: .incorrect) { isRight }
        guard let assertion, let passkey else { throw .incorrect }
        let poolID = pool.id
        try await accept { (records) throws(ServiceError) in
            guard var current = try records.get(PoolPasskey.self, passkey.key, of: poolID),
                Assertion.isNewer(assertion.signCount, than: current.signCount)
            else { throw .incorrect }
            current.signCount = assertion.signCount
            try records.put(current)
        }
        try checkStatus(isPasswordless: true)
        noteProof(.mfa)
        try await rateRisk()
        progress.hasPassedFactors = true
        // An authenticator that has made sure of its user has proved two things.
        return try await assertion.flags.contains(.userVerified) ? challengeDevice() : challengeDemandedFactor()
    }
}
