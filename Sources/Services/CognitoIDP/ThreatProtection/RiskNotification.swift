import CognitoIDPAPI
import Platform
import Wire

extension SignIn {
    /// Tells a user by e-mail of a risky sign-in; one without an address learns nothing.
    /// - Parameter action: what is done about it.
    func notify(
        _ user: PoolUser, _ action: String, _ configuration: CognitoIDP.NotifyConfigurationType?
    ) async throws(ServiceError) {
        guard let evidence = progress.evidence, let email = user[attribute: "email"], !email.isEmpty else { return }
        let template: CognitoIDP.NotifyEmailType?
        switch action {
        case "BLOCK": template = configuration?.blockEmail
        case "NO_ACTION": template = configuration?.noActionEmail
        default: template = configuration?.mfaEmail
        }
        let token = try FeedbackToken(
            poolID: pool.id, user: user.name, sub: user.sub, eventID: evidence.id,
            expires: call.time + FeedbackToken.life
        ).sealed(call.environment)
        let notice = RiskNotice(
            template, isBlocked: action == "BLOCK", surroundings: evidence.surroundings, time: call.timestamp,
            username: user.username, eventID: evidence.id, token: token,
            address: "\(call.environment.publicAddress.url)/\(pool.id)/auth-events/\(token)")
        let event = try call.senderEvent(
            .customEmailSender, "CustomEmailSender_AccountTakeOverNotification", code: .null,
            attributes: notice.attributes(action, of: user),
            MessageContext(pool: pool, user: user, clientID: client.id))
        let message = Message(
            medium: .email, recipient: email, subject: notice.subject, text: notice.html, sender: event)
        let (pool, call, from, replyTo) = (pool, call, configuration?.from, configuration?.replyTo)
        try await call.keep { (records) throws(ServiceError) in
            // The same request may send a code as well.
            try records.send(
                message, of: pool, requestID: "\(call.requestID) risk", at: call.time, call.environment, from: from,
                replyTo: replyTo)
        }
    }
}

/// The mail about a risky sign-in.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-message-customizations.html>
struct RiskNotice: Sendable {
    let subject: String
    let html: String
    /// What placeholders stand for, by their names.
    private let values: [String: String]

    /// - Parameters:
    ///   - template: of the risk configuration; nil: AWS's.
    ///   - address: what the links begin with.
    init(
        _ template: CognitoIDP.NotifyEmailType?, isBlocked: Bool, surroundings: Surroundings, time: Timestamp,
        username: String, eventID: String, token: String, address: String
    ) {
        subject = template?.subject ?? (isBlocked ? "Blocked sign-in attempt" : "New sign-in attempt")
        let usual = """
            <p>We observed an unrecognized sign-in to your account with this information:</p><ul>\
            <li>Time: {login-time}</li><li>Device: {device-name}</li><li>Address: {ip-address}</li></ul>\
            <p>If this sign-in was not by you, change your password and tell us by \
            <a href="{one-click-link-invalid}">this link</a>.</p>\
            <p>If this sign-in was by you, tell us by <a href="{one-click-link-valid}">this link</a>.</p>
            """
        let plain = template?.textBody.map { MessageTemplate.escaped($0).replacing("\n", with: "<br>\n") }
        values = [
            // Gatehouse does not know where addresses are.
            "username": username, "ip-address": surroundings.address ?? "unknown", "city": "unknown",
            "country": "unknown", "login-time": time.iso8601, "device-name": surroundings.deviceName ?? "unknown",
            "one-click-link-valid": "\(address)/valid", "one-click-link-invalid": "\(address)/invalid",
            "event-id": eventID, "feedback-token": token,
        ]
        html = Self.fill(template?.htmlBody ?? plain ?? usual, values)
    }

    /// What a function is told that sends the notice: the user's attributes, and what mails have placeholders for.
    /// - Parameter action: what is done about the sign-in.
    fileprivate func attributes(_ action: String, of user: PoolUser) -> JSONValue {
        var members: [JSONMember] = []
        if case .object(let own) = user.triggerAttributes { members = own }
        let names = [
            "event-id": "EVENT_ID", "username": "USER_NAME", "ip-address": "IP_ADDRESS", "login-time": "LOGIN_TIME",
            "device-name": "DEVICE_NAME", "one-click-link-valid": "ONE_CLICK_LINK_VALID",
            "one-click-link-invalid": "ONE_CLICK_LINK_INVALID", "feedback-token": "FEEDBACK_TOKEN",
        ]
        members.append(JSONMember(key: "ACCOUNT_TAKE_OVER_ACTION", value: .string(action)))
        for (name, member) in names.sorted(by: { $0.value < $1.value }) {
            if let value = values[name] { members.append(JSONMember(key: member, value: .string(value))) }
        }
        return .object(members)
    }

    /// Fills placeholders in, each once: what is filled in is not looked at again.
    private static func fill(_ template: String, _ values: [String: String]) -> String {
        var (rest, filled) = (template[...], "")
        while let brace = rest.firstIndex(of: "{") {
            filled += rest[..<brace]
            rest = rest[brace...]
            let name = rest.dropFirst().prefix { $0 != "}" && $0 != "{" }
            if name.endIndex < rest.endIndex, rest[name.endIndex] == "}", let value = values[String(name)] {
                filled += MessageTemplate.escaped(value)
                rest = rest[rest.index(after: name.endIndex)...]
            } else {
                filled += "{"
                rest = rest.dropFirst()
            }
        }
        return filled + rest
    }
}
