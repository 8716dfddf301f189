import CognitoIDPAPI
import Platform
import Wire

/// Why a user gets a message.
enum MessageOccasion: String, Sendable {
    case signUp = "SignUp"
    case resendCode = "ResendCode"
    case forgotPassword = "ForgotPassword"
    case updateUserAttribute = "UpdateUserAttribute"
    case verifyUserAttribute = "VerifyUserAttribute"
    /// A second factor, or a one-time password.
    case authentication = "Authentication"
    /// The invitation, whose code is the temporary password.
    case adminCreateUser = "AdminCreateUser"

    /// `triggerSource` of the trigger CustomMessage.
    var source: String { "CustomMessage_\(rawValue)" }
}

/// A message with placeholders: `{####}` for the code, `{username}`, and `{##Click here##}` for a link that confirms.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-message-customizations.html>
struct MessageTemplate: Sendable, Equatable {
    /// Empty for an SMS.
    var subject: String
    var text: String

    static let codePlaceholder = "{####}"
    static let usernamePlaceholder = "{username}"
    private static let linkStart = "{##"
    private static let linkEnd = "##}"

    /// Whether the text has a place for the code, or for a link with it.
    var hasCode: Bool { text.contains(Self.codePlaceholder) || link != nil }
    var hasUsername: Bool { text.contains(Self.usernamePlaceholder) }

    /// The first link and its caption.
    private var link: (range: Range<String.Index>, caption: String)? { Self.link(in: text[...]) }

    private static func link(in text: Substring) -> (range: Range<String.Index>, caption: String)? {
        guard let start = text.firstRange(of: linkStart),
            let end = text[start.upperBound...].firstRange(of: linkEnd)
        else { return nil }
        return (start.lowerBound..<end.upperBound, String(text[start.upperBound..<end.lowerBound]))
    }

    /// Fills the placeholders in, each once: what is filled in is not looked at again.
    /// - Parameters:
    ///   - isHTML: whether what is filled in has to be told from markup.
    ///   - url: where a link leads; nil: there is none, and its caption alone is left.
    /// - Complexity: linear in the text's length.
    func filled(code: String, username: String, url: String?, isHTML: Bool) -> String {
        var (rest, filled) = (text[...], "")
        while let brace = rest.firstIndex(of: "{") {
            filled += rest[..<brace]
            rest = rest[brace...]
            if rest.hasPrefix(Self.codePlaceholder) {
                filled += isHTML ? Self.escaped(code) : code
                rest = rest.dropFirst(Self.codePlaceholder.count)
            } else if rest.hasPrefix(Self.usernamePlaceholder) {
                filled += isHTML ? Self.escaped(username) : username
                rest = rest.dropFirst(Self.usernamePlaceholder.count)
            } else if rest.hasPrefix(Self.linkStart), let link = Self.link(in: rest) {
                filled += url.map { "<a href=\"\(Self.escaped($0))\">\(link.caption)</a>" } ?? link.caption
                rest = rest[link.range.upperBound...]
            } else {
                filled += "{"
                rest = rest.dropFirst()
            }
        }
        return filled + rest
    }

    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { escaped, letter in
            switch letter {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.append(letter)
            }
        }
    }
}

extension MessageTemplate {
    /// What a pool says on an occasion, or AWS where it says nothing.
    /// - Parameter hasPages: whether there are pages for a link to lead to; otherwise there is a code in its place.
    init(_ occasion: MessageOccasion, _ medium: Message.Medium, of pool: PoolEntry, hasPages: Bool) {
        let settings = pool.settings
        let template = settings.verificationMessageTemplate
        let (text, subject): (String, String)
        switch (occasion, medium) {
        case (.adminCreateUser, _):
            let invitation = settings.adminCreateUserConfig?.inviteMessageTemplate
            let usual = "Your username is {username} and temporary password is {####}. "
            text = (medium == .sms ? invitation?.smsMessage : invitation?.emailMessage) ?? usual
            subject = invitation?.emailSubject ?? "Your temporary password"
        case (.authentication, .sms):
            text =
                pool.multiFactor.smsMfaConfiguration?.smsAuthenticationMessage ?? settings.smsAuthenticationMessage
                ?? "Your authentication code is {####}. "
            subject = ""
        case (.authentication, .email):
            text = pool.multiFactor.emailMfaConfiguration?.message ?? "Your authentication code is {####}. "
            subject = pool.multiFactor.emailMfaConfiguration?.subject ?? "Your authentication code"
        case (.signUp, .email), (.resendCode, .email):
            if hasPages, template?.defaultEmailOption == "CONFIRM_WITH_LINK" {
                text =
                    template?.emailMessageByLink
                    ?? "Please click the link below to verify your email address. {##Verify Email##} "
                subject = template?.emailSubjectByLink ?? "Your verification link"
            } else {
                text = template?.emailMessage ?? "Your verification code is {####}. "
                subject = template?.emailSubject ?? "Your verification code"
            }
        case (_, .sms):
            let usual = occasion == .forgotPassword ? "Your password reset code is {####}. " : nil
            text = template?.smsMessage ?? usual ?? "Your verification code is {####}. "
            subject = ""
        case (.forgotPassword, .email):
            text = template?.emailMessage ?? "Your password reset code is {####}. "
            subject = template?.emailSubject ?? "Your password reset code"
        case (_, .email):
            text = template?.emailMessage ?? "Your verification code is {####}. "
            subject = template?.emailSubject ?? "Your verification code"
        }
        self.init(subject: medium == .sms ? "" : subject, text: text)
    }
}
