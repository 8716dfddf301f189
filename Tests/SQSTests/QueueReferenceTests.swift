import Testing

@testable import SQSService

@Suite struct QueueReferenceTests {
    @Test(arguments: [
        "http://localhost:4566/111122223333/orders", "https://sqs.us-east-1.amazonaws.com/111122223333/orders",
        "https://us-east-1.queue.amazonaws.com/111122223333/orders", "/111122223333/orders",
        "https://queue.amazonaws.com/111122223333/orders",
    ]) func anyHostWillDo(url: String) {
        let queue = QueueReference(url: url, region: "us-east-1")
        #expect(queue?.arn == "arn:aws:sqs:us-east-1:111122223333:orders")
    }

    @Test(arguments: [
        "", "orders", "http://localhost", "http://localhost/orders", "http://localhost/11112222333/orders",
        "http://localhost/111122223333/", "http://localhost/111122223333/a b", "http://localhost/x/111122223333/orders",
        "http://localhost/111122223333/.fifo", "http://localhost/111122223333/a.b", "http://localhost/１１１１22223333/a",
    ]) func nothingElseIsAQueue(url: String) {
        #expect(QueueReference(url: url, region: "us-east-1") == nil)
    }

    @Test func policiesForDeadLettersAreRead() throws {
        let arn = "arn:aws:sqs:us-east-1:111122223333:dead"
        let policy = try RedrivePolicy(parsing: #"{"deadLetterTargetArn":"\#(arn)","maxReceiveCount":5}"#)
        #expect(policy.target == arn && policy.maxReceiveCount == 5)
        for text in [
            "", "[]", "{}", #"{"deadLetterTargetArn":"\#(arn)"}"#,
            #"{"deadLetterTargetArn":"\#(arn)","maxReceiveCount":0}"#,
            #"{"deadLetterTargetArn":"\#(arn)","maxReceiveCount":1001}"#,
            #"{"deadLetterTargetArn":"\#(arn)","maxReceiveCount":5,"more":1}"#,
        ] {
            #expect(throws: (any Error).self) { try RedrivePolicy(parsing: text) }
        }
        #expect(try RedriveAllowPolicy(parsing: #"{"redrivePermission":"denyAll"}"#) == .none)
        let byQueue = try RedriveAllowPolicy(
            parsing: #"{"redrivePermission":"byQueue","sourceQueueArns":["\#(arn)"]}"#)
        #expect(byQueue.allows(arn) && !byQueue.allows("\(arn)x"))
    }
}
