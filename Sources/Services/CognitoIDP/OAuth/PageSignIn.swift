import CognitoIDPAPI
import Crypto
import FoundationEssentials
import Platform
import Wire

/// What a sign-in on pages has come to.
package enum PageSignInStep: Sendable {
    /// The user has proved who they are.
    case proved(ProvedUser)
    /// Something is still to be proved: the page asks for it.
    case challenge(name: String, parameters: [String: String], session: String)
    /// The user chooses how to go on: `PASSWORD`, `EMAIL_OTP`, `SMS_OTP`, `WEB_AUTHN`.
    case choice([String], session: String)
}

extension LoginClient {
    /// By what users may begin, besides a password: empty where there is nothing to choose.
    package var firstFactors: [String] {
        guard entry.settings.explicitAuthFlows?.contains("ALLOW_USER_AUTH") == true else { return [] }
        let allowed = entry.pool.settings.policies?.signInPolicy?.allowedFirstAuthFactors ?? []
        return allowed.contains { $0 != "PASSWORD" } ? allowed : []
    }
}

extension Call {
    /// Begins a sign-in on a page.
    /// - Parameters:
    ///   - name: whatever the user signs in with.
    ///   - password: nil: the user is asked how to go on.
    package func beginPageSignIn(
        _ client: LoginClient, as name: String, password: String?
    ) async throws(ServiceError) -> PageSignInStep {
        var parameters = ["USERNAME": name]
        parameters["PASSWORD"] = password
        parameters["SECRET_HASH"] = client.entry.secretHash(of: name)
        try takeSignInRate()
        var request = SignInRequest(
            flow: password == nil ? "USER_AUTH" : "USER_PASSWORD_AUTH", client: try client.entry.withAllFlows(),
            parameters: parameters)
        request.context["UserAgent"] = source.userAgent
        return PageSignInStep(try await beginSignIn(request))
    }

    /// Goes on with one.
    /// - Parameters:
    ///   - name: who the challenge is for.
    ///   - responses: what the user has answered.
    package func answerPageChallenge(
        _ challenge: String, session: String, of name: String, _ responses: [String: String], _ client: LoginClient
    ) async throws(ServiceError) -> PageSignInStep {
        var responses = responses
        responses["USERNAME"] = name
        responses["SECRET_HASH"] = client.entry.secretHash(of: name)
        try takeSignInRate()
        let step = try await answerChallenge(
            challenge, session: session, responses: responses, client: try client.entry.withAllFlows(),
            clientMetadata: [:], isOfAdmin: false)
        return PageSignInStep(step)
    }
}

extension PageSignInStep {
    fileprivate init(_ step: SignInStep) {
        switch step {
        case .done(var grant, _):
            // Pages remember no devices: the refresh token would be of no use without one.
            grant.deviceKey = nil
            self = .proved(ProvedUser(grant: grant))
        case .challenge(let name, let parameters, let session):
            self = .challenge(name: name, parameters: parameters, session: session ?? "")
        case .choice(let factors, let session): self = .choice(factors, session: session)
        }
    }
}

extension ClientEntry {
    /// `SECRET_HASH`, by which an application proves that it has the client's secret; nil: there is none.
    func secretHash(of name: String) -> String? {
        guard let secret = client.secrets.last?.value else { return nil }
        let code = HMAC<SHA256>.authenticationCode(
            for: Data((name + id).utf8), using: SymmetricKey(data: Data(secret.utf8)))
        return Data(code).base64EncodedString()
    }

    /// The client, as pages sign in to it: the flows that applications may use say nothing of pages.
    func withAllFlows() throws(ServiceError) -> ClientEntry {
        var (client, settings) = (client, settings)
        settings.explicitAuthFlows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        client.settings = settings.structure.json
        return try ClientEntry(client, of: pool)
    }
}
