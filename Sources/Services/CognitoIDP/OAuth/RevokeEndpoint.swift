import CognitoIDPAPI
package import Platform
package import Wire

/// The endpoint at which applications give up a refresh token, and all tokens that came of it.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html>
package enum RevokeEndpoint {
    /// Answers a request; a token that is none, or is revoked already, is no error.
    /// - Throws: `invalid_request`, `invalid_client`, `unsupported_token_type`.
    package static func respond(
        _ form: [(name: String, value: String)], authorization: String?, at domain: LoginDomain, _ call: Call
    ) async throws(OAuthError) {
        let form = try TokenForm(form)
        guard let token = form["token"] else { throw OAuthError(.invalidRequest) }
        let client = try ClientAuthentication.client(authorization, form, of: domain, call.environment)
        guard client.settings.enableTokenRevocation != false else {
            throw OAuthError(.invalidRequest, "Token revocation is not enabled for this client")
        }
        // Access and ID tokens are signed, in three parts; refresh tokens are sealed.
        guard token.split(separator: ".", omittingEmptySubsequences: false).count != 3 else {
            throw OAuthError(.unsupportedTokenType)
        }
        do throws(ServiceError) {
            try await call.revokeRefreshToken(token, client)
        } catch {
            throw OAuthError(.serverError)
        }
    }
}
