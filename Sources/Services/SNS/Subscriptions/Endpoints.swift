import Directory
import Fetch
import Platform
import Wire

extension Transport {
    /// Reads a request's `Protocol`.
    /// - Throws: InvalidParameter; NotImplemented for one that AWS has and Gatehouse has not.
    init(asked text: String) throws(ServiceError) {
        if let known = Transport(rawValue: text) {
            self = known
            return
        }
        guard ["sms", "application", "lambda", "firehose"].contains(text) else {
            throw .invalidParameter("Amazon SNS does not support this protocol string: \(text)")
        }
        throw .notBuilt("subscriptions by the protocol \(text)")
    }

    /// Checks where messages are to go.
    /// - Throws: InvalidParameter.
    func check(_ endpoint: String, of topic: Topic, _ environment: Environment) throws(ServiceError) {
        guard !endpoint.isEmpty, endpoint.utf8.count <= 2048 else { throw .invalidParameter("Endpoint") }
        switch self {
        case .http, .https:
            guard endpoint.hasPrefix("\(rawValue)://"),
                WebAddress(endpoint, mayHaveQuery: true, mayBePlain: true) != nil
            else { throw .invalidParameter("Endpoint must match the specified protocol") }
            guard environment.outsideServers.subscriberPlace(of: endpoint) != nil else {
                throw .invalidParameter(
                    "Endpoint Reason: Gatehouse sends to http only where the operator says which server that is "
                        + "(--subscriber-host)")
            }
        case .email, .emailJSON:
            let parts = endpoint.split(separator: "@", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }),
                endpoint.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"<>(),;:\\\"[]".utf8.contains($0) })
            else { throw .invalidParameter("Email address") }
        case .sqs:
            guard let queue = QueueName(endpoint) else { throw .invalidParameter("SQS endpoint ARN") }
            guard !queue.isFIFO || topic.isFIFO else {
                throw .invalidParameter(
                    "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")
            }
        }
        guard !topic.isFIFO || self == .sqs else { throw .invalidParameter("Invalid protocol type: \(rawValue)") }
    }
}

/// A queue of SQS, by its ARN.
struct QueueName: Sendable, Hashable {
    let name: String
    let account: String
    let region: String

    var isFIFO: Bool { name.hasSuffix(".fifo") }

    /// nil for what is no such ARN.
    init?(_ text: String) {
        guard let arn = ARN(parsing: text), arn.partition == "aws", arn.service == "sqs", !arn.region.isEmpty,
            arn.account.utf8.count == 12, (1...80).contains(arn.resource.utf8.count), !arn.resource.contains(":"),
            !arn.resource.contains("/")
        else { return nil }
        (name, account, region) = (arn.resource, arn.account, arn.region)
    }

    /// As requests name it.
    func url(_ environment: Environment) -> String { "\(environment.publicAddress.url)/\(account)/\(name)" }
}

/// Where messages go that a subscriber can't be given.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-configure-dead-letter-queue.html>
struct RedrivePolicy: Sendable {
    let queueARN: String

    /// - Throws: InvalidParameter.
    init(_ text: String) throws(ServiceError) {
        guard let value = try? JSONValue(parsing: Array(text.utf8)), case .object = value else {
            throw .invalidParameter("RedrivePolicy: failed to parse JSON.")
        }
        guard case .string(let arn)? = value["deadLetterTargetArn"], QueueName(arn) != nil else {
            throw .invalidParameter("RedrivePolicy: deadLetterTargetArn must be a valid SQS ARN")
        }
        queueARN = arn
    }

    /// - Throws: InvalidParameter for a queue that can't have what the topic's subscriptions get.
    func check(_ topic: Topic) throws(ServiceError) {
        guard let queue = QueueName(queueARN), queue.region == topic.region else {
            throw .invalidParameter("RedrivePolicy: deadLetterTargetArn must be in the same region as the topic")
        }
        guard queue.isFIFO == topic.isFIFO else {
            throw .invalidParameter(
                "RedrivePolicy: deadLetterTargetArn must be a \(topic.isFIFO ? "FIFO" : "standard") queue")
        }
    }
}
