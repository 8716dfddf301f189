import CognitoIDPService
import Pages
import Platform
import QRCodes
import Wire

/// The pages that ask for what is still to be proved: codes, a new password, a passkey, an authenticator app to be set up.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html>
enum ChallengePages {
    static let routes: [LoginRoute] = [
        LoginRoute("POST", "/challenge", event: "Mfa_POST", managed: "selectChallenge_POST") {
            (visit) throws(ServiceError) in
            try await visit.withPage { (page) throws(ServiceError) in
                guard let progress = page.progress else { return startAgain(page) }
                var reply = try await take(progress, page)
                reply.eventName = eventName(progress.challenge, visit.domain)
                return reply
            }
        },
        // The address of a challenge that was loaded again: its page is gone.
        LoginRoute("GET", "/challenge", event: nil) { visit in .redirect(to: visit.address("/login")) },
    ]

    private static func startAgain(_ page: LoginPage) -> LoginReply {
        SignInPages.show(page, problem: "The page had been open for too long. Sign in again.", status: 403)
    }

    private static func eventName(_ challenge: String, _ domain: LoginDomain) -> String {
        switch challenge {
        case "SOFTWARE_TOKEN_MFA": domain.isManagedLogin ? "mfa_totp_POST" : "Mfa_POST"
        case "SMS_MFA": domain.isManagedLogin ? "mfa_phone_verify_POST" : "Mfa_POST"
        case "SELECT_MFA_TYPE": domain.isManagedLogin ? "mfa_options_POST" : "MfaOption_POST"
        case "MFA_SETUP": "MfaRegister_POST"
        case "NEW_PASSWORD_REQUIRED": "ResetPassword_POST"
        case "WEB_AUTHN": "login_passkey_POST"
        case "SMS_OTP": "verifyCode_POST"
        case "EMAIL_OTP": domain.isManagedLogin ? "verifyCode_POST" : "Mfa_POST"
        default: "selectChallenge_POST"
        }
    }

    // MARK: Showing

    /// Goes on after a step: into the application, or to what is asked next.
    static func answer(
        _ step: PageSignInStep, of name: String, _ page: LoginPage
    ) async throws(ServiceError) -> LoginReply {
        switch step {
        case .proved(let user): return try await page.visit.complete(page.request, by: user)
        case .choice(let factors, let session):
            return try show(
                LoginPage.Progress(
                    clientID: page.request.client.id, formKey: page.visit.formKey, challenge: "SELECT_CHALLENGE",
                    session: session, name: name, parameters: [:], choices: factors), page)
        case .challenge(let challenge, let parameters, let session):
            var progress = LoginPage.Progress(
                clientID: page.request.client.id, formKey: page.visit.formKey, challenge: challenge,
                session: session, name: parameters["USER_ID_FOR_SRP"] ?? parameters["USERNAME"] ?? name,
                parameters: parameters)
            progress.choices = choices(parameters["MFAS_CAN_CHOOSE"] ?? parameters["MFAS_CAN_SETUP"])
            if challenge == "MFA_SETUP" {
                guard !progress.choices.isEmpty else {
                    return SignInPages.show(
                        page,
                        problem: "You need a second factor, which can't be set up here. Ask your administrator.",
                        status: 400)
                }
                if progress.choices.contains("SOFTWARE_TOKEN_MFA") {
                    (progress.secret, progress.session) = try await page.visit.call.authenticatorSecret(
                        session: session)
                }
            }
            return try show(progress, page)
        }
    }

    private static func choices(_ json: String?) -> [String] {
        guard let json, let value = try? JSONValue(parsing: Array(json.utf8)), case .array(let all) = value else {
            return []
        }
        return all.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }

    /// Shows what a challenge asks for.
    private static func show(
        _ progress: LoginPage.Progress, _ page: LoginPage, problem: String? = nil, status: Int = 200
    ) throws(ServiceError) -> LoginReply {
        var content: [String: Any?] = [
            "progress": try page.seal(progress), "problem": problem, "action": page.visit.address("/challenge"),
            "again": page.visit.address("/login"), "name": progress.name,
        ]
        func shown(_ template: String, _ title: String) -> LoginReply {
            page.show(template, title, content, status: status)
        }
        switch progress.challenge {
        case "SELECT_CHALLENGE", "SELECT_MFA_TYPE":
            content["hasPassword"] = progress.choices.contains("PASSWORD")
            content["choices"] = progress.choices.compactMap { choice in
                choiceText(choice).map { ["value": choice, "text": $0] }
            }
            return shown(
                "choice", progress.challenge == "SELECT_MFA_TYPE" ? "Choose how to verify" : "Choose how to sign in")
        case "PASSWORD", "PASSWORD_SRP":
            return shown("password", "Enter your password")
        case "SMS_MFA", "EMAIL_OTP", "SMS_OTP", "SOFTWARE_TOKEN_MFA":
            content["isApp"] = progress.challenge == "SOFTWARE_TOKEN_MFA"
            content["destination"] = progress.parameters["CODE_DELIVERY_DESTINATION"]
            content["device"] = progress.parameters["FRIENDLY_DEVICE_NAME"]
            return shown("code", "Enter the verification code")
        case "MFA_SETUP":
            content["secret"] = progress.secret
            content["picture"] = picture(progress, page)
            content["takesEmail"] = progress.choices.contains("EMAIL_OTP")
            content["hasBoth"] = progress.secret != nil && progress.choices.contains("EMAIL_OTP")
            return shown("mfa-setup", "Set up a second factor")
        case "NEW_PASSWORD_REQUIRED":
            content["rules"] = PasswordRuleText.all(page.visit.domain.passwordRules)
            content["attributes"] = choices(progress.parameters["requiredAttributes"]).map { attribute in
                let name = attribute.hasPrefix("userAttributes.") ? String(attribute.dropFirst(15)) : attribute
                let value = page.visit.form["attribute-\(name)"]
                return FieldText(name, isRequired: true, value: value)
            }
            return shown("new-password", "Choose a new password")
        case "WEB_AUTHN":
            content["options"] = progress.parameters["CREDENTIAL_REQUEST_OPTIONS"]
            return shown("passkey", "Sign in with a passkey")
        default:
            return page.visit.message(
                "This did not work", "The user pool asks for something that its pages can't do: \(progress.challenge).",
                status: 400)
        }
    }

    static func choiceText(_ choice: String) -> String? {
        switch choice {
        case "EMAIL_OTP": "Get a code by email"
        case "SMS_OTP", "SMS_MFA": "Get a code by text message"
        case "SOFTWARE_TOKEN_MFA": "Use an authenticator app"
        case "WEB_AUTHN": "Use a passkey"
        // The password is asked for on the same page.
        default: nil
        }
    }

    /// The square that a phone scans; nil: it would be too large.
    private static func picture(_ progress: LoginPage.Progress, _ page: LoginPage) -> String? {
        guard let secret = progress.secret else { return nil }
        let issuer = PercentEncoding.segment(page.visit.domain.poolName)
        let address =
            "otpauth://totp/\(issuer):\(PercentEncoding.segment(progress.name))?secret=\(secret)&issuer=\(issuer)"
        return QRCode.png(of: address).map {
            "data:image/png;base64," + String(decoding: Base64.encode($0), as: UTF8.self)
        }
    }

    // MARK: Answering

    private static func take(
        _ progress: LoginPage.Progress, _ page: LoginPage
    ) async throws(ServiceError) -> LoginReply {
        let form = page.visit.form
        var progress = progress
        do throws(ServiceError) {
            var responses: [String: String] = [:]
            switch progress.challenge {
            case "SELECT_CHALLENGE", "SELECT_MFA_TYPE":
                let answer = form["answer"] ?? "PASSWORD"
                guard progress.choices.contains(answer) else {
                    return try show(progress, page, problem: "Choose one of these.", status: 400)
                }
                responses["ANSWER"] = answer
                if answer == "PASSWORD" { responses["PASSWORD"] = form.text("password") }
            case "PASSWORD", "PASSWORD_SRP": responses["PASSWORD"] = form.text("password")
            case "SMS_MFA", "EMAIL_OTP", "SMS_OTP", "SOFTWARE_TOKEN_MFA":
                responses["\(progress.challenge)_CODE"] = form.text("code").filter { $0 != " " }
            case "MFA_SETUP" where form["email"] != nil: responses["email"] = form.typed("email")
            case "MFA_SETUP":
                progress.session = try await page.visit.call.verifyAuthenticator(
                    form.text("code").filter { $0 != " " }, session: progress.session)
            case "NEW_PASSWORD_REQUIRED":
                guard form.text("password") == form.text("password-again") else {
                    return try show(progress, page, problem: "The two passwords are not the same.", status: 400)
                }
                responses["NEW_PASSWORD"] = form.text("password")
                for (name, value) in form.named(prefix: "attribute-") { responses["userAttributes.\(name)"] = value }
            case "WEB_AUTHN": responses["CREDENTIAL"] = form.text("assertion")
            default: return startAgain(page)
            }
            let step = try await page.visit.call.answerPageChallenge(
                progress.challenge, session: progress.session, of: progress.name, responses, page.request.client)
            return try await answer(step, of: progress.name, page)
        } catch {
            return try await failure(error, progress, page)
        }
    }

    /// Shows a challenge again that can be answered once more; otherwise it is begun anew.
    private static func failure(
        _ error: ServiceError, _ progress: LoginPage.Progress, _ page: LoginPage
    ) async throws(ServiceError) -> LoginReply {
        guard error.fault == .sender else { throw error }
        guard
            ["CodeMismatchException", "EnableSoftwareTokenMFAException", "InvalidPasswordException"].contains(
                error.code)
        else { return try await SignInPages.failure(error, of: progress.name, page) }
        var reply = try show(progress, page, problem: SignInPages.text(error), status: 400)
        reply.error = (error.code, error.message)
        return reply
    }
}
