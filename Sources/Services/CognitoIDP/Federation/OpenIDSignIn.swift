import Fetch
import FoundationEssentials
import OIDC
import Platform
import Wire

// Signing in by an OpenID Connect or OAuth 2.0 provider: an authorization code, redeemed for an ID token and for what the
// provider's userInfo endpoint says.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-oidc-flow.html>

/// One provider, as a user pool relies on it.
struct OpenIDSignIn: Sendable {
    let call: Call
    let provider: UserPoolProvider
    let endpoints: ProviderEndpoints

    init(_ call: Call, _ provider: UserPoolProvider) async throws(FederationError) {
        self.call = call
        self.provider = provider
        endpoints = try await .of(provider, call.environment)
    }

    private var clientID: String { provider.details["client_id"] ?? "" }

    /// Where it sends browsers back to.
    private static func callback(_ state: FederationState) -> String { state.address + "/oauth2/idpresponse" }

    // MARK: The way there

    /// The address that the browser is sent to.
    /// - Parameters:
    ///   - sealed: the state, as it travels.
    func address(_ state: FederationState, sealed: String) -> String {
        var values: [(name: String, value: String?)] = [
            ("client_id", clientID), ("redirect_uri", Self.callback(state)), ("response_type", "code"),
            ("scope", provider.details["authorize_scopes"]), ("state", sealed),
        ]
        let given = { (name: String) in state.parameters.first { $0.name == name && !$0.value.isEmpty }?.value }
        let prompts = (given("prompt") ?? "").split(separator: " ").filter { $0 != "none" }
        if !prompts.isEmpty { values.append((name: "prompt", value: prompts.joined(separator: " "))) }
        switch provider.type {
        case .oidc:
            // Those that know neither ignore both. AWS sends neither.
            values.append((name: "nonce", value: state.nonce))
            values.append((name: "code_challenge", value: state.challenge))
            values.append((name: "code_challenge_method", value: "S256"))
            values.append((name: "login_hint", value: given("login_hint")))
        case .apple:
            // Apple tells names and addresses only by a form.
            if (provider.details["authorize_scopes"] ?? "").contains(where: { $0 != " " }) {
                values.append((name: "response_mode", value: "form_post"))
            }
        case .google, .facebook, .amazon, .saml: break
        }
        return RedirectURI.with(values, endpoints.authorize)
    }

    // MARK: The way back

    /// Who a code is for.
    /// - Parameter issuer: who says that it has given the code out (RFC 9207); nil: nobody says it.
    func identity(
        code: String, issuer: String?, _ state: FederationState
    ) async throws(FederationError) -> FederatedProfile {
        if let issuer, !endpoints.issuers.isEmpty, !endpoints.issuers.contains(issuer) {
            throw .told(code: "invalid_request", description: "The code is another provider's.")
        }
        let tokens = try await redeem(code, state)
        var sections = ["tokenResponse": ClaimText.texts(tokens)]
        var verified: VerifiedToken?
        if let keys = endpoints.keys {
            guard let text = tokens["id_token"]?.string else { throw invalid("the provider issued none") }
            let token = try await verify(text, keys, state)
            verified = token
            sections["idToken"] = ClaimText.texts(token.claims)
        }
        if let text = tokens["access_token"]?.string {
            sections["userInfo"] = ClaimText.texts(try await userInfo(text, subject: verified?.subject))
        }
        // What is signed counts more.
        var claims = ClaimText.merged(["idToken", "userInfo"].compactMap { sections[$0] }, provider.mapping)
        // Only a provider without ID tokens is believed what is not signed.
        guard let subject = verified?.subject ?? claims[provider.mapping["username"] ?? "sub"], !subject.isEmpty else {
            throw invalid("the provider does not say who the user is")
        }
        claims["access_token"] = tokens["access_token"]?.string
        claims["id_token"] = verified == nil ? nil : tokens["id_token"]?.string
        return FederatedProfile(
            provider: provider.name, subject: subject, issuer: nil, claims: claims, sections: sections, session: nil)
    }

    /// What tokens themselves are called where they are mapped to attributes.
    private static let tokenClaims: Set<String> = ["access_token", "id_token"]

    /// The token endpoint's answer. Cognito proves itself in the body alone (`client_secret_post`).
    private func redeem(_ code: String, _ state: FederationState) async throws(FederationError) -> [String: ClaimValue]
    {
        var form = [
            (name: "grant_type", value: "authorization_code"), (name: "code", value: code),
            (name: "redirect_uri", value: Self.callback(state)), (name: "client_id", value: clientID),
        ]
        if let secret = try await clientSecret() { form.append((name: "client_secret", value: secret)) }
        if provider.type == .oidc { form.append((name: "code_verifier", value: state.verifier)) }
        let isGet = provider.details["token_request_method"] == "GET" && !endpoints.isStandIn
        let request =
            isGet
            ? ProviderRequest("GET", RedirectURI.with(form.map { ($0.name, $0.value) }, endpoints.token))
            : ProviderRequest("POST", endpoints.token, form: form)
        let answer = try await call.environment.ask(request, of: provider)
        let body = (try? JSONDecoder().decode([String: ClaimValue].self, from: Data(answer.body))) ?? [:]
        guard answer.status == 200, !body.isEmpty else {
            // LoginWithAmazon Error - 400 invalid_request The request is missing …
            throw .quoting(
                provider.name, "\(answer.status)", code: body["error"]?.string,
                text: body["error_description"]?.string)
        }
        return body
    }

    private func clientSecret() async throws(FederationError) -> String? {
        guard provider.type == .apple else { return provider.details["client_secret"] }
        guard let secret = await AppleSecret.make(provider.details, now: call.clientTime) else {
            throw .told(code: "server_error", description: "The private key of \(provider.name) can't be used.")
        }
        return secret
    }

    /// - Parameter address: where the provider's keys are.
    private func verify(
        _ text: String, _ address: String, _ state: FederationState
    ) async throws(FederationError) -> VerifiedToken {
        // As Cognito does, for each token anew.
        let keys = try await call.environment.ask(ProviderRequest("GET", address), of: provider)
        guard keys.status == 200 else {
            throw .told(
                code: "server_error", description: "\(provider.name) Error - \(keys.status) error getting jwks")
        }
        let verified: VerifiedToken
        do throws(TokenError) {
            let token = try WebIdentityToken(parsing: text)
            guard endpoints.issuers.contains(token.issuer) else { throw TokenError.invalidClaim("iss") }
            verified = try await token.verify(
                keySet: keys.body, clientIDs: [clientID], by: .openIDConnect, now: call.clientTime)
        } catch {
            throw invalid(Self.reason(error))
        }
        // OpenID Connect Core, 3.1.3.7: a code that somebody got for a request without one proves nothing here, even if the provider
        // doesn't know verifiers.
        guard let nonce = verified.claims["nonce"], nonce != .null else {
            guard provider.type != .oidc else { throw invalid("nonce is missing") }
            return verified
        }
        guard nonce.string == state.nonce else { throw invalid("nonce is another request's") }
        return verified
    }

    private static func reason(_ error: TokenError) -> String {
        switch error {
        case .malformed: "it is no JSON Web Token"
        case .missingClaim(let name): "\(name) is missing"
        case .invalidClaim(let name): "\(name) is invalid"
        case .wrongAudience: "aud does not match the client id"
        case .expired: "it has expired"
        case .notYetValid: "it is not valid yet"
        case .unsupportedAlgorithm: "its algorithm is not supported"
        case .noKey: "none of the provider's keys has its kid"
        case .wrongSignature: "its signature is invalid"
        case .provider: "the provider's keys can't be read"
        }
    }

    private func invalid(_ reason: String) -> FederationError {
        .told(code: "invalid_request", description: "Bad id_token: \(reason)")
    }

    // MARK: What else the provider says

    /// What the userInfo endpoint says; nothing, where there is none, or where an ID token has said enough.
    /// - Parameter subject: whom the ID token is about; nil: there was none.
    private func userInfo(_ token: String, subject: String?) async throws(FederationError) -> [String: ClaimValue] {
        guard var address = endpoints.userInfo else { return [:] }
        if provider.details["attributes_url_add_attributes"] == "true", !endpoints.isStandIn {
            // The provider does not know tokens by names that only mappings have.
            address += Set(provider.mapping.values).subtracting(Self.tokenClaims).sorted()
                .map { RedirectURI.encoded($0) }.joined(separator: ",")
        }
        let method = provider.details["attributes_request_method"] == "POST" ? "POST" : "GET"
        var request = ProviderRequest(method, address)
        request.headers.append((name: "Authorization", value: "Bearer \(token)"))
        let answer: Fetch.Answer
        do throws(FederationError) { answer = try await call.environment.ask(request, of: provider) } catch {
            guard subject != nil else { throw error }
            return [:]
        }
        let told = try? JSONDecoder().decode([String: ClaimValue].self, from: Data(answer.body))
        guard answer.status == 200, let told else {
            guard subject != nil else {
                throw .told(
                    code: "invalid_request", description: "\(provider.name) Error - \(answer.status) userInfo failed")
            }
            return [:]
        }
        guard let subject else { return told }
        // OpenID Connect Core, 5.3.2: otherwise it is about somebody else. What Google's own endpoint says has no subject.
        switch told["sub"] {
        case .string(let other)?:
            guard isSameText(other, subject) else { throw invalid("userInfo is about another user") }
            return told
        case nil where provider.type == .google && !endpoints.isStandIn: return told
        default: return [:]
        }
    }
}
