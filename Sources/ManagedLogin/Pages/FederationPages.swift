import CognitoIDPService
import Pages
import Platform
import Wire

/// Where identity providers send browsers back to.
///
/// Browsers send no cookies along with forms of other sites' pages. So what a form brings is proved and kept, and the browser is
/// led to an address of the domain's, where its cookie tells whether it is the one that left for the provider.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/saml2-idpresponse-endpoint.html>
enum FederationPages {
    static let routes: [LoginRoute] = [
        LoginRoute("GET", "/oauth2/idpresponse", event: "OAuth2Response_GET") { (visit) throws(ServiceError) in
            try await takeCode(visit)
        },
        // Apple's way.
        LoginRoute("POST", "/oauth2/idpresponse", event: "OAuth2Response_POST", isFromElsewhere: true) { visit in
            let fields = visit.form.all.filter { ["code", "state", "iss", "error", "user"].contains($0.name) }
            return seeOther("/oauth2/idpresponse?" + PercentEncoding.query(fields), visit)
        },
        LoginRoute("POST", "/saml2/idpresponse", event: "SAML2Response_POST", isFromElsewhere: true) {
            (visit) throws(ServiceError) in try await takeAssertion(visit)
        },
        // AWS leads nobody here.
        LoginRoute("GET", "/saml2/idpresponse", event: "SAML2Response_GET") { (visit) throws(ServiceError) in
            try await takeArrival(visit)
        },
        LoginRoute("POST", "/saml2/logout", event: "SAML2Logout_POST", isFromElsewhere: true) {
            (visit) throws(ServiceError) in try await takeLogout(visit)
        },
    ]

    private static func seeOther(_ path: String, _ visit: LoginVisit) -> LoginReply {
        var reply = LoginReply.redirect(to: visit.base + path)
        reply.status = 303
        return reply
    }

    /// What a state that came back asks for; nil: it is none of this domain's, or what it asks for can't be taken any more.
    private static func request(of state: FederationState, _ visit: LoginVisit) -> AuthorizeRequest? {
        guard state.poolID == visit.domain.poolID else { return nil }
        return try? AuthorizeRequest(state.parameters, at: visit.domain, visit.environment)
    }

    private static func state(_ sealed: String?, _ visit: LoginVisit) -> FederationState? {
        sealed.flatMap { visit.site.sealer.open($0, for: .federation) }
    }

    private static func refuse(_ error: FederationError, _ visit: LoginVisit) -> LoginReply {
        FederatedSignIn.failure(error, nil, visit)
    }

    /// Signs somebody in who has been proved, in the browser that left.
    private static func finish(
        _ identity: FederatedProfile, _ request: AuthorizeRequest, _ visit: LoginVisit
    ) async throws(ServiceError) -> LoginReply {
        let user: ProvedUser
        do throws(FederationError) { user = try await visit.call.admit(identity, request) } catch {
            return FederatedSignIn.failure(error, request, visit)
        }
        do throws(ServiceError) { return try await visit.complete(request, by: user) } catch {
            guard error.fault == .sender else { throw error }
            return FederatedSignIn.failure(
                .told(code: "invalid_request", description: error.message), request, visit)
        }
    }

    // MARK: OpenID Connect and OAuth 2.0

    private static func takeCode(_ visit: LoginVisit) async throws(ServiceError) -> LoginReply {
        guard let state = state(visit.query["state"], visit), let request = request(of: state, visit),
            // Neither another browser's, nor at an address that the provider was not told of.
            isSameSecret(state.browser, visit.formKey), state.address == visit.ownAddress
        else { return refuse(.shown("Invalid state from identity provider"), visit) }
        if visit.query["error"] == nil { try visit.call.takeFederationRate() }
        guard try await visit.call.take(state) else { return visit.error(.failed) }
        if let code = visit.query["error"] {
            return FederatedSignIn.failure(
                .quoting(state.provider, code: code, text: visit.query["error_description"]), request, visit)
        }
        guard let code = visit.query["code"] else {
            return FederatedSignIn.failure(
                .told(code: "invalid_request", description: "\(state.provider) Error - no code"), request, visit)
        }
        let identity: FederatedProfile
        do throws(FederationError) {
            identity = try await visit.call.identity(
                code: code, issuer: visit.query["iss"], names: names(visit), state, request)
        } catch {
            return FederatedSignIn.failure(error, request, visit)
        }
        return try await finish(identity, request, visit)
    }

    /// The name that people let Apple tell, once. It is not signed: nothing else counts of it.
    private static func names(_ visit: LoginVisit) -> [String: String] {
        guard let text = visit.query["user"], let user = try? JSONValue(parsing: Array(text.utf8)) else { return [:] }
        var names: [String: String] = [:]
        for member in ["firstName", "lastName"] {
            if case .string(let name)? = user["name"]?[member] { names[member] = name }
        }
        return names
    }

    // MARK: SAML

    /// Somebody whom a response has proved, until their browser comes by itself.
    private struct Arrival: Codable {
        let state: FederationState
        let identity: FederatedProfile
    }

    /// Where assertions for the domain may say that they go: where it is reached, and AWS's own name of it.
    private static func addresses(_ visit: LoginVisit) -> [String] {
        (visit.isAtOwnAddress ? [visit.ownAddress] : []) + ["https://\(visit.domain.fullName)"]
    }

    private static func takeAssertion(_ visit: LoginVisit) async throws(ServiceError) -> LoginReply {
        guard let response = visit.form["SAMLResponse"] else {
            return refuse(.shown("Required String parameter 'SAMLResponse' is not present"), visit)
        }
        guard let relayState = visit.form["RelayState"] else {
            return refuse(.shown("Required String parameter 'RelayState' is not present"), visit)
        }
        guard let state = state(relayState, visit) else {
            return try await takeUnsolicited(response, relayState, visit)
        }
        guard let request = request(of: state, visit) else { return refuse(.unsolicited, visit) }
        guard state.expires > visit.arrival.time else { return visit.error(.failed) }
        try visit.call.takeFederationRate()
        let identity: FederatedProfile
        do throws(FederationError) {
            identity = try await visit.call.identity(
                samlResponse: response, state, from: state.provider, addresses: addresses(visit), request)
        } catch {
            return FederatedSignIn.failure(error, request, visit)
        }
        let sealed = try visit.site.sealer.seal(Arrival(state: state, identity: identity), for: .arrival)
        let ticket = try await visit.call.keepAnswer(sealed, until: state.expires)
        return seeOther("/saml2/idpresponse?ticket=\(ticket)", visit)
    }

    private static func takeArrival(_ visit: LoginVisit) async throws(ServiceError) -> LoginReply {
        guard let ticket = visit.query["ticket"], let sealed = try await visit.call.keptAnswer(ticket),
            let arrival = visit.site.sealer.open(sealed, for: .arrival, as: Arrival.self),
            let request = request(of: arrival.state, visit), isSameSecret(arrival.state.browser, visit.formKey)
        else { return refuse(.unsolicited, visit) }
        guard try await visit.call.take(arrival.state) else { return visit.error(.failed) }
        return try await finish(arrival.identity, request, visit)
    }

    /// A response that nobody has asked for: what the application wants stands in `RelayState`, as in the address of
    /// `/oauth2/authorize`.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-SAML-session-initiation.html>
    private static func takeUnsolicited(
        _ response: String, _ relayState: String, _ visit: LoginVisit
    ) async throws(ServiceError) -> LoginReply {
        var form = visit.arrival.request
        form.query = relayState
        form.body = []
        guard let parameters = try? form.parameters,
            let request = try? AuthorizeRequest(parameters, at: visit.domain, visit.environment),
            let provider = try await FederatedSignIn.provider(of: request, visit)
        else { return refuse(.unsolicited, visit) }
        try visit.call.takeFederationRate()
        let identity: FederatedProfile
        do throws(FederationError) {
            identity = try await visit.call.identity(
                samlResponse: response, nil, from: provider.name, addresses: addresses(visit), request)
        } catch {
            return FederatedSignIn.failure(error, request, visit)
        }
        return try await finish(identity, request, visit)
    }

    // MARK: Signing out

    /// Where the browser is led to be signed out at the provider by which its user came, too; nil: at none.
    /// - Parameter target: where it is to be in the end.
    static func signOut(
        _ ticket: String, target: String, _ visit: LoginVisit
    ) async throws(ServiceError) -> LoginReply? {
        guard let provider = try await visit.call.signOutProvider(ticket, at: visit.domain) else { return nil }
        let state = SignOutState(
            provider: provider, poolID: visit.domain.poolID, target: target, time: visit.arrival.time)
        let sealed = try visit.site.sealer.seal(state, for: .signOut)
        return try await visit.call.signOutAddress(ticket, state, sealed: sealed, at: visit.domain)
            .map { .redirect(to: $0) }
    }

    private static func takeLogout(_ visit: LoginVisit) async throws(ServiceError) -> LoginReply {
        guard let response = visit.form["SAMLResponse"],
            let state = visit.form["RelayState"].flatMap({
                visit.site.sealer.open($0, for: .signOut, as: SignOutState.self)
            }), state.poolID == visit.domain.poolID,
            visit.call.isAnswer(logoutResponse: response, state, addresses: addresses(visit), at: visit.domain)
        else { return refuse(.unsolicited, visit) }
        guard try await visit.call.take(state) else { return visit.error(.failed) }
        return .redirect(to: state.target)
    }
}
