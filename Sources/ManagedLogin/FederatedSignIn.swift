import CognitoIDPService
import Platform
import Wire

/// Signing in by an identity provider outside of the user pool.
///
/// A provider is gone to with what the application asks for, sealed (`ManagedLogin.SealedPurpose.federation`), as `state` or
/// `RelayState`. When the browser is back, at a route of its own, whoever has proved the answer makes a ``ProvedUser`` of it, and
/// ends with ``LoginVisit/complete(_:by:)``: see ``FederationPages``.
enum FederatedSignIn {
    /// The provider that a request names, or the only one that there is; nil: people choose.
    static func provider(
        of request: AuthorizeRequest, _ visit: LoginVisit
    ) async throws(ServiceError) -> LoginProvider? {
        let providers = visit.environment.loginProviders(of: request.client, at: visit.domain)
        if let name = request.identityProvider { return providers.first { $0.name == name } }
        if let identifier = request.identifier {
            return providers.first { $0.identifiers.contains(identifier) }
        }
        return !request.client.hasLocalUsers && providers.count == 1 ? providers.first : nil
    }

    /// Sends the browser to a provider.
    static func begin(
        _ provider: LoginProvider, _ request: AuthorizeRequest, _ visit: LoginVisit
    ) async throws(ServiceError) -> LoginReply {
        // Providers send what proves somebody wherever the request says.
        guard visit.isAtOwnAddress else {
            let address = visit.environment.publicAddress.url + visit.base
            return failure(.shown("This is not the address of the user pool's domain: it is \(address)"), nil, visit)
        }
        let state = FederationState(
            to: provider, at: visit.domain, parameters: visit.query.all, browser: visit.formKey,
            address: visit.ownAddress, time: visit.arrival.time)
        let sealed = try visit.site.sealer.seal(state, for: .federation)
        let destination: ProviderDestination?
        do throws(FederationError) {
            destination = try await visit.call.destination(state, sealed: sealed, request)
        } catch {
            return failure(error, request, visit)
        }
        switch destination {
        case nil: return visit.error(.providerUnavailable)
        case .address(let location)?: return visit.rememberingFormKey(.redirect(to: location))
        case .form(let action, let origin, let fields)?:
            let look = try await visit.look(of: request.client)
            var reply = visit.page(
                "provider", "Continue to \(provider.shownName)",
                [
                    "action": action, "name": provider.shownName,
                    "fields": fields.map { ["name": $0.name, "value": $0.value] },
                ], look: look.map { PageLook($0, request.client, visit) })
            reply.formOrigin = origin
            return reply
        }
    }

    /// Tells the application, or the person, that nobody is signed in.
    static func failure(
        _ error: FederationError, _ request: AuthorizeRequest?, _ visit: LoginVisit
    ) -> LoginReply {
        var reply: LoginReply
        switch (error, request) {
        case (.told(let code, let description, let isQuoted), let request?):
            reply = .redirect(to: request.failure(code: code, description: description))
            reply.error = (code, isQuoted ? "" : description)
        case (.told(let code, let text, let isQuoted), nil):
            reply = visit.message("An error was encountered with the requested page", text, status: 400)
            reply.error = (code, isQuoted ? "" : text)
        case (.shown(let text), _):
            reply = visit.message("An error was encountered with the requested page", text, status: 400)
            reply.error = ("invalid_request", text)
        }
        return reply
    }
}
