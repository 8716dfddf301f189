import Testing

@testable import SQSService

@Suite struct MessageContentTests {
    @Test func contentsAreReadAsTheyWereWritten() {
        let content = MessageContent(
            body: "Grüße \u{1F600}",
            attributes: [
                MessageAttribute(name: "a", type: "String", value: .text("x")),
                MessageAttribute(name: "b", type: "Binary.png", value: .binary([0, 255, 1])),
            ])
        #expect(MessageContent(content.bytes) == content)
        // Every beginning of it is something else, or nothing, and never a crash.
        for count in 0..<content.bytes.count {
            #expect(MessageContent(Array(content.bytes.prefix(count))) != content)
        }
    }

    /// The digests that boto3 and AWS's documentation give.
    @Test func digestsAreAWSs() {
        #expect(MessageContent(body: "hello", attributes: []).bodyMD5 == "5d41402abc4b2a76b9719d911017c592")
        #expect(MessageContent.md5([]) == nil)
        let attribute = MessageAttribute(name: "timestamp", type: "Number", value: .text("1493147359900"))
        #expect(MessageContent.md5([attribute]) == "235c5c510d26fb653d073faed50ae77c")
    }
}
