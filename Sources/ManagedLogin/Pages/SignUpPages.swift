import CognitoIDPService
import Pages
import Platform
import Wire

/// The pages on which people sign themselves up, and confirm it with a code.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html>
enum SignUpPages {
    static let routes: [LoginRoute] = [
        LoginRoute("GET", "/signup", event: "Signup_GET") { (visit) throws(ServiceError) in
            try await visit.withSignUp { (page) throws(ServiceError) in try await show(page) }
        },
        LoginRoute("POST", "/signup", event: "Signup_POST", managed: "signup_POST") { (visit) throws(ServiceError) in
            try await visit.withSignUp { (page) throws(ServiceError) in try await signUp(page) }
        },
        LoginRoute("GET", "/confirmuser", event: "Confirm_GET", managed: "confirmUser_GET") {
            (visit) throws(ServiceError) in
            // The address in a mail names the user and the code alone.
            if visit.query["confirmation_code"] != nil { return try await confirmByLink(visit) }
            return try await visit.withPage { (page) throws(ServiceError) in
                try await confirm(page, of: visit.query["username"] ?? "", resends: false)
            }
        },
        LoginRoute("POST", "/confirmuser", event: "Confirm_POST", managed: "signup_confirm_POST") {
            (visit) throws(ServiceError) in
            try await visit.withPage { (page) throws(ServiceError) in try await take(page) }
        },
        LoginRoute("POST", "/resendcode", event: "ResendCode_POST") { (visit) throws(ServiceError) in
            try await visit.withPage { (page) throws(ServiceError) in
                try await confirm(page, of: visit.form.typed("username"), resends: true)
            }
        },
    ]

    private static func show(
        _ page: LoginPage, problem: String? = nil, status: Int = 200
    ) async throws(ServiceError) -> LoginReply {
        let visit = page.visit
        let terms = try await visit.environment.loginTerms(
            of: page.request.client, at: visit.domain, in: Languages.name(visit))
        let naming = visit.domain.namingAttributes
        return page.show(
            "sign-up", "Sign up",
            [
                "problem": problem, "action": visit.address("/signup"), "signIn": visit.address("/login"),
                "nameLabel": naming.isEmpty ? "Username" : SignInPages.nameLabel(visit.domain),
                "nameKind": naming == ["email"] ? "email" : "text", "name": visit.form["username"],
                "fields": visit.domain.signUpFields(page.request.client).map {
                    FieldText(
                        $0.attribute, isRequired: $0.isRequired, value: visit.form["attribute-\($0.attribute)"])
                },
                "rules": PasswordRuleText.all(visit.domain.passwordRules),
                "terms": terms.map { ["use": $0.use, "privacy": $0.privacy] },
            ], status: status)
    }

    private static func signUp(_ page: LoginPage) async throws(ServiceError) -> LoginReply {
        let visit = page.visit
        let (name, password) = (visit.form.typed("username"), visit.form.text("password"))
        guard !name.isEmpty else {
            return try await show(page, problem: "Enter a name to sign in with.", status: 400)
        }
        guard password == visit.form.text("password-again") else {
            return try await show(page, problem: "The two passwords are not the same.", status: 400)
        }
        // What the form did not ask for is not taken.
        let attributes = visit.domain.signUpFields(page.request.client).compactMap { field in
            visit.form.optional("attribute-\(field.attribute)").map { (name: field.attribute, value: $0) }
        }
        do throws(ServiceError) {
            let (isConfirmed, delivery) = try await visit.call.signUp(
                page.request.client, as: name, password: password, attributes: attributes)
            guard isConfirmed else { return codePage(page, of: name, delivery: delivery) }
            let step = try await visit.call.beginPageSignIn(page.request.client, as: name, password: password)
            return try await ChallengePages.answer(step, of: name, page)
        } catch {
            guard error.fault == .sender else { throw error }
            var reply = try await show(page, problem: SignInPages.text(error), status: 400)
            reply.error = (error.code, error.message)
            return reply
        }
    }

    // MARK: The code

    /// The page that asks for the code of a sign-up.
    /// - Parameter resends: whether a new one is sent first.
    static func confirm(
        _ page: LoginPage, of name: String, resends: Bool
    ) async throws(ServiceError) -> LoginReply {
        guard resends, !name.isEmpty else { return codePage(page, of: name) }
        do throws(ServiceError) {
            return codePage(
                page, of: name, delivery: try await page.visit.call.resendCode(page.request.client, to: name))
        } catch {
            guard error.fault == .sender else { throw error }
            var reply = codePage(page, of: name, problem: SignInPages.text(error), status: 400)
            reply.error = (error.code, error.message)
            return reply
        }
    }

    private static func codePage(
        _ page: LoginPage, of name: String, delivery: Call.Delivery? = nil, problem: String? = nil, status: Int = 200
    ) -> LoginReply {
        page.show(
            "confirm", "Confirm your account",
            [
                "name": name, "problem": problem, "destination": delivery?.destination,
                "action": page.visit.address("/confirmUser"), "resend": page.visit.address("/resendcode"),
                "again": page.visit.address("/login"), "nameLabel": SignInPages.nameLabel(page.visit.domain),
                "asksName": name.isEmpty,
            ], status: status)
    }

    private static func take(_ page: LoginPage) async throws(ServiceError) -> LoginReply {
        let (name, code) = (page.visit.form.typed("username"), page.visit.form.typed("code"))
        do throws(ServiceError) {
            try await page.visit.call.confirmSignUp(page.request.client, of: name, code: code)
        } catch {
            guard error.fault == .sender else { throw error }
            var reply = codePage(page, of: name, problem: SignInPages.text(error), status: 400)
            reply.error = (error.code, error.message)
            return reply
        }
        return .redirect(to: page.visit.address("/login", [(name: "notice", value: "confirmed")]))
    }

    /// Confirms a sign-up by the link in a mail: `?client_id=…&user_name=…&confirmation_code=…`.
    private static func confirmByLink(_ visit: LoginVisit) async throws(ServiceError) -> LoginReply {
        guard let id = visit.query["client_id"], let client = visit.domain.client(id, visit.environment),
            let name = visit.query["user_name"] ?? visit.query["username"], let code = visit.query["confirmation_code"]
        else { return visit.error(.noClientID) }
        do throws(ServiceError) {
            try await visit.call.confirmSignUp(client, of: name, code: code)
        } catch {
            guard error.fault == .sender else { throw error }
            var reply = visit.message("This did not work", SignInPages.text(error), status: 400)
            reply.error = (error.code, error.message)
            return reply
        }
        return visit.message("Your account is confirmed", "You can sign in to the application now.", status: 200)
    }
}

extension LoginVisit {
    /// A page for signing up; where that is for administrators alone, the person is told.
    fileprivate func withSignUp(
        _ body: (LoginPage) async throws(ServiceError) -> LoginReply
    ) async throws(ServiceError) -> LoginReply {
        try await withPage { (page) throws(ServiceError) in
            guard domain.admitsSignUp, page.request.client.hasLocalUsers else {
                return SignInPages.show(page, problem: "SignUp is not permitted for this user pool", status: 400)
            }
            return try await body(page)
        }
    }
}
