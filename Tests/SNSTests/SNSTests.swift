import EventPatterns
import FoundationEssentials
import Ledger
import Platform
import Testing
import Wire

@testable import SNSService

@Suite struct RetryPolicyTests {
    private func pauses(_ policy: RetryPolicy, _ range: Range<Int>) -> [Double?] {
        range.map { policy.pause(before: $0) }
    }

    @Test func standardHasThreeRetries() {
        #expect(pauses(.standard, -1..<4) == [nil, 20, 20, 20, nil])
    }

    @Test func queuesAreTriedForTwentyThreeDays() {
        let policy = RetryPolicy.queues
        #expect(pauses(policy, 0..<6) == [0, 0, 0, 1, 1, 1])
        #expect(policy.pause(before: 14) == 20 && policy.pause(before: 100_014) == 20)
        #expect(policy.pause(before: 100_015) == nil)
        #expect((23 * 86_400.0..<24 * 86_400).contains(100_000 * 20))
    }

    @Test(arguments: RetryPolicy.Backoff.allCases) func pausesGrowWithinTheirBounds(_ backoff: RetryPolicy.Backoff) {
        let policy = RetryPolicy(
            least: 2, most: 60, retries: 10, immediate: 1, early: 2, late: 2, backoff: backoff)
        let all = pauses(policy, 0..<10).compactMap { $0 }
        #expect(all.count == 10 && Array(all.prefix(3)) == [0, 2, 2] && Array(all.suffix(2)) == [60, 60])
        let growing = Array(all[3..<8])
        #expect(growing.first == 2 && growing == growing.sorted() && abs((growing.last ?? 0) - 60) < 1e-9)
    }

    @Test func aSubscriptionsPolicyComesBeforeItsTopics() throws {
        let topic = #"{"http":{"defaultHealthyRetryPolicy":{"numRetries":5},"disableSubscriptionOverrides":false}}"#
        let strict = topic.replacing("false", with: "true")
        let own = #"{"healthyRetryPolicy":{"numRetries":7},"requestPolicy":{"headerContentType":"application/json"}}"#
        #expect(EffectiveDelivery(topic: topic, subscription: own).retry.retries == 7)
        #expect(EffectiveDelivery(topic: topic, subscription: own).contentType == "application/json")
        #expect(EffectiveDelivery(topic: strict, subscription: own).retry.retries == 5)
        #expect(EffectiveDelivery(topic: topic, subscription: nil).retry.retries == 5)
        #expect(EffectiveDelivery(topic: nil, subscription: nil).retry == .standard)
    }

    @Test(arguments: [
        "", "[]", "{", #"{"healthyRetryPolicy":1}"#, #"{"healthyRetryPolicy":{"numRetries":-1}}"#,
        #"{"healthyRetryPolicy":{"numRetries":1.5}}"#, #"{"healthyRetryPolicy":{"minDelayTarget":0}}"#,
        #"{"healthyRetryPolicy":{"numNoDelayRetries":4}}"#, #"{"healthyRetryPolicy":{"backoffFunction":"slow"}}"#,
        #"{"throttlePolicy":{"maxReceivesPerSecond":0}}"#,
        #"{"requestPolicy":{"headerContentType":"text/plain\r\nX: y"}}"#,
        #"{"requestPolicy":{"headerContentType":"image/png"}}"#,
        #"{"healthyRetryPolicy":{"numRetries":9223372036854775807}}"#,
    ]) func policiesThatAreNone(_ text: String) {
        #expect(throws: ServiceError.self) { try DeliveryPolicy(ofSubscription: text) }
    }
}

@Suite struct SignedMessageTests {
    private let signer = Result { try MessageSigner(SigningKey.make(in: "us-east-1", at: 0)) }

    /// As AWS's page on the verification of signatures has it.
    @Test func whatIsSigned() {
        var content = MessageContent(kind: .notification, id: "id", time: 0, text: "text")
        content.subject = "subject"
        let signed = SignedText(content, text: "text", time: "time", topic: "topic", subscribeURL: nil).text
        #expect(
            signed
                == "Message\ntext\nMessageId\nid\nSubject\nsubject\nTimestamp\ntime\nTopicArn\ntopic\nType\nNotification\n"
        )
        let asked = MessageContent(kind: .subscriptionConfirmation, id: "id", time: 0, text: "text", token: "token")
        #expect(
            SignedText(asked, text: "text", time: "time", topic: "topic", subscribeURL: "url").text
                == "Message\ntext\nMessageId\nid\nSubscribeURL\nurl\nTimestamp\ntime\nToken\ntoken\nTopicArn\ntopic\nType\n"
                + "SubscriptionConfirmation\n")
    }

    @Test func certificatesAreAtAWSsHost() throws {
        let signer = try signer.get()
        #expect(signer.certificateURL.hasPrefix("https://sns.us-east-1.amazonaws.com/SimpleNotificationService-"))
        let path = String(signer.certificateURL.dropFirst("https://sns.us-east-1.amazonaws.com".count))
        #expect(SigningCertificates.id(in: path)?.utf8.count == 32)
        for other in ["/", "/SimpleNotificationService-.pem", path + "x", "/bucket" + path] {
            #expect(SigningCertificates.id(in: other) == nil)
        }
        #expect(try signer.sign("a", version: "1") != signer.sign("a", version: "2"))
    }
}

@Suite struct MessageTests {
    @Test func tokensNameTheirSubscription() throws {
        let id = "01a22cb0-5b6c-7fec-9f8f-f62b1f4343bd"
        let token = ConfirmationToken.make(for: id)
        #expect(token.utf8.count == 128 && ConfirmationToken.subscriptionID(of: token) == id)
        #expect(ConfirmationToken.make(for: id) != token)
        #expect(TextHash.isHash(Data(TextHash.bytes(token)), of: token))
        #expect(!TextHash.isHash(Data(TextHash.bytes(token)), of: token + "0"))
        for none in ["", "x", String(repeating: "é", count: 64), token.uppercased()] {
            #expect(ConfirmationToken.subscriptionID(of: none) == nil)
        }
    }

    @Test func sequenceNumbersSortAsTexts() {
        let numbers: [Int64] = [1, 2, 9, 10, 999_999, .max]
        let texts = numbers.map { SequenceNumber.text($0) }
        #expect(texts == texts.sorted() && texts.allSatisfy { $0.utf8.count == 20 })
    }

    @Test func answersOfEndpoints() {
        #expect([200, 204, 299].allSatisfy { WebDelivery.outcome(of: $0) == .delivered })
        #expect([429, 500, 503, 599].allSatisfy { WebDelivery.outcome(of: $0) == .retryable })
        #expect([100, 301, 400, 403, 404, 410].allSatisfy { WebDelivery.outcome(of: $0) == .failed })
    }

    @Test func filtersSeeAttributesByTheirTypes() throws {
        func matches(
            _ policy: String, scope: String? = nil, _ attributes: [String: MessageAttribute], text: String = "x"
        ) throws
            -> Bool
        {
            var content = MessageContent(kind: .notification, id: "id", time: 0, text: text)
            content.attributes = attributes
            return try SubscriptionFilter(policy, scope: scope).matches(content, by: .sqs)
        }
        let number = MessageAttribute(type: "Number", text: "10.5")
        let list = MessageAttribute(type: "String.Array", text: #"["a",1,true,null]"#)
        let bytes = MessageAttribute(type: "Binary", bytes: Data("a".utf8))
        #expect(try matches(#"{"n":[{"numeric":[">",10]}]}"#, ["n": number]))
        #expect(try !matches(#"{"n":["10.5"]}"#, ["n": number]))
        #expect(try matches(#"{"l":["a"]}"#, ["l": list]))
        #expect(try !matches(#"{"l":["b"]}"#, ["l": list]))
        #expect(try !matches(#"{"b":[{"exists":true}]}"#, ["b": bytes]))
        #expect(try matches(#"{"a":{"b":["c"]}}"#, scope: "MessageBody", [:], text: #"{"a":{"b":"c"}}"#))
        #expect(try !matches(#"{"a":{"b":["c"]}}"#, scope: "MessageBody", [:], text: "no JSON"))
        #expect(throws: ServiceError.self) { try matches(#"{"a":{"b":["c"]}}"#, [:]) }
        // What can't be read any more is for no message.
        let content = MessageContent(kind: .notification, id: "id", time: 0, text: "{}")
        #expect(!SubscriptionFilter(kept: "{", scope: nil).matches(content, by: .sqs))
    }

    @Test func encryptedMessagesOpenForTheirOwnIDAlone() throws {
        let content = MessageContent(kind: .notification, id: "id", time: 0, text: "text")
        let key = MessageKey(secret: .init(size: .bits256), encrypted: Data())
        let sealed = try key.seal(content)
        #expect(try MessageKey.open(sealed, of: "id", with: key.secret) == content)
        #expect(throws: ServiceError.self) { try MessageKey.open(sealed, of: "other", with: key.secret) }
    }

    @Test func namesOfTopics() throws {
        #expect(try TopicName("arn:aws:sns:us-east-1:111122223333:a_b-1.fifo").name == "a_b-1.fifo")
        for text in [
            "", "a", "arn:aws:sns:us-east-1:111122223333:", "arn:aws:sns:us-east-1:111122223333:a:b",
            "arn:aws:sns:us-east-1:1:a", "arn:aws:sqs:us-east-1:111122223333:a", "arn:aws:sns::111122223333:a",
            "arn:aws:sns:us-east-1:111122223333:ä",
        ] { #expect(throws: ServiceError.self) { try TopicName(text) } }
        #expect(throws: ServiceError.self) { try SubscriptionName("arn:aws:sns:us-east-1:111122223333:a:b") }
    }
}
