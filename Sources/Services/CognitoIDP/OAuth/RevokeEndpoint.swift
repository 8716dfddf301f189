import CognitoIDPAPI
import Platform
import Wire

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
        do throws(ServiceError) {
            guard let found = try await call.revocable(token, of: client) else { return }
            let poolID = domain.poolID
            try await call.keep { (records) throws(ServiceError) in try records.revoke(found, of: poolID) }
        } catch {
            switch error.code {
            case "UnsupportedOperationException": throw OAuthError(.invalidRequest, error.message)
            case "UnsupportedTokenTypeException": throw OAuthError(.unsupportedTokenType)
            // Another client's: whoever asks learns nothing of it.
            case "UnauthorizedException": throw OAuthError(.invalidRequest)
            default: throw OAuthError(.serverError)
            }
        }
    }
}
