import Platform
import S3API
import Wire

/// Which events of a bucket somebody wants to hear of, and who.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html>
struct NotificationRule: Sendable {
    let id: String
    /// The ARN of a queue, a topic or a function: the operator says which server stands for it.
    let destination: String
    /// `s3:ObjectCreated:*`
    let events: [String]
    let prefix: String
    let suffix: String

    init(_ id: String?, _ destination: String, _ events: [String], _ filter: S3.NotificationConfigurationFilter?) {
        self.id = id ?? ""
        self.destination = destination
        self.events = events
        func value(_ name: String) -> String {
            filter?.key?.filterRules?.first { $0.name?.lowercased() == name }?.value ?? ""
        }
        (prefix, suffix) = (value("prefix"), value("suffix"))
    }

    /// Those of a configuration, whatever kind of destination they have.
    static func all(_ configuration: S3.NotificationConfiguration) -> [NotificationRule] {
        let topics = (configuration.topicConfigurations ?? []).map {
            NotificationRule($0.id, $0.topicArn, $0.events, $0.filter)
        }
        let queues = (configuration.queueConfigurations ?? []).map {
            NotificationRule($0.id, $0.queueArn, $0.events, $0.filter)
        }
        let functions = (configuration.lambdaFunctionConfigurations ?? []).map {
            NotificationRule($0.id, $0.lambdaFunctionArn, $0.events, $0.filter)
        }
        return topics + queues + functions
    }

    /// - Parameter json: the configuration as it is kept.
    static func all(_ json: String) -> [NotificationRule] {
        guard let kept = try? Structure(json: json, of: S3.NotificationConfiguration.shape) else { return [] }
        let configuration = S3.NotificationConfiguration(kept)
        // EventBridge gets all that it has events for.
        let toBus = configuration.eventBridgeConfiguration.map { _ in NotificationRule(nil, eventBus, ["s3:*"], nil) }
        return all(configuration) + (toBus.map { [$0] } ?? [])
    }

    /// What stands for the default event bus of the bucket's account and Region in the place of an ARN.
    static let eventBus = "EventBridge"

    func wants(_ event: ObjectEvent, of key: String) -> Bool {
        events.contains { Self.includes($0, "s3:\(event.rawValue)") } && key.utf8.starts(with: prefix.utf8)
            && key.utf8.reversed().starts(with: suffix.utf8.reversed())
    }

    /// Whether some event of some object is wanted by both, which AWS does not allow.
    func overlaps(_ other: NotificationRule) -> Bool {
        let sharesEvent = events.contains { mine in
            other.events.contains { Self.includes(mine, $0) || Self.includes($0, mine) }
        }
        return sharesEvent && (prefix.hasPrefix(other.prefix) || other.prefix.hasPrefix(prefix))
            && (suffix.hasSuffix(other.suffix) || other.suffix.hasSuffix(suffix))
    }

    /// Whether an event is one of those that a name with a star at its end stands for.
    private static func includes(_ pattern: String, _ event: String) -> Bool {
        pattern == event || pattern.hasSuffix("*") && event.hasPrefix(pattern.dropLast())
    }
}

/// What happens to an object; by AWS's names, without the prefix.
enum ObjectEvent: String, Sendable {
    case put = "ObjectCreated:Put"
    case post = "ObjectCreated:Post"
    case copy = "ObjectCreated:Copy"
    case completeMultipartUpload = "ObjectCreated:CompleteMultipartUpload"
    case delete = "ObjectRemoved:Delete"
    case deleteMarkerCreated = "ObjectRemoved:DeleteMarkerCreated"
    case expirationDelete = "LifecycleExpiration:Delete"
    case expirationDeleteMarkerCreated = "LifecycleExpiration:DeleteMarkerCreated"
    case lifecycleTransition = "LifecycleTransition"
    case restorePost = "ObjectRestore:Post"
    case restoreCompleted = "ObjectRestore:Completed"
    case restoreDelete = "ObjectRestore:Delete"
    case aclPut = "ObjectAcl:Put"
    case taggingPut = "ObjectTagging:Put"
    case taggingDelete = "ObjectTagging:Delete"
    case replicationFailed = "Replication:OperationFailedReplication"

    /// Of the structure that messages have.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
    var structureVersion: String {
        switch self {
        case .replicationFailed: "2.2"
        case .expirationDelete, .expirationDeleteMarkerCreated, .lifecycleTransition, .aclPut, .taggingPut,
            .taggingDelete, .restoreDelete:
            "2.3"
        default: "2.1"
        }
    }
}
