import CognitoIDPAPI
import Ledger
import Platform
import Wire

/// Somebody who has proved who they are: on a page, at an identity provider, or within the last hour.
package struct ProvedUser: Sendable {
    let grant: SignInGrant
    /// `COGNITO`, or the identity provider by which the user came.
    package var provider = "COGNITO"
    /// The user's session there; nil: none that could be ended.
    var providerSession: FederatedProfile.ProviderSession?
}

extension Call {
    /// Somebody who signed in in this browser within the last hour; nil: nobody.
    ///
    /// AWS looks at neither a sign-out from everywhere nor at changes of the user, as long as there is the user, and is
    /// enabled. Here a password that has to be reset since ends it as well, as it ends tokens.
    /// - Parameters:
    ///   - ticket: what the browser kept.
    ///   - request: what an application asks for. A user of a provider that is not for it is nobody to it.
    package func sessionUser(
        _ ticket: String, for request: AuthorizeRequest
    ) async throws(ServiceError) -> ProvedUser? {
        let (domain, client, time) = (request.domain, request.client, time)
        return try await read { (records) throws(ServiceError) in
            let key = RowKey(.text(LoginTicket.id(ticket)))
            guard let session = try records.get(LoginSession.self, key, of: domain.poolID), session.expires > time,
                session.isManagedLogin == domain.isManagedLogin, client.providers.contains(session.provider),
                let user = try records.get(PoolUser.self, PoolUser.key(session.user), of: domain.poolID),
                user.sub == session.sub, user.isEnabled,
                !user.needsReset(since: RequestIDs.milliseconds(session.authTime))
            else { return nil }
            var grant = SignInGrant(client: client.entry, user: user, authTime: session.authTime)
            grant.deviceKey = session.deviceKey
            return ProvedUser(grant: grant, provider: session.provider)
        }
    }

    /// Ends a sign-in: the application gets what it has asked for.
    /// - Parameter keepsSession: whether the browser is to remember it. A session that was used does not begin anew.
    /// - Returns: where the browser is sent, and what it keeps for an hour.
    /// - Throws: what a trigger refuses with.
    package func complete(
        _ request: AuthorizeRequest, by user: ProvedUser, keepsSession: Bool
    ) async throws(ServiceError) -> (location: String, session: String?) {
        var grant = user.grant
        grant.scopes = request.scopes
        grant.nonce = request.nonce
        grant.resource = request.resource
        grant.source = SignInGrant.ofPages
        let session = keepsSession ? LoginTicket.make() : nil
        let kept = session.map { ticket in
            LoginSession(
                poolID: request.domain.poolID, id: LoginTicket.id(ticket), user: grant.user.name, sub: grant.user.sub,
                provider: user.provider, isManagedLogin: request.domain.isManagedLogin, deviceKey: grant.deviceKey,
                authTime: grant.authTime, providerSession: user.providerSession)
        }
        switch request.responseType {
        case .code:
            let ticket = LoginTicket.make()
            let code = AuthorizationCode(
                poolID: request.domain.poolID, id: LoginTicket.id(ticket), clientID: request.client.id,
                user: grant.user.name, sub: grant.user.sub, redirectURI: request.redirectURI, scopes: grant.scopes,
                nonce: grant.nonce, resource: grant.resource, codeChallenge: request.codeChallenge,
                deviceKey: grant.deviceKey,
                authTime: grant.authTime, originID: RequestIDs.make(time: time),
                expires: time + AuthorizationCode.lifetime)
            let time = time
            try await keep { (records) throws(ServiceError) in
                try records.keep(code, at: time)
                if let kept { try records.keep(kept) }
            }
            return (RedirectURI.with([("code", ticket), ("state", request.state)], request.redirectURI), session)
        case .token:
            grant.isRefreshable = false
            let tokens = try await issueTokens(grant)
            if let kept { try await keep { (records) throws(ServiceError) in try records.keep(kept) } }
            let idToken = grant.scopes.contains(Scopes.openID) ? tokens.idToken : nil
            return (
                RedirectURI.with(
                    [
                        ("id_token", idToken), ("access_token", tokens.accessToken), ("token_type", "bearer"),
                        ("expires_in", String(tokens.expiresIn)), ("state", request.state),
                    ], request.redirectURI, inFragment: true), session
            )
        }
    }

    /// Ends a session: who has kept its ticket has nothing of it.
    package func endSession(_ ticket: String, of domain: LoginDomain) async throws(ServiceError) {
        let (poolID, id) = (domain.poolID, LoginTicket.id(ticket))
        try await keep { (records) throws(ServiceError) in
            guard try records.delete(LoginSession.self, RowKey(.text(id)), of: poolID) else { return }
            try records.cancel(ForgetLoginTicket.self, id: id)
        }
    }
}

extension SignInGrant {
    /// What the trigger of the tokens is told of a sign-in on pages.
    static let ofPages = "TokenGeneration_HostedAuth"
}
