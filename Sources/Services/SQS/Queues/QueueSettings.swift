import Wire

/// What a queue's attributes say, with SQS's defaults.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>
struct QueueSettings: Sendable, Equatable {
    /// Seconds.
    let delay: Int
    /// Bytes.
    let maximumSize: Int
    /// Seconds.
    let retention: Int
    /// Seconds.
    let waitTime: Int
    /// Seconds.
    let visibilityTimeout: Int
    let isContentDeduplicated: Bool
    /// Whether ids of messages are compared within their group alone.
    let deduplicatesByGroup: Bool
    /// nil: messages are encrypted by SQS's own key.
    let kmsKey: String?
    /// Seconds.
    let keyReuse: Int
    let redrive: RedrivePolicy?
    let redriveAllow: RedriveAllowPolicy

    init(_ attributes: [String: String]) {
        func number(_ attribute: NumberAttribute) -> Int {
            attributes[attribute.rawValue].flatMap { Int($0) } ?? attribute.standard
        }
        delay = number(.delay)
        maximumSize = number(.maximumSize)
        retention = number(.retention)
        waitTime = number(.waitTime)
        visibilityTimeout = number(.visibilityTimeout)
        keyReuse = number(.keyReuse)
        isContentDeduplicated = attributes["ContentBasedDeduplication"] == "true"
        deduplicatesByGroup = attributes["DeduplicationScope"] == "messageGroup"
        kmsKey = attributes["KmsMasterKeyId"]
        redrive = attributes["RedrivePolicy"].flatMap { try? RedrivePolicy(parsing: $0) }
        redriveAllow = attributes["RedriveAllowPolicy"].flatMap { try? RedriveAllowPolicy(parsing: $0) } ?? .all
    }
}

/// The attributes that are numbers.
enum NumberAttribute: String, CaseIterable, Sendable {
    case delay = "DelaySeconds"
    case maximumSize = "MaximumMessageSize"
    case retention = "MessageRetentionPeriod"
    case waitTime = "ReceiveMessageWaitTimeSeconds"
    case visibilityTimeout = "VisibilityTimeout"
    case keyReuse = "KmsDataKeyReusePeriodSeconds"

    var standard: Int {
        switch self {
        case .delay, .waitTime: 0
        case .maximumSize: 1 << 20
        case .retention: 345_600
        case .visibilityTimeout: 30
        case .keyReuse: 300
        }
    }

    var range: ClosedRange<Int> {
        switch self {
        case .delay: 0...900
        case .maximumSize: 1024...(1 << 20)
        case .retention: 60...1_209_600
        case .waitTime: 0...20
        case .visibilityTimeout: 0...43_200
        case .keyReuse: 60...86_400
        }
    }
}

/// Where messages go that were received too often.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html>
struct RedrivePolicy: Sendable, Equatable {
    /// The ARN of the dead-letter queue.
    let target: String
    let maxReceiveCount: Int

    /// - Throws: InvalidParameterValue.
    init(parsing text: String) throws(ServiceError) {
        func invalid(_ reason: String) -> ServiceError { .invalidParameter("RedrivePolicy", text, reason) }
        guard let json = try? JSONValue(parsing: Array(text.utf8)), case .object(let members) = json else {
            throw invalid("Redrive policy is not a valid JSON map.")
        }
        guard members.allSatisfy({ ["deadLetterTargetArn", "maxReceiveCount"].contains($0.key) }) else {
            throw invalid("Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].")
        }
        guard case .string(let target)? = json["deadLetterTargetArn"] else {
            throw invalid("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
        }
        let count: Int? =
            switch json["maxReceiveCount"] {
            case .integer(let count): count
            case .string(let text): Int(text)
            case nil: throw invalid("Redrive policy does not contain mandatory attribute: maxReceiveCount.")
            default: nil
            }
        guard let count, (1...1000).contains(count) else {
            throw invalid(
                "Invalid value for maxReceiveCount: \(count.map(String.init) ?? "null"), valid values are from 1 to 1000"
                    + " both inclusive.")
        }
        self.target = target
        maxReceiveCount = count
    }
}

/// Which queues may name this one as their dead-letter queue.
enum RedriveAllowPolicy: Sendable, Equatable {
    case all
    case none
    /// By their ARNs.
    case queues([String])

    /// - Throws: InvalidParameterValue.
    init(parsing text: String) throws(ServiceError) {
        func invalid(_ reason: String) -> ServiceError { .invalidParameter("RedriveAllowPolicy", text, reason) }
        guard let json = try? JSONValue(parsing: Array(text.utf8)), case .object(let members) = json else {
            throw invalid("Redrive allow policy is not a valid JSON map.")
        }
        guard members.allSatisfy({ ["redrivePermission", "sourceQueueArns"].contains($0.key) }) else {
            throw invalid("Only following attributes are supported: [redrivePermission, sourceQueueArns].")
        }
        let sources = json["sourceQueueArns"]
        switch json["redrivePermission"] {
        case .string("allowAll"): self = .all
        case .string("denyAll"): self = .none
        case .string("byQueue"):
            guard case .array(let list)? = sources, !list.isEmpty else {
                throw invalid("Redrive allow policy of type byQueue must contain sourceQueueArns.")
            }
            guard list.count <= 10 else { throw invalid("Up to 10 sourceQueueArns can be specified.") }
            var arns: [String] = []
            for item in list {
                guard case .string(let arn) = item, QueueReference(arn: arn) != nil else {
                    throw invalid("sourceQueueArns has to be a list of valid queue ARNs.")
                }
                arns.append(arn)
            }
            self = .queues(arns)
            return
        default: throw invalid("Redrive allow policy must contain a valid redrivePermission.")
        }
        guard sources == nil else { throw invalid("sourceQueueArns is allowed with byQueue only.") }
    }

    /// Whether the queue of an ARN may send its messages.
    func allows(_ arn: String) -> Bool {
        switch self {
        case .all: true
        case .none: false
        case .queues(let arns): arns.contains(arn)
        }
    }
}
