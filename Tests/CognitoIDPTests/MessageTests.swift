import Testing

@testable import CognitoIDPService

@Suite("Messages to users")
struct MessageTests {
    @Test("Placeholders are filled in once, and what is filled in is not looked at again")
    func fills() {
        let template = MessageTemplate(subject: "", text: "{username}: {####} {##press##} {other} {{####}")
        let filled = template.filled(code: "{username}", username: "<{####}>", url: "http://x/?a&b", isHTML: true)
        #expect(filled == "&lt;{####}&gt;: {username} <a href=\"http://x/?a&amp;b\">press</a> {other} {{username}")
        #expect(template.filled(code: "1", username: "<a>", url: nil, isHTML: false) == "<a>: 1 press {other} {1")
    }

    @Test("What only looks like a placeholder stays", arguments: ["{", "{##", "{##x", "{####", "}", "{##x#}", "{}"])
    func staysAsItIs(_ text: String) {
        let template = MessageTemplate(subject: "", text: text)
        #expect(template.filled(code: "1", username: "u", url: "l", isHTML: true) == text)
        #expect(!template.hasCode)
    }

    @Test("A link holds the code, too")
    func holdsCode() {
        #expect(MessageTemplate(subject: "", text: "a {##b##}").hasCode)
        #expect(MessageTemplate(subject: "", text: "a {####}").hasCode)
        #expect(!MessageTemplate(subject: "", text: "a {username}").hasCode)
    }

    @Test(
        "Addresses are told with most of them hidden",
        arguments: [
            (Message.Medium.email, "jie@example.com", "j***@e***"), (.email, "x", "x***"), (.email, "@", "@***"),
            (.sms, "+14325551234", "+*******1234"), (.sms, "+123", "+123"), (.sms, "", "+"),
        ])
    func isMasked(_ medium: Message.Medium, _ address: String, _ masked: String) {
        #expect(Message.masked(address, medium) == masked)
    }

    @Test("A trigger is told which SDK asks")
    func namesSDK() {
        #expect(TriggerEvent.sdk(of: "aws-sdk-js/3.1.0 os/linux") == "aws-sdk-js-3.1.0")
        #expect(TriggerEvent.sdk(of: "Boto3/1.43.11 md/Botocore") == "aws-sdk-python-1.43.11")
        #expect(TriggerEvent.sdk(of: "curl/8") == "aws-sdk-unknown-unknown")
        #expect(TriggerEvent.sdk(of: nil) == "aws-sdk-unknown-unknown")
        #expect(TriggerEvent.sdk(of: "/") == "aws-sdk-unknown-unknown")
    }
}
