import CognitoIdentityAPI
import Platform
import Wire

/// The basic flow: the application itself asks STS for a role, with the token.
/// <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_GetOpenIdToken.html>
extension CognitoIdentity.GetOpenIdToken: ComputeOperation, OfAnybody {
    public static var isReadOnly: Bool { false }
    private static let seconds = 600

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let (pool, shown) = try await prove(input, call)
        guard pool.settings.allowsClassicFlow else {
            throw .invalidParameter("Basic (classic) flow is not enabled, please use enhanced flow.")
        }
        guard pool.roleMappings.isEmpty else {
            throw .invalidParameter(
                "Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.")
        }
        guard !shown.logins.contains(where: { $0.offeredRoles != nil }) else {
            throw .invalidParameter(
                "Basic (classic) flow is not supported with SAML providers, please use enhanced flow.")
        }
        guard !shown.isEmpty || pool.settings.allowsGuests else { throw .guestsNotSupported }
        let identity = try await call.resolve(input.identityId, shown, of: pool)
        let token = try await IdentityToken.sign(
            for: identity.id, of: pool, methods: shown.methods, tags: pool.sessionTags(shown.logins), seconds: seconds,
            call)
        return Output(identityId: identity.id, token: token)
    }
}
