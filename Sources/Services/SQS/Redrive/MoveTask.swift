import FoundationEssentials
import Ledger
import Platform
import SQSAPI
import Wire

/// That messages of a dead-letter queue are moved on.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html>
struct MoveTask: Record {
    static let kind = "Gatehouse::SQS::MessageMoveTask"
    static let version = 1
    static let keepsHistory = false

    enum Status: String, Codable, Sendable {
        case running = "RUNNING"
        case completed = "COMPLETED"
        case cancelled = "CANCELLED"
        case failed = "FAILED"
    }

    /// A UUID of version 7, so that tasks are in the order in which they were started.
    let id: String
    let source: String
    /// An ARN; nil: each message goes back to where it came from.
    let destination: String?
    /// The ARNs of the queues to which messages may go back; nil: there is a destination.
    let homes: [String]?
    /// Messages in a second; nil: as many as can be.
    let rate: Int?
    let toMove: Int
    /// Seconds since 1970.
    let started: Double
    var status = Status.running
    var moved = 0
    var failure: String?

    static let ofSource = "message-move-task"
    /// How many of a queue are kept.
    static let most = 10

    var references: [Reference] { [Reference(Self.ofSource, to: source)] }

    /// What it is cancelled by: as AWS's, it says the queue.
    var handle: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("taskId", id)
        writer.member("sourceArn", source)
        writer.endObject()
        return Data(writer.bytes).base64EncodedString()
    }

    /// The task and the queue that a handle names; nil for what is none.
    static func parse(_ handle: String) -> (id: String, source: QueueReference)? {
        guard handle.utf8.count <= 4096, let data = Data(base64Encoded: handle),
            let json = try? JSONValue(parsing: Array(data)), case .string(let id)? = json["taskId"],
            case .string(let arn)? = json["sourceArn"], let source = QueueReference(arn: arn)
        else { return nil }
        return (id, source)
    }
}

extension QueueMessages {
    /// Moves messages on that can be received, as new ones.
    /// - Parameter limit: how many.
    func move(limit: Int, to place: MovePlace) throws(ServiceError) -> MovedMessages {
        var result = MovedMessages()
        for message in try movable(limit: limit) {
            result.seen += 1
            if hasExpired(message) {
                try remove(message)
                continue
            }
            let destination: QueueMessages
            switch place {
            case .queue(let queue): destination = queue
            case .homes(let permitted):
                guard let reference = message.source.flatMap({ QueueReference(arn: $0) }) else {
                    return result.failed("CouldNotDetermineMessageSource")
                }
                guard let home = try records.of(reference.scope).get(Queue.self, reference.name) else {
                    return result.failed(MovedMessages.noQueue)
                }
                guard permitted.contains(home.arn), home.uniqueID != queue.uniqueID else {
                    return result.failed("CouldNotDetermineMessageSource")
                }
                destination = of(home)
            }
            var new = NewMessage(message, content: try content(of: message))
            new.id = UUID().uuidString.lowercased()
            try remove(message)
            if destination.queue.isFIFO {
                _ = try destination.append(new)
            } else {
                new.delay = 0
                _ = try destination.add(new)
            }
            result.moved[destination.queue.reference, default: 0] += 1
        }
        return result
    }

    private func movable(limit: Int) throws(ServiceError) -> [StoredMessage] {
        guard queue.isFIFO else { return try visible(limit: limit) }
        _ = try unlock(limit: limit)
        return try inOrder(limit: limit)
    }
}

/// Where messages are moved.
enum MovePlace {
    case queue(QueueMessages)
    /// Each to where it came from, if that is one of these ARNs: those for which whoever wants it was asked.
    case homes(Set<String>)
}

/// What has become of a portion of messages.
struct MovedMessages {
    static let noQueue = "AWS.SimpleQueueService.NonExistentQueue"

    /// How many were looked at, those whose retention was over included.
    var seen = 0
    var moved: [QueueReference: Int] = [:]
    /// Why it can't go on; nil: it can.
    var failure: String?

    func failed(_ reason: String) -> MovedMessages {
        var result = self
        result.failure = reason
        return result
    }
}

/// Moves the messages of a task, a portion at a time.
struct MoveMessages: Job {
    static let kind = "SQS::MoveMessages"
    /// Messages in one transaction.
    private static let portion = 100

    let task: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (job, id, environment) = (self, context.id, context.environment)
        let now = environment.now()
        let signals = environment.projection(QueueSignals.self)
        try await context.finish { (records) throws(ServiceError) in
            guard var task = try records.get(MoveTask.self, job.task), task.status == .running else { return }
            let portion = min(Self.portion, task.rate ?? Self.portion)
            let result = try job.move(task, portion, records, at: now)
            let count = result.moved.values.reduce(0, +)
            task.moved += count
            if let failure = result.failure {
                (task.status, task.failure) = (.failed, failure)
            } else if result.seen == 0 {
                task.status = .completed
            } else {
                let pause = task.rate.map { Double(count) / Double($0) } ?? 0
                try records.schedule(job, id: id, at: now + pause)
            }
            try records.put(task)
            for (queue, count) in result.moved {
                guard let found = try records.of(queue.scope).get(Queue.self, queue.name) else { continue }
                records.afterwards { signals.wake(found.uniqueID, count) }
            }
        }
    }

    private func move(
        _ task: MoveTask, _ portion: Int, _ records: MutableRecords, at now: Double
    ) throws(ServiceError) -> MovedMessages {
        guard let source = QueueReference(arn: task.source),
            let queue = try records.of(source.scope).get(Queue.self, source.name)
        else { return MovedMessages(failure: MovedMessages.noQueue) }
        let messages = QueueMessages(queue, records, at: now)
        guard let arn = task.destination else {
            return try messages.move(limit: portion, to: .homes(Set(task.homes ?? [])))
        }
        guard let destination = QueueReference(arn: arn),
            let found = try records.of(destination.scope).get(Queue.self, destination.name)
        else { return MovedMessages(failure: MovedMessages.noQueue) }
        return try messages.move(limit: portion, to: .queue(messages.of(found)))
    }
}
