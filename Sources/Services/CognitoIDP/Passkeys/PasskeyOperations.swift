import CognitoIDPAPI
import Ledger
import Platform
import WebAuthn
import Wire

extension ServiceModule {
    static let passkeyOperations: [any Platform.Operation.Type] = [
        CognitoIDP.StartWebAuthnRegistration.self, CognitoIDP.CompleteWebAuthnRegistration.self,
        CognitoIDP.ListWebAuthnCredentials.self, CognitoIDP.DeleteWebAuthnCredential.self,
    ]
}

extension PoolEntry {
    /// - Throws: WebAuthnNotEnabledException where users can't sign in with passkeys.
    fileprivate func requirePasskeys() throws(ServiceError) {
        let isFactor =
            multiFactor.webAuthnConfiguration?.factorConfiguration == "MULTI_FACTOR_WITH_USER_VERIFICATION"
        guard allowedFirstFactors.contains("WEB_AUTHN") || isFactor else {
            throw .cognito(.webAuthnNotEnabledException, "WebAuthn is not enabled for the user pool.")
        }
    }
}

extension PoolUser {
    /// - Throws: NotAuthorizedException for whoever signs in at a provider alone.
    fileprivate func requireLocal() throws(ServiceError) {
        guard !isOfProvider else {
            throw .notAuthorized("Users of external identity providers can't register passkeys.")
        }
    }
}

extension CognitoIDP.StartWebAuthnRegistration: OfSignedInUserWriting {
    public static let secretMembers: Set<String> = ["CredentialCreationOptions"]

    public static func handle(
        _ input: Input, _ signedIn: SignedInUser, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = signedIn.pool
        try pool.requirePasskeys()
        let user = try records.current(signedIn)
        try user.requireLocal()
        let known = try records.passkeys(of: user)
        guard known.count < PoolPasskey.most else { throw .tooManyPasskeys }
        let id = try pool.relyingPartyID(call.environment)
        let challenge = Identifiers.randomBytes(32)
        try records.put(
            PasskeyChallenge(
                poolID: pool.id, user: user.name, clientID: signedIn.client.id,
                challenge: Base64URL.encode(challenge), expires: call.time + PasskeyChallenge.lifetime))
        var options = CreationOptions(
            relyingParty: RelyingParty(id: id, name: id, origins: []), challenge: challenge,
            userHandle: user.passkeyHandle, userName: user.username,
            displayName: user[attribute: "name"] ?? user.username, excluded: known.compactMap(\.descriptor),
            verification: pool.requiresUserVerification ? .required : .preferred)
        options.isDiscoverable = true
        options.timeout = Int(PasskeyChallenge.lifetime) * 1000
        guard let json = try? JSONValue(parsing: options.json) else { throw .internalFailure }
        return Output { $0.credentialCreationOptions = json }
    }
}

extension CognitoIDP.CompleteWebAuthnRegistration: PreparedWriteOperation, OfSignedInUser {
    public static let secretMembers: Set<String> = ["Credential"]

    /// A browser's answer, which was verified against the challenge that its user had then.
    public struct Preparation: Sendable {
        let signedIn: SignedInUser
        let challenge: PasskeyChallenge
        let made: Registration
        let site: RelyingParty
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let signedIn = try await call.signedInUser(input.accessToken)
        let pool = signedIn.pool
        try pool.requirePasskeys()
        let challenge = try await call.environment.read(pool.scope) { (records) throws(ServiceError) in
            try records.challenge(of: signedIn.user, signedIn.client, at: call.time)
        }
        guard let bytes = Base64URL.decode(challenge.challenge) else { throw .noPasskeyChallenge }
        var writer = JSONWriter()
        writer.json(input.credential)
        let (made, site) = try pool.verify(writer.bytes, bytes, call.environment)
        return Preparation(signedIn: signedIn, challenge: challenge, made: made, site: site)
    }

    public static func handle(
        _ input: Input, _ prepared: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let (signedIn, made, site) = (prepared.signedIn, prepared.made, prepared.site)
        let pool = signedIn.pool
        let user = try records.current(signedIn)
        try user.requireLocal()
        // Once: whoever has answered it meanwhile has taken it.
        guard try records.challenge(of: user, signedIn.client, at: call.time).challenge == prepared.challenge.challenge
        else {
            throw .noPasskeyChallenge
        }
        try records.delete(PasskeyChallenge.self, prepared.challenge.key, of: pool.id)
        let id = Base64URL.encode(made.credentialID)
        guard try records.passkeys(of: user).count < PoolPasskey.most else { throw .tooManyPasskeys }
        guard try records.passkey(id, of: pool.id) == nil else {
            throw .invalidParameter("The credential is registered already.")
        }
        let attachment: String? =
            if case .string(let text)? = input.credential["authenticatorAttachment"] { text } else { nil }
        try records.put(
            PoolPasskey(
                poolID: pool.id, user: user.name, credentialID: id,
                publicKey: String(decoding: Base64.encode(made.publicKey.cose), as: UTF8.self),
                signCount: made.signCount, isBackupEligible: made.flags.contains(.backupEligible),
                relyingPartyID: site.id, transports: made.transports,
                attachment: ["platform", "cross-platform"].contains(attachment) ? attachment : nil,
                name: made.flags.contains(.backupEligible) ? "Synced passkey" : "Passkey", created: call.time))
        return Output()
    }
}

extension RecordReading {
    /// What the new passkey of a user has to have signed.
    fileprivate func challenge(
        of user: PoolUser, _ client: ClientEntry, at time: Double
    ) throws(ServiceError) -> PasskeyChallenge {
        let key = PasskeyChallenge.key(user.name)
        guard let challenge = try get(PasskeyChallenge.self, key, of: user.poolID), challenge.expires > time
        else { throw .noPasskeyChallenge }
        guard challenge.clientID == client.id else {
            throw .cognito(.webAuthnClientMismatchException, "The registration was started by another app client.")
        }
        return challenge
    }
}

extension PoolEntry {
    /// - Throws: what was wrong with a browser's answer.
    fileprivate func verify(
        _ answer: [UInt8], _ challenge: [UInt8], _ environment: Environment
    ) throws(ServiceError) -> (Registration, RelyingParty) {
        let response: RegistrationResponse
        do throws(WebAuthnError) { response = try RegistrationResponse(json: answer) } catch {
            throw .cognito(error)
        }
        let site = try relyingParty(response.clientDataJSON, environment)
        do throws(WebAuthnError) {
            let made = try Registration.verify(
                response, challenge: challenge, site, requiringVerification: requiresUserVerification)
            return (made, site)
        } catch {
            throw .cognito(error)
        }
    }
}

extension ServiceError {
    fileprivate static var tooManyPasskeys: ServiceError {
        .cognito(.limitExceededException, "A user can have at most \(PoolPasskey.most) passkeys.")
    }

    fileprivate static var noPasskeyChallenge: ServiceError {
        .cognito(.webAuthnChallengeNotFoundException, "WebAuthn challenge not found.")
    }

    /// What was wrong with a passkey, in the API's terms.
    static func cognito(_ error: WebAuthnError) -> ServiceError {
        switch error {
        case .wrongChallenge: .noPasskeyChallenge
        case .wrongOrigin, .crossOrigin: .cognito(.webAuthnOriginNotAllowedException, "\(error)")
        case .wrongRelyingParty: .cognito(.webAuthnRelyingPartyMismatchException, "\(error)")
        case .unsupportedKey, .unsupportedAttestation:
            .cognito(.webAuthnCredentialNotSupportedException, "\(error)")
        default: .invalidParameter("\(error)")
        }
    }
}

extension CognitoIDP.ListWebAuthnCredentials: ComputeOperation, OfSignedInUser {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let signedIn = try await call.signedInUser(input.accessToken)
        let user = signedIn.user
        let paging = try Paging(cognito: input, most: PoolPasskey.most)
        let all = try await call.environment.read(signedIn.pool.scope) { (records) throws(ServiceError) in
            try records.passkeys(of: user)
        }
        let rest = all.filter { passkey in paging.after.map { passkey.credentialID > $0 } ?? true }
        let page = Array(rest.prefix(paging.limit))
        let marker = rest.count > page.count ? page.last.map { Paging.marker(after: $0.credentialID) } : nil
        return Output(Page(items: page, marker: marker)) { passkey in
            CognitoIDP.WebAuthnCredentialDescription {
                $0.credentialId = passkey.credentialID
                $0.friendlyCredentialName = passkey.name
                $0.relyingPartyId = passkey.relyingPartyID
                $0.authenticatorAttachment = passkey.attachment
                $0.authenticatorTransports = passkey.transports
                $0.createdAt = Timestamp(secondsSinceEpoch: passkey.created)
            }
        }
    }
}

extension CognitoIDP.DeleteWebAuthnCredential: OfSignedInUserWriting {
    public static func handle(
        _ input: Input, _ signedIn: SignedInUser, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let user = try records.current(signedIn)
        guard try records.delete(PoolPasskey.self, PoolPasskey.key(user.name, input.credentialId), of: user.poolID)
        else { throw .cognito(.resourceNotFoundException, "The passkey does not exist.") }
        return Output()
    }
}
