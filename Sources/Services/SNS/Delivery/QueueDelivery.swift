import FoundationEssentials
import Platform
import SQSAPI
import Wire

/// Brings a message to a queue of SQS, as SNS: the queue's policy has to allow it for the topic.
/// <https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html>
struct QueueDelivery: Sendable {
    enum Outcome: Sendable {
        /// It is sent when the transaction is committed in which this is completed.
        case prepared(PreparedCall<SQS.SendMessage>)
        /// The same to the queue for dead letters, since the queue itself will never take it.
        case redriven(PreparedCall<SQS.SendMessage>)
        /// It may succeed later.
        case retryable
        /// It never will, and no queue for dead letters takes it.
        case failed
    }

    /// SQS takes no more.
    private static let mostAttributes = 10

    private let subscriber: Subscriber
    private let topic: Topic
    private let environment: Environment

    init(_ subscriber: Subscriber, _ topic: Topic, _ environment: Environment) {
        self.subscriber = subscriber
        self.topic = topic
        self.environment = environment
    }

    func prepared(_ writer: MessageWriter) async -> Outcome {
        do throws(ServiceError) {
            guard let queue = QueueName(subscriber.subscription.endpoint) else { return .failed }
            return .prepared(try await send(writer, to: queue))
        } catch {
            guard error.status < 500 else { return .retryable }
            return await preparedDeadLetter(writer).map { .redriven($0) } ?? .failed
        }
    }

    /// nil: there is no queue for dead letters, or it does not take the message.
    func preparedDeadLetter(_ writer: MessageWriter) async -> PreparedCall<SQS.SendMessage>? {
        guard let queue = subscriber.deadLetterQueue.flatMap({ QueueName($0) }) else { return nil }
        return try? await send(writer, to: queue)
    }

    private func send(
        _ writer: MessageWriter, to queue: QueueName
    ) async throws(ServiceError) -> PreparedCall<SQS.SendMessage> {
        let (content, subscription) = (writer.content, subscriber.subscription)
        let isRaw = subscription.isRaw && content.kind == .notification
        let body = isRaw ? content.text(for: subscription.transport) : try writer.document(for: subscription)
        let attributes = isRaw ? content.attributes : [:]
        guard attributes.count <= Self.mostAttributes else {
            throw .sns(.invalidParameter, "A queue takes no more than \(Self.mostAttributes) attributes")
        }
        let input = SQS.SendMessage.Input {
            $0.queueUrl = queue.url(environment)
            $0.messageBody = body
            if !attributes.isEmpty { $0.messageAttributes = attributes.mapValues(\.ofQueue) }
            if queue.isFIFO {
                $0.messageGroupId = content.groupID ?? content.id
                $0.messageDeduplicationId = content.deduplicationID ?? content.id
            } else if !topic.isFIFO {
                $0.messageGroupId = content.groupID
            }
        }
        return try await environment.services(in: queue.region).prepare(
            SQS.SendMessage.self, input, as: .own(SNSPrincipal.name, for: topic.arn, in: topic.accountID))
    }
}

extension MessageAttribute {
    fileprivate var ofQueue: SQS.MessageAttributeValue {
        SQS.MessageAttributeValue {
            $0.dataType = type
            $0.stringValue = text
            $0.binaryValue = bytes.map { Blob(Array($0)) }
        }
    }
}
