import Ledger
import Platform
import Wire

/// Empties what was a queue's, some at a time: after it was deleted or purged. Nobody sees any of it meanwhile.
struct EmptyQueue: Job {
    static let kind = "SQS::EmptyQueue"
    /// Rows of each table in one transaction.
    private static let portion = 200

    let partitions: [String]
    /// The name of the queue that was deleted; nil: it was not.
    let deleted: String?

    func run(_ context: JobContext) async throws(ServiceError) {
        let (job, id, now) = (self, context.id, context.environment.now())
        try await context.finish { (records) throws(ServiceError) in
            var isMore = false
            for partition in job.partitions {
                for count in [
                    try records.deleteAll(StoredMessage.self, of: partition, limit: Self.portion),
                    try records.deleteAll(StoredBody.self, of: partition, limit: Self.portion),
                    try records.deleteAll(MessageGroup.self, of: partition, limit: Self.portion),
                    try records.deleteAll(QueueCounter.self, of: partition, limit: Self.portion),
                    try records.deleteAll(SentMessageID.self, of: partition, limit: Self.portion),
                    try records.deleteAll(ReceiveAttempt.self, of: partition, limit: Self.portion),
                ] where count == Self.portion { isMore = true }
            }
            if isMore { return try records.schedule(job, id: id, at: now) }
            guard let name = job.deleted, let deleted = try records.get(DeletedQueue.self, name) else { return }
            let end = deleted.deleted + DeletedQueue.memory
            if end > now { try records.schedule(job, id: id, at: end) } else { try records.delete(deleted) }
        }
    }
}

/// Forgets messages whose retention is over, and ids that no longer count. Nobody gets to see them before that either.
struct ForgetMessages: RecurringJob {
    static let kind = "SQS::ForgetMessages"
    static let interval = 300.0
    private static let portion = 200

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        var failure: ServiceError?
        for entry in environment.projection(QueueIndex.self).all where !Task.isCancelled {
            // One that can't be read must not keep all others from being swept.
            do throws(ServiceError) { try await forget(entry.queue, environment) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
        try await context.finish { _ throws(ServiceError) in }
    }

    private func forget(_ queue: Queue, _ environment: Environment) async throws(ServiceError) {
        let (scope, name) = (queue.reference.scope, queue.name)
        // Most queues have nothing of that.
        var isMore = try await environment.read(scope) { (records) throws(ServiceError) in
            guard let queue = try records.get(Queue.self, name) else { return false }
            return try records.hasOld(in: queue, at: RequestIDs.milliseconds(environment.now()))
        }
        while isMore, !Task.isCancelled {
            isMore = try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
                guard let queue = try records.get(Queue.self, name) else { return false }
                let messages = QueueMessages(queue, records, at: environment.now())
                let isMore = try messages.settle(limit: Self.portion)
                return try messages.forgetIDs(limit: Self.portion) >= Self.portion || isMore
            }
        }
    }
}

extension Records {
    /// Whether a queue has messages whose retention is over, or ids that no longer count.
    fileprivate func hasOld(in queue: Queue, at now: Int64) throws(ServiceError) -> Bool {
        if let message = try list(StoredMessage.self, of: queue.messages, limit: 1).first,
            message.sent + Int64(queue.settings.retention) * 1000 <= now
        {
            return true
        }
        if let id = try list(SentMessageID.self, by: SentMessageID.byTime, of: queue.uniqueID, limit: 1).first,
            id.until <= now
        {
            return true
        }
        guard
            let attempt = try list(ReceiveAttempt.self, by: ReceiveAttempt.byTime, of: queue.uniqueID, limit: 1).first
        else { return false }
        return attempt.until <= now
    }
}
