import CognitoIDPService
import Pages
import Platform
import Wire

/// The page on which somebody who is signed in registers a passkey. Applications lead there.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html#amazon-cognito-user-pools-authentication-flow-methods-passkey>
enum PasskeyPages {
    static let routes: [LoginRoute] = [
        LoginRoute("GET", "/passkeys/add", event: "passkeys_add_GET") { (visit) throws(ServiceError) in
            try await visit.withPage { (page) throws(ServiceError) in
                guard let user = try await visit.sessionUser(page.request) else {
                    return .redirect(to: visit.address("/login"))
                }
                return try await show(page, user)
            }
        },
        LoginRoute("POST", "/passkeys/add", event: "passkeys_add_POST") { (visit) throws(ServiceError) in
            try await visit.withPage { (page) throws(ServiceError) in
                guard let user = try await visit.sessionUser(page.request) else {
                    return .redirect(to: visit.address("/login"))
                }
                return try await add(page, user)
            }
        },
    ]

    private static func show(
        _ page: LoginPage, _ user: ProvedUser, problem: String? = nil, status: Int = 200
    ) async throws(ServiceError) -> LoginReply {
        let options = try await page.visit.call.beginPasskey(of: user)
        return page.show(
            "passkey-add", "Set up a passkey",
            [
                "options": String(decoding: options, as: UTF8.self), "problem": problem, "who": user.accountName,
                "action": page.visit.address("/passkeys/add"),
                "back": page.visit.address("/oauth2/authorize"),
            ], status: status)
    }

    private static func add(_ page: LoginPage, _ user: ProvedUser) async throws(ServiceError) -> LoginReply {
        guard let credential = try? JSONValue(parsing: Array(page.visit.form.text("credential").utf8)) else {
            return try await show(page, user, problem: "Your browser has made no passkey.", status: 400)
        }
        do throws(ServiceError) {
            try await page.visit.call.addPasskey(credential, of: user)
        } catch {
            guard error.fault == .sender else { throw error }
            var reply = try await show(page, user, problem: SignInPages.text(error), status: 400)
            reply.error = (error.code, error.message)
            return reply
        }
        // Back to the application, which gets what it asked for.
        return .redirect(to: page.visit.address("/oauth2/authorize"))
    }
}
