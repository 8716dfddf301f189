import Fetch
import Ledger
import Platform
import SAML
import Wire

// What the endpoints of a domain do for users of identity providers.

extension Call {
    private func provider(
        _ name: String, _ client: LoginClient, _ domain: LoginDomain
    ) throws(FederationError) -> UserPoolProvider {
        // It may have been taken from the client, or deleted, since the browser left.
        guard client.providers.contains(name), let provider = environment.identityProvider(name, of: domain.poolID)
        else { throw .told(code: "invalid_request", description: "Login option is not available.") }
        return provider
    }

    /// Where a browser is sent to be signed in by a provider.
    /// - Parameter sealed: the state, as it travels.
    /// - Returns: nil: the provider has no address that browsers can be sent to.
    package func destination(
        _ state: FederationState, sealed: String, _ request: AuthorizeRequest
    ) async throws(FederationError) -> ProviderDestination? {
        let provider = try provider(state.provider, request.client, request.domain)
        guard provider.type != .saml else {
            let signOn = try SAMLSignOn(self, request.domain.pool, provider)
            do throws(ServiceError) { return try await signOn.destination(state, sealed: sealed) } catch {
                throw .told(code: "server_error", description: "Something went wrong")
            }
        }
        let address = try await OpenIDSignIn(self, provider).address(state, sealed: sealed)
        guard RedirectURI.isSafe(address), address.lowercased().hasPrefix("https://") else { return nil }
        return .address(address)
    }

    /// Counts somebody who comes back from a provider: before anything is used up that could not be brought again, and before
    /// anybody is asked.
    /// - Throws: TooManyRequestsException.
    package func takeFederationRate() throws(ServiceError) { try takeRate(.userFederation) }

    /// Who comes with a code.
    /// - Parameters:
    ///   - issuer: who says that it has given the code out; nil: nobody says it.
    ///   - names: what Apple's form says the user is called.
    package func identity(
        code: String, issuer: String?, names: [String: String], _ state: FederationState, _ request: AuthorizeRequest
    ) async throws(FederationError) -> FederatedProfile {
        let provider = try provider(state.provider, request.client, request.domain)
        // Each kind of provider has an endpoint of its own.
        guard provider.type != .saml else { throw .unsolicited }
        var identity = try await OpenIDSignIn(self, provider).identity(code: code, issuer: issuer, state)
        if provider.type == .apple { identity.claims.merge(names) { told, _ in told } }
        return identity
    }

    /// Who comes with a response.
    /// - Parameters:
    ///   - state: what the browser left with; nil: it comes from the provider.
    ///   - name: the provider's.
    ///   - addresses: where responses may be sent.
    package func identity(
        samlResponse response: String, _ state: FederationState?, from name: String, addresses: [String],
        _ request: AuthorizeRequest
    ) async throws(FederationError) -> FederatedProfile {
        let provider = try provider(name, request.client, request.domain)
        guard provider.type == .saml else { throw .unsolicited }
        let signOn = try SAMLSignOn(self, request.domain.pool, provider)
        if state == nil {
            // A client that takes what it has not asked for has SAML providers alone.
            let others = request.client.providers.contains { name in
                environment.identityProvider(name, of: request.domain.poolID)?.type != .saml
            }
            guard signOn.takesUnsolicited, !others else { throw .unsolicited }
        }
        return try await signOn.identity(response, request: state?.id, addresses: addresses)
    }

    /// Makes a user of the pool of whoever has come.
    package func admit(
        _ identity: FederatedProfile, _ request: AuthorizeRequest
    ) async throws(FederationError) -> ProvedUser {
        let provider = try provider(identity.provider, request.client, request.domain)
        var arrival = FederatedArrival(
            call: self, client: request.client.entry, provider: provider, identity: identity)
        return try await arrival.admit()
    }

    // MARK: Between two requests

    /// Keeps something that is too long for an address, for as long as somebody has to come with its ticket.
    /// - Parameter expires: seconds since 1970.
    package func keepAnswer(_ sealed: String, until expires: Double) async throws(ServiceError) -> String {
        let ticket = LoginTicket.make()
        let kept = KeptSession(id: LoginTicket.id("answer \(ticket)"), sealed: sealed, expires: expires)
        try await keep { (records) throws(ServiceError) in try records.shared.put(kept) }
        return ticket
    }

    /// What was kept; nil: nothing, or it has expired.
    package func keptAnswer(_ ticket: String) async throws(ServiceError) -> String? {
        let kept = try await environment.sharedRow(
            KeptSession.self, KeptSession.key(LoginTicket.id("answer \(ticket)")))
        return kept.flatMap { $0.expires > time ? $0.sealed : nil }
    }

    // MARK: Signing out

    /// The provider at which whoever has this session is to be signed out; nil: at none.
    package func signOutProvider(_ ticket: String, at domain: LoginDomain) async throws(ServiceError) -> String? {
        guard let session = try await session(ticket, at: domain), session.providerSession != nil,
            let provider = environment.identityProvider(session.provider, of: domain.poolID), provider.type == .saml,
            provider.isOn("IDPSignout")
        else { return nil }
        return provider.name
    }

    /// Where the browser is sent to be signed out at the provider; nil: it has no address for that.
    package func signOutAddress(
        _ ticket: String, _ state: SignOutState, sealed: String, at domain: LoginDomain
    ) async throws(ServiceError) -> String? {
        guard let session = try await session(ticket, at: domain)?.providerSession,
            let provider = environment.identityProvider(state.provider, of: domain.poolID),
            let signOn = try? SAMLSignOn(self, domain.pool, provider)
        else { return nil }
        return try await signOn.signOut(session, state, sealed: sealed)
    }

    /// Whether a provider has answered a request to sign out.
    package func isAnswer(
        logoutResponse response: String, _ state: SignOutState, addresses: [String], at domain: LoginDomain
    ) -> Bool {
        guard let provider = environment.identityProvider(state.provider, of: domain.poolID),
            let signOn = try? SAMLSignOn(self, domain.pool, provider)
        else { return false }
        return
            (try? SAMLLogoutResponse.verify(
                inBase64: response, signOn.metadata, request: state.id,
                addresses: addresses.map { $0 + "/saml2/logout" })) != nil
    }

    private func session(_ ticket: String, at domain: LoginDomain) async throws(ServiceError) -> LoginSession? {
        let (poolID, key, time) = (domain.poolID, RowKey(.text(LoginTicket.id(ticket))), time)
        return try await read { (records) throws(ServiceError) in
            try records.get(LoginSession.self, key, of: poolID).flatMap { $0.expires > time ? $0 : nil }
        }
    }
}
