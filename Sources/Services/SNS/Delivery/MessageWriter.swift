import Platform
import Synchronization
import Wire

/// Writes a message as subscribers get it, signed. What is the same for several of them is signed once.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>
final class MessageWriter: Sendable {
    let content: MessageContent
    let topic: Topic
    private let signer: MessageSigner
    /// Gatehouse's own.
    let address: String
    /// By the text that was signed.
    private let signatures = Mutex<[String: String]>([:])

    init(_ content: MessageContent, _ topic: Topic, _ signer: MessageSigner, _ environment: Environment) {
        self.content = content
        self.topic = topic
        self.signer = signer
        address = environment.publicAddress.url
    }

    private var version: String { topic.signatureVersion ?? "1" }

    /// The JSON document.
    /// - Throws: InternalFailure where it can't be signed.
    func document(for subscription: Subscription) throws(ServiceError) -> String {
        let text = content.text(for: subscription.transport)
        let time = Timestamp(secondsSinceEpoch: content.time).iso8601WithMilliseconds
        let subscribeURL = content.token.map { SubscriptionAddress.confirm(topic.arn, token: $0, at: address) }
        var members: [(String, String)] = [("Type", content.kind.rawValue), ("MessageId", content.id)]
        if let sequence = content.sequence { members.append(("SequenceNumber", SequenceNumber.text(sequence))) }
        if let token = content.token { members.append(("Token", token)) }
        members.append(("TopicArn", topic.arn))
        if let subject = content.subject { members.append(("Subject", subject)) }
        members.append(("Message", text))
        if let subscribeURL { members.append(("SubscribeURL", subscribeURL)) }
        members += [
            ("Timestamp", time), ("SignatureVersion", version),
            ("Signature", try signature(text, time, subscribeURL)),
            ("SigningCertURL", signer.certificateURL),
        ]
        if content.kind == .notification {
            members.append(("UnsubscribeURL", SubscriptionAddress.unsubscribe(subscription.arn, at: address)))
        }
        return Self.written(members, content.attributes)
    }

    /// With spaces and lines as AWS writes it: some clients read it by hand.
    private static func written(
        _ members: [(String, String)], _ attributes: [String: MessageAttribute]
    ) -> String {
        func quoted(_ text: String) -> String {
            var writer = JSONWriter()
            writer.string(text)
            return String(decoding: writer.bytes, as: UTF8.self)
        }
        var lines = members.map { "  \(quoted($0.0)) : \(quoted($0.1))" }
        if !attributes.isEmpty {
            let written = attributes.sorted { $0.key < $1.key }.map { name, attribute in
                "    \(quoted(name)) : {\"Type\":\(quoted(attribute.type)),\"Value\":\(quoted(attribute.shown))}"
            }
            lines.append("  \"MessageAttributes\" : {\n\(written.joined(separator: ",\n"))\n  }")
        }
        return "{\n\(lines.joined(separator: ",\n"))\n}"
    }

    private func signature(_ text: String, _ time: String, _ subscribeURL: String?) throws(ServiceError) -> String {
        let signed = SignedText(content, text: text, time: time, topic: topic.arn, subscribeURL: subscribeURL).text
        if let known = signatures.withLock({ $0[signed] }) { return known }
        let made = try signer.sign(signed, version: version)
        signatures.withLock { $0[signed] = made }
        return made
    }
}

extension MessageAttribute {
    /// As JSON shows it: bytes in base64.
    var shown: String { text ?? String(decoding: Base64.encode(Array(bytes ?? .init())), as: UTF8.self) }
}

/// What of a message is signed.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html>
struct SignedText {
    let text: String

    init(_ content: MessageContent, text: String, time: String, topic: String, subscribeURL: String?) {
        var members: [(String, String)] = [("Message", text), ("MessageId", content.id)]
        if content.kind == .notification {
            if let subject = content.subject { members.append(("Subject", subject)) }
        } else if let subscribeURL {
            members.append(("SubscribeURL", subscribeURL))
        }
        members.append(("Timestamp", time))
        if content.kind != .notification, let token = content.token { members.append(("Token", token)) }
        members += [("TopicArn", topic), ("Type", content.kind.rawValue)]
        self.text = members.map { "\($0.0)\n\($0.1)\n" }.joined()
    }
}

/// Addresses that do something when somebody visits them. Unlike AWS's they name the API's version, by which the request is known to be
/// one of SNS.
enum SubscriptionAddress {
    static func confirm(_ topic: String, token: String, at address: String) -> String {
        "\(address)/?Action=ConfirmSubscription&Version=2010-03-31&TopicArn=\(topic)&Token=\(token)"
    }

    static func unsubscribe(_ subscription: String, at address: String) -> String {
        "\(address)/?Action=Unsubscribe&Version=2010-03-31&SubscriptionArn=\(subscription)"
    }
}
