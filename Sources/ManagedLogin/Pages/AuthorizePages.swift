import CognitoIDPService
import Pages
import Platform
import Wire

/// The endpoint to which applications send browsers. It has no page: it leads to one, or back at once.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html>
enum AuthorizePages {
    static let routes: [LoginRoute] = [
        LoginRoute("GET", "/oauth2/authorize", event: "OAuth2_Authorize_GET") { (visit) throws(ServiceError) in
            try await visit.withRequest { (request) throws(ServiceError) in try await answer(request, visit) }
        }
    ]

    private static func answer(_ request: AuthorizeRequest, _ visit: LoginVisit) async throws(ServiceError)
        -> LoginReply
    {
        if let reply = try await visit.answerBySession(request) { return reply }
        guard !request.prompts.contains("none") else {
            return .redirect(to: request.failure(OAuthError(.loginRequired)))
        }
        if let provider = try await FederatedSignIn.provider(of: request, visit) {
            return try await FederatedSignIn.begin(provider, request, visit)
        }
        if request.identityProvider != nil && request.identityProvider != "COGNITO" || request.identifier != nil {
            return visit.error(.providerUnavailable)
        }
        var reply = LoginReply.redirect(to: visit.address("/login"))
        if let language = visit.query["lang"].flatMap({ Languages.code($0) }) {
            reply = reply.setting(LoginCookie(name: LoginCookie.language, value: language, lifetime: 365 * 86_400))
        }
        return reply
    }
}

/// The languages that AWS's pages are in. Gatehouse's are in English; which one was asked for is kept as AWS keeps it, and chooses
/// the documents that pages link to.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html#managed-login-localization>
enum Languages {
    /// By code, what `Links` of terms call them.
    private static let names = [
        "de": "german", "en": "english", "es": "spanish", "fr": "french", "id": "bahasa-indonesia", "it": "italian",
        "ja": "japanese", "ko": "korean", "pt-BR": "portuguese-brazil", "zh-CN": "chinese-simplified",
        "zh-TW": "chinese-traditional",
    ]

    /// nil: there are no pages in it.
    static func code(_ text: String) -> String? { names.keys.first { $0.lowercased() == text.lowercased() } }

    /// What terms call the language that was asked for, now or earlier in this browser.
    static func name(_ visit: LoginVisit) -> String {
        let asked = (visit.query["lang"] ?? visit.cookie(LoginCookie.language)).flatMap { code($0) }
        return asked.flatMap { names[$0] } ?? "english"
    }
}

extension LoginVisit {
    /// Answers what an application asks for; where that can't be taken, the application, or the person, is told.
    func withRequest(
        _ body: (AuthorizeRequest) async throws(ServiceError) -> LoginReply
    ) async throws(ServiceError) -> LoginReply {
        let request: AuthorizeRequest
        do throws(AuthorizeRequest.Problem) {
            request = try AuthorizeRequest(query.all, at: domain, environment)
        } catch {
            switch error {
            case .shown(let problem): return self.error(problem)
            case .told(let location):
                var reply = LoginReply.redirect(to: location)
                reply.error = ("invalid_request", "")
                return reply
            }
        }
        return try await body(request)
    }

    /// Gives the application what it asks for where somebody signed in in this browser within the last hour; nil: nobody did,
    /// or the application wants it done again.
    func answerBySession(_ request: AuthorizeRequest) async throws(ServiceError) -> LoginReply? {
        guard !request.prompts.contains("login"), let user = try await sessionUser(request) else { return nil }
        if let wanted = request.identityProvider, wanted != user.provider { return nil }
        let (location, _) = try await call.complete(request, by: user, keepsSession: false)
        return .redirect(to: location)
    }

    /// Who signed in in this browser within the last hour; nil: nobody.
    func sessionUser(_ request: AuthorizeRequest) async throws(ServiceError) -> ProvedUser? {
        guard let ticket = cookie(LoginCookie.session) else { return nil }
        return try await call.sessionUser(ticket, for: request)
    }

    /// Ends a sign-in that somebody has just gone through: the browser remembers it, and the application is told.
    func complete(_ request: AuthorizeRequest, by user: ProvedUser) async throws(ServiceError) -> LoginReply {
        // One that another person left in this browser is over.
        if let old = cookie(LoginCookie.session) { try await call.endSession(old, of: domain) }
        let (location, session) = try await call.complete(request, by: user, keepsSession: true)
        return LoginReply.redirect(to: location).setting(
            LoginCookie(name: LoginCookie.session, value: session ?? "", lifetime: 3600))
    }
}
