import CognitoIDPService
import Pages
import Platform
import Wire

/// The page on which users sign in: with name and password, by what else the pool takes, or at an identity provider.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/login-endpoint.html>
enum SignInPages {
    static let routes: [LoginRoute] = [
        LoginRoute("GET", "/login", event: "Login_GET") { (visit) throws(ServiceError) in
            try await visit.withPage { (page) throws(ServiceError) in
                if let reply = try await visit.answerBySession(page.request) { return reply }
                return show(page)
            }
        },
        LoginRoute("POST", "/login", event: "CognitoAuthentication", managed: "login_POST") {
            (visit) throws(ServiceError) in
            try await visit.withPage { (page) throws(ServiceError) in try await signIn(page) }
        },
    ]

    /// - Parameters:
    ///   - problem: why it is shown again; nil: it is shown for the first time.
    static func show(_ page: LoginPage, problem: String? = nil, status: Int = 200) -> LoginReply {
        let visit = page.visit
        let asksName = page.request.client.hasLocalUsers
        return page.show(
            "login", "Sign in",
            [
                "hasLocalUsers": asksName, "asksPassword": page.request.client.firstFactors.isEmpty,
                "nameLabel": nameLabel(visit.domain),
                "nameKind": visit.domain.namingAttributes == ["email"] ? "email" : "text",
                "name": visit.form["username"] ?? page.request.loginHint, "problem": problem,
                "action": visit.address("/login"),
                "forgot": asksName ? visit.address("/forgotPassword") : nil,
                "signUp": asksName && visit.domain.admitsSignUp ? visit.address("/signup") : nil,
                "notice": notice(visit),
                "providers": page.providers.map { provider in
                    [
                        "name": provider.shownName,
                        "address": visit.address(
                            "/oauth2/authorize", named: [(name: "identity_provider", value: provider.name)]),
                    ]
                },
                "hasBoth": asksName && !page.providers.isEmpty,
            ], status: status)
    }

    /// What the page before has done.
    private static func notice(_ visit: LoginVisit) -> String? {
        switch visit.query["notice"] {
        case "confirmed": "Your account is confirmed. Sign in."
        case "password": "Your password was changed. Sign in."
        default: nil
        }
    }

    /// What users sign in with.
    static func nameLabel(_ domain: LoginDomain) -> String {
        let naming = domain.namingAttributes
        if naming == ["email"] { return "Email address" }
        if naming == ["phone_number"] { return "Phone number" }
        if !naming.isEmpty { return "Email address or phone number" }
        let hasEmail = domain.aliasAttributes.contains("email")
        let hasPhone = domain.aliasAttributes.contains("phone_number")
        return hasEmail && hasPhone
            ? "Username, email address or phone number"
            : hasEmail ? "Username or email address" : hasPhone ? "Username or phone number" : "Username"
    }

    private static func signIn(_ page: LoginPage) async throws(ServiceError) -> LoginReply {
        let visit = page.visit
        guard page.request.client.hasLocalUsers else { return visit.error(.providerUnavailable) }
        guard let name = visit.form.optional("username") else {
            return show(page, problem: "Enter your \(nameLabel(visit.domain).lowercased()).", status: 400)
        }
        let asksPassword = page.request.client.firstFactors.isEmpty
        guard !asksPassword || visit.form["password"] != nil else {
            return show(page, problem: "Enter your password.", status: 400)
        }
        do throws(ServiceError) {
            let step = try await visit.call.beginPageSignIn(
                page.request.client, as: name, password: asksPassword ? visit.form.text("password") : nil)
            return try await ChallengePages.answer(step, of: name, page)
        } catch {
            return try await failure(error, of: name, page)
        }
    }

    /// Leads on where a sign-in can't go on, or shows the page again.
    static func failure(
        _ error: ServiceError, of name: String, _ page: LoginPage
    ) async throws(ServiceError) -> LoginReply {
        guard error.fault == .sender else { throw error }
        var reply: LoginReply
        switch error.code {
        case "UserNotConfirmedException":
            reply = try await SignUpPages.confirm(page, of: name, resends: true)
        case "PasswordResetRequiredException":
            reply = PasswordPages.confirm(
                page, of: name, problem: "You have to choose a new password. Enter the code that you were sent.")
        default: reply = show(page, problem: text(error), status: 400)
        }
        reply.error = (error.code, error.message)
        return reply
    }

    /// What is told of an error.
    static func text(_ error: ServiceError) -> String {
        // The model's complaints are for those who write programs.
        if error.message.contains("validation error") {
            return "What you typed can't be taken. Check it, and try again."
        }
        return error.message.isEmpty ? error.code : error.message
    }
}
