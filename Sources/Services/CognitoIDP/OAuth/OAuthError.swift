/// An error of the OAuth 2.0 endpoints, as they send it.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html>
package struct OAuthError: Error, Sendable, Equatable {
    /// The errors of RFC 6749, RFC 7009 and OpenID Connect that the endpoints know.
    package enum Code: String, Sendable {
        case invalidRequest = "invalid_request"
        case invalidClient = "invalid_client"
        case invalidGrant = "invalid_grant"
        case unauthorizedClient = "unauthorized_client"
        case unsupportedGrantType = "unsupported_grant_type"
        case unsupportedTokenType = "unsupported_token_type"
        case invalidScope = "invalid_scope"
        case invalidTarget = "invalid_target"
        case invalidToken = "invalid_token"
        case loginRequired = "login_required"
        case accessDenied = "access_denied"
        case serverError = "server_error"
    }

    package let code: Code
    /// What is wrong, in words; nil: the code says it.
    package let description: String?

    package init(_ code: Code, _ description: String? = nil) {
        self.code = code
        self.description = description
    }
}
