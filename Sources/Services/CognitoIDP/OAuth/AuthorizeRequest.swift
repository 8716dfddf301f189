import CognitoIDPAPI
import Platform

/// What an application asks for when it sends a browser to sign in.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html>
package struct AuthorizeRequest: Sendable {
    /// What the application gets in the end.
    package enum ResponseType: String, Sendable {
        /// A code, which it redeems.
        case code
        /// The tokens themselves, in the browser's address.
        case token
    }

    package let domain: LoginDomain
    package let client: LoginClient
    package let responseType: ResponseType
    package let redirectURI: String
    /// Those that the tokens get.
    let scopes: [String]
    /// What the application wants to get back; nil: nothing.
    package let state: String?
    let nonce: String?
    /// What the access token is for (RFC 8707); nil: the application does not say.
    let resource: String?
    /// The SHA-256 of a secret that the application will show in the end (PKCE, RFC 7636), in base64url.
    let codeChallenge: String?
    /// What to fill in as the user name.
    package let loginHint: String?
    package let prompts: Set<String>
    /// The identity provider to go to at once, by its name.
    package let identityProvider: String?
    /// The same, by one of its other names.
    package let identifier: String?

    /// Why a request can't be taken.
    package enum Problem: Error, Sendable {
        /// The browser can be sent nowhere: it is shown the error.
        case shown(LoginError)
        /// The application is told: the browser is sent there.
        case told(location: String)
    }

    /// What is shown to people where an application can't be told.
    package enum LoginError: String, Sendable, CaseIterable {
        case noClientID = "missing_client_id"
        case noSuchClient = "client_not_found"
        case noRedirectURI = "missing_redirect_uri"
        case redirectMismatch = "redirect_mismatch"
        case unauthorizedClient = "unauthorized_client"
        case repeatedParameter = "invalid_request"
        case unavailable = "login_pages_unavailable"
        case logoutMismatch = "logout_mismatch"
        case providerUnavailable = "identity_provider_unavailable"
        case failed = "something_went_wrong"
    }

    /// Reads a request.
    /// - Parameter parameters: all that the address has, in any order.
    package init(
        _ parameters: [(name: String, value: String)], at domain: LoginDomain, _ environment: Environment
    ) throws(Problem) {
        let known = [
            "client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge",
            "code_challenge_method", "prompt", "login_hint", "identity_provider", "idp_identifier", "resource",
        ]
        // RFC 6749, section 3.1: none may be there twice. Who reads the first and who the last would disagree.
        for name in known where parameters.count(where: { $0.name == name }) > 1 {
            throw .shown(.repeatedParameter)
        }
        let value = { (name: String) in parameters.first { $0.name == name && !$0.value.isEmpty }?.value }
        guard let clientID = value("client_id") else { throw .shown(.noClientID) }
        guard let client = domain.client(clientID, environment) else { throw .shown(.noSuchClient) }
        guard let redirectURI = value("redirect_uri") else { throw .shown(.noRedirectURI) }
        let settings = client.entry.settings
        // Letter by letter, so that nothing can be read in two ways.
        guard (settings.callbackURLs ?? []).contains(where: { isSameText($0, redirectURI) }),
            RedirectURI.isSafe(redirectURI)
        else { throw .shown(.redirectMismatch) }
        self.domain = domain
        self.client = client
        self.redirectURI = redirectURI
        state = value("state")
        let state = state
        let fail = { (code: OAuthError.Code, text: String?) in
            Problem.told(
                location: RedirectURI.with(
                    [("error_description", text), ("error", code.rawValue), ("state", state)], redirectURI))
        }
        guard settings.allowedOAuthFlowsUserPoolClient == true else { throw .shown(.unauthorizedClient) }
        guard let type = value("response_type") else { throw fail(.invalidRequest, "response_type is missing") }
        guard let responseType = ResponseType(rawValue: type) else {
            throw fail(.unauthorizedClient, "response_type must be code or token")
        }
        let flow = responseType == .code ? "code" : "implicit"
        guard settings.allowedOAuthFlows?.contains(flow) == true else { throw fail(.unauthorizedClient, nil) }
        self.responseType = responseType
        switch (value("code_challenge"), value("code_challenge_method")) {
        case (nil, nil): codeChallenge = nil
        case (let challenge?, "S256"):
            guard CodeChallenge.isChallenge(challenge) else {
                throw fail(.invalidRequest, "code_challenge is not valid")
            }
            codeChallenge = challenge
        case (_, nil): throw fail(.invalidRequest, "code_challenge_method is missing")
        case (nil, _): throw fail(.invalidRequest, "code_challenge is missing")
        default: throw fail(.invalidRequest, "code_challenge_method must be S256")
        }
        resource = value("resource")
        if let resource {
            guard RedirectURI.isSafe(resource), RedirectURI.isTrusted(resource) else {
                throw fail(.invalidTarget, "resource is not valid")
            }
        }
        do throws(OAuthError) {
            scopes = try Scopes.granted(value("scope"), to: client.entry, environment)
        } catch {
            throw fail(error.code, error.description)
        }
        // The classic pages don't know it.
        prompts = domain.isManagedLogin ? Set((value("prompt") ?? "").split(separator: " ").map(String.init)) : []
        guard !prompts.contains("none") || prompts.count == 1 else {
            throw fail(.invalidRequest, "prompt is none, and something else besides")
        }
        nonce = value("nonce")
        loginHint = value("login_hint")
        identityProvider = value("identity_provider")
        identifier = value("idp_identifier")
    }

    /// Where the browser is sent to tell the application that there will be nothing.
    package func failure(_ error: OAuthError) -> String {
        RedirectURI.with(
            [("error_description", error.description), ("error", error.code.rawValue), ("state", state)], redirectURI)
    }
}
