import CognitoIDPAPI
import FoundationEssentials
import Platform
import Wire

/// Where a code goes.
struct CodeDelivery: Sendable, Equatable {
    let medium: Message.Medium
    /// An e-mail address or a phone number.
    let recipient: String

    /// To an address of a user's; nil where the user has no such.
    init?(_ medium: Message.Medium, of user: PoolUser) {
        guard let recipient = user[attribute: medium.attribute] else { return nil }
        self.init(medium, to: recipient)
    }

    init(_ medium: Message.Medium, to recipient: String) {
        self.medium = medium
        self.recipient = recipient
    }

    /// As answers have it.
    var details: CognitoIDP.CodeDeliveryDetailsType {
        CognitoIDP.CodeDeliveryDetailsType {
            $0.destination = Message.masked(recipient, medium)
            $0.deliveryMedium = medium.rawValue
            $0.attributeName = medium.attribute
        }
    }
}

/// A new code and the message by which the user gets it: made before the transaction in which both are kept.
struct CodeMessage: Sendable {
    let code: UserCode
    let message: Message
    let delivery: CodeDelivery
}

/// Whom and what a message is about.
struct MessageContext: Sendable {
    let pool: PoolEntry
    let user: PoolUser
    /// nil: an administrator asks.
    var clientID: String?
    /// What triggers are told.
    var metadata: [String: String] = [:]
}

extension Call {
    /// Makes a code and its message.
    /// - Parameter newValue: see ``UserCode/newValue``.
    /// - Throws: what the trigger CustomMessage refuses with.
    func makeCode(
        _ purpose: UserCode.Purpose, _ occasion: MessageOccasion, to delivery: CodeDelivery,
        _ context: MessageContext, newValue: String? = nil
    ) async throws(ServiceError) -> CodeMessage {
        let code = UserCode.make()
        return CodeMessage(
            code: UserCode(
                code, purpose, of: context.user, to: delivery, newValue: newValue, at: time),
            message: try await message(occasion, to: delivery, code: code, context), delivery: delivery)
    }

    /// Puts together a message with a code, in the words of the trigger CustomMessage where the pool has it; or for the pool's
    /// function that sends messages, which finds words of its own.
    /// - Parameter code: what `{####}` stands for.
    /// - Throws: what the trigger refuses with; ``senderEvent(_:by:code:_:)``.
    func message(
        _ occasion: MessageOccasion, to delivery: CodeDelivery, code: String, _ context: MessageContext
    ) async throws(ServiceError) -> Message {
        let pool = context.pool
        if let event = try await senderEvent(occasion, by: delivery.medium, code: code, context) {
            return Message(
                medium: delivery.medium, recipient: delivery.recipient, subject: "", text: "", sender: event)
        }
        let url = confirmationURL(code: code, context)
        var template = MessageTemplate(occasion, delivery.medium, of: pool, hasPages: url != nil)
        try await customize(&template, occasion, delivery.medium, context)
        return Message(
            medium: delivery.medium, recipient: delivery.recipient, subject: template.subject,
            text: template.filled(
                code: code, username: shownName(context), url: url, isHTML: delivery.medium == .email))
    }

    /// What the user signs in with.
    private func shownName(_ context: MessageContext) -> String {
        let user = context.user
        return user.signInAttribute.flatMap { user[attribute: $0] } ?? user.username
    }

    /// Where a link in a message leads: to the pages of the pool's domain; nil: it has none.
    private func confirmationURL(code: String, _ context: MessageContext) -> String? {
        guard let clientID = context.clientID, let domain = environment.userPoolDomains(of: context.pool.id).first
        else { return nil }
        let isNear = !domain.isCustom && domain.region == environment.region
        let username = context.user.username.utf8.map { byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : (byte < 16 ? "%0" : "%") + String(byte, radix: 16)
        }
        return "\(environment.publicAddress.url)/_cognito/\(isNear ? domain.name : domain.host)/confirmUser"
            + "?client_id=\(clientID)&user_name=\(username.joined())&confirmation_code=\(code)"
    }

    private func customize(
        _ template: inout MessageTemplate, _ occasion: MessageOccasion, _ medium: Message.Medium,
        _ context: MessageContext
    ) async throws(ServiceError) {
        guard context.pool.has(.customMessage) else { return }
        var request: [(key: String, value: JSONValue)] = [
            ("userAttributes", context.user.triggerAttributes),
            ("codeParameter", .string(MessageTemplate.codePlaceholder)), ("linkParameter", .string("{##Click Here##}")),
            (
                "usernameParameter",
                occasion == .adminCreateUser ? .string(MessageTemplate.usernamePlaceholder) : .null
            ),
        ]
        if !context.metadata.isEmpty { request.append(("clientMetadata", context.metadata.json)) }
        let answer = try await ask(
            .customMessage, occasion.source, of: context.pool, clientID: context.clientID,
            username: context.user.username, request)
        if case .string(let text)? = answer?[medium == .sms ? "smsMessage" : "emailMessage"] {
            template.text = text
            let longest = medium == .sms ? 140 : 20_000
            guard template.hasCode, occasion != .adminCreateUser || template.hasUsername, text.count <= longest else {
                throw .cognito(
                    .invalidLambdaResponseException,
                    "The message of \(Trigger.customMessage.rawValue) is too long, or lacks a placeholder.")
            }
        }
        if medium == .email, case .string(let subject)? = answer?["emailSubject"] {
            // A line break would begin another header field of the mail.
            guard subject.count <= 140, subject.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
            else { throw .cognito(.invalidLambdaResponseException, "Unrecognizable lambda output") }
            template.subject = subject
        }
    }
}

extension MutableRecords {
    /// Keeps a code, and sends it.
    func send(_ code: CodeMessage, of pool: PoolEntry, _ call: Call) throws(ServiceError) {
        try of(pool.scope).put(code.code)
        try send(code.message, of: pool, call)
    }
}
