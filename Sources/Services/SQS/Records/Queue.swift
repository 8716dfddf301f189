import Directory
import Ledger
import Platform
import Wire

/// A queue.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-types.html>
struct Queue: Record {
    static let kind = "AWS::SQS::Queue"
    static let version = 1

    let account: String
    let region: String
    let name: String
    /// No other queue has it, not even one that gets the name later.
    let uniqueID: String
    /// The partition that its messages are in. A purge gives it another: so it takes no longer for a million messages.
    var messages: String
    /// Seconds since 1970.
    let created: Int
    var modified: Int
    /// What requests have set, by AWS's names, but for ``policy``: see ``QueueSettings`` for what holds where nothing was.
    var attributes: [String: String] = [:]
    /// As it is kept: users and roles by their unique ids.
    var policy: String?
    var tags: [Tag] = []
    /// When it was last purged, in seconds since 1970; nil: never.
    var purged: Double?

    var id: String { name }
    var reference: QueueReference { QueueReference(account: account, region: region, name: name) }
    var arn: String { reference.arn }
    var isFIFO: Bool { reference.isFIFO }
    var settings: QueueSettings { QueueSettings(attributes) }

    /// The relation of queues to their dead-letter queue.
    static let toDeadLetterQueue = "dead-letter-queue"

    var references: [Reference] {
        settings.redrive.map { [Reference(Self.toDeadLetterQueue, to: $0.target)] } ?? []
    }
}

/// That a queue was deleted: no other can have its name for a minute.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html>
struct DeletedQueue: Record {
    static let kind = "Gatehouse::SQS::DeletedQueue"
    static let version = 1
    static let keepsHistory = false
    /// Seconds.
    static let memory = 60.0

    let name: String
    /// Seconds since 1970.
    let deleted: Double

    var id: String { name }
}
