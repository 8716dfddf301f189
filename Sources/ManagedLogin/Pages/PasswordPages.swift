import CognitoIDPService
import Pages
import Platform
import Wire

/// The pages for those who have forgotten their password.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html>
enum PasswordPages {
    static let routes: [LoginRoute] = [
        LoginRoute("GET", "/forgotpassword", event: "ForgotPassword_GET") { (visit) throws(ServiceError) in
            try await visit.withPage { (page) throws(ServiceError) in show(page) }
        },
        LoginRoute("POST", "/forgotpassword", event: "ForgotPassword_POST", managed: "forgotPassword_POST") {
            (visit) throws(ServiceError) in
            try await visit.withPage { (page) throws(ServiceError) in try await send(page) }
        },
        LoginRoute("GET", "/confirmforgotpassword", event: "ConfirmForgotPassword_GET") {
            (visit) throws(ServiceError) in
            try await visit.withPage { (page) throws(ServiceError) in
                confirm(page, of: visit.query["username"] ?? "")
            }
        },
        LoginRoute("POST", "/confirmforgotpassword", event: "ConfirmForgotPassword_POST") {
            (visit) throws(ServiceError) in
            try await visit.withPage { (page) throws(ServiceError) in try await take(page) }
        },
    ]

    private static func show(_ page: LoginPage, problem: String? = nil, status: Int = 200) -> LoginReply {
        let visit = page.visit
        return page.show(
            "forgot", "Forgot your password?",
            [
                "problem": problem, "action": visit.address("/forgotPassword"), "again": visit.address("/login"),
                "nameLabel": SignInPages.nameLabel(visit.domain),
                "name": visit.form["username"] ?? page.request.loginHint,
                "nameKind": visit.domain.namingAttributes == ["email"] ? "email" : "text",
            ], status: status)
    }

    private static func send(_ page: LoginPage) async throws(ServiceError) -> LoginReply {
        let name = page.visit.form.typed("username")
        guard !name.isEmpty else { return show(page, problem: "Enter the name that you sign in with.", status: 400) }
        do throws(ServiceError) {
            let delivery = try await page.visit.call.forgotPassword(page.request.client, of: name)
            return confirm(page, of: name, delivery: delivery)
        } catch {
            guard error.fault == .sender else { throw error }
            var reply = show(page, problem: SignInPages.text(error), status: 400)
            reply.error = (error.code, error.message)
            return reply
        }
    }

    /// The page that asks for the code and a new password.
    static func confirm(
        _ page: LoginPage, of name: String, delivery: Call.Delivery? = nil, problem: String? = nil, status: Int = 200
    ) -> LoginReply {
        page.show(
            "confirm-forgot", "Choose a new password",
            [
                "name": name, "asksName": name.isEmpty, "problem": problem, "destination": delivery?.destination,
                "action": page.visit.address("/confirmForgotPassword"), "again": page.visit.address("/forgotPassword"),
                "nameLabel": SignInPages.nameLabel(page.visit.domain),
                "rules": PasswordRuleText.all(page.visit.domain.passwordRules),
            ], status: status)
    }

    private static func take(_ page: LoginPage) async throws(ServiceError) -> LoginReply {
        let form = page.visit.form
        let name = form.typed("username")
        guard form.text("password") == form.text("password-again") else {
            return confirm(page, of: name, problem: "The two passwords are not the same.", status: 400)
        }
        do throws(ServiceError) {
            try await page.visit.call.confirmForgotPassword(
                page.request.client, of: name, code: form.typed("code"), password: form.text("password"))
        } catch {
            guard error.fault == .sender else { throw error }
            var reply = confirm(page, of: name, problem: SignInPages.text(error), status: 400)
            reply.error = (error.code, error.message)
            return reply
        }
        return .redirect(to: page.visit.address("/login", [(name: "notice", value: "password")]))
    }
}
