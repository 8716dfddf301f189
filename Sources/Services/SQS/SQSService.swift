public import Platform
import SQSAPI

extension ServiceModule {
    /// Amazon Simple Queue Service: queues and messages.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html>
    public static let sqs = ServiceModule(SQS.self, operations: [])
}
