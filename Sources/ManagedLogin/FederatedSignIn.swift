import CognitoIDPService
import Platform
import Wire

/// Signing in by an identity provider outside of the user pool.
///
/// A provider is gone to with what the application asks for, sealed (`ManagedLogin.SealedPurpose.federation`), as `state` or
/// `RelayState`. When the browser is back, at a route of its own, whoever has proved the answer makes a ``ProvedUser`` of it, and
/// ends with ``LoginVisit/complete(_:by:)``.
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
        visit.error(.providerUnavailable)
    }
}
