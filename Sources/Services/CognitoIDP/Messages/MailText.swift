import FoundationEssentials
import Wire

/// An e-mail message as it is sent: header and body, in lines that end with CR LF (RFC 5322).
struct MailText: Sendable {
    /// The sender's address alone.
    let sender: String
    let bytes: [UInt8]

    /// - Parameters:
    ///   - from: `app@example.com` or `The App <app@example.com>`.
    ///   - recipient: an address alone.
    ///   - html: the body.
    ///   - id: unique among all messages.
    ///   - time: seconds since 1970.
    /// - Returns: nil for addresses that are none, and would begin other fields of the header.
    init?(
        from: String, to recipient: String, replyTo: String?, subject: String, html: String, id: String, at time: Double
    ) {
        let (name, address) = Self.parts(of: from)
        guard AddressFormat.isEmail(address), AddressFormat.isEmail(recipient),
            replyTo.map({ AddressFormat.isEmail(Self.parts(of: $0).address) }) ?? true
        else { return nil }
        sender = address
        let host = address.split(separator: "@").last ?? ""
        let local = id.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        var lines = [
            "Date: \(Timestamp(secondsSinceEpoch: time).httpDate.replacing("GMT", with: "+0000"))",
            "From: " + (name.isEmpty ? address : "\(Self.encoded(name)) <\(address)>"), "To: \(recipient)",
        ]
        if let replyTo { lines.append("Reply-To: \(Self.parts(of: replyTo).address)") }
        lines += [
            "Subject: \(Self.encoded(subject))", "Message-ID: <\(local)@\(host)>", "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0", "Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: base64", "",
        ]
        let body = Data(html.utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
        bytes = Array((lines.joined(separator: "\r\n") + "\r\n" + body + "\r\n").utf8)
    }

    /// `The App <app@example.com>`
    private static func parts(of text: String) -> (name: String, address: String) {
        guard text.hasSuffix(">"), let start = text.lastIndex(of: "<") else { return ("", text) }
        let name = text[..<start].filter { $0 != "\"" }
        return (
            String(name.split(separator: " ").joined(separator: " ")),
            String(text[text.index(after: start)...].dropLast())
        )
    }

    /// A text of a header field, in words of base64 (RFC 2047) where it is more than letters, digits and spaces.
    private static func encoded(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            byte == 0x20 || byte == 0x2d || (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
                || (0x61...0x7a).contains(byte)
        }
        guard !isPlain || text.utf8.count > 60 else { return text }
        var (words, word) = ([String](), "")
        for letter in text {
            // A word has at most 75 characters, and no letter in two of them.
            if (word + String(letter)).utf8.count > 42 {
                words.append(word)
                word = ""
            }
            word.append(letter)
        }
        words.append(word)
        return words.map { "=?UTF-8?B?\(Data($0.utf8).base64EncodedString())?=" }.joined(separator: "\r\n ")
    }
}
