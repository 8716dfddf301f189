import Platform
import Wire

/// A message that Gatehouse would have sent, as the operator reads it.
public struct RecordedMail: Sendable {
    private let mail: Mail

    init(_ mail: Mail) {
        self.mail = mail
    }

    /// For people: when and to whom, then the message.
    public var text: String {
        let date = Timestamp(secondsSinceEpoch: mail.time).httpDate
        let lines =
            ["Date: \(date)", "To: \(mail.recipient)", "Subject: \(mail.subject)", ""]
            + mail.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return lines.map(printable).joined(separator: "\n")
    }
}

extension Outbox {
    /// As `/_gatehouse/outbox` answers.
    static func json(_ mail: [Mail]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for one in mail {
            writer.beginObject()
            writer.member("time", Timestamp(secondsSinceEpoch: one.time).iso8601)
            writer.member("account", one.accountID)
            writer.member("to", one.recipient)
            writer.member("subject", one.subject)
            writer.member("text", one.text)
            writer.endObject()
        }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
