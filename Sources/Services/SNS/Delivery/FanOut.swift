import Ledger
import Platform
import Wire

/// A message that is on its way to very many subscribers, and how far it is: one transaction for all of them would keep every other
/// writer waiting.
struct FanOut: TableRow, Equatable {
    static let kind = "AWS::SNS::FanOut"
    static let byMessage = "message"

    /// The unique id of the topic.
    let topicID: String
    /// Which comes first: a FIFO message's number, or when it is due, in milliseconds since 1970.
    var order: Int64
    let messageID: String
    /// When it was published, in seconds since 1970. Who subscribes later does not get it.
    let published: Double
    /// The id of the last subscription that was seen to; nil: none was.
    var cursor: String?
    /// How often it could not be read.
    var attempts = 0
    /// In milliseconds since 1970.
    var due: Int64

    var partition: String { topicID }
    var key: RowKey { RowKey(.number(order), .text(messageID)) }
    var indexes: [RowIndex] { [RowIndex(Self.byMessage, RowKey(.text(messageID)))] }
}

extension RecordReading {
    /// Whether messages of a topic are still on their way to very many. In a FIFO topic those that come after them wait.
    func isFanningOut(_ topicID: String) throws(ServiceError) -> Bool {
        try count(FanOut.self, of: topicID) > 0
    }

    /// Whether somebody may still need a message.
    func isNeeded(_ messageID: String, of topicID: String) throws(ServiceError) -> Bool {
        let prefix = RowIndexRange(RowPrefix(.text(messageID)))
        let waiting = try list(
            PendingDelivery.self, by: PendingDelivery.byMessage, of: topicID, prefix, limit: 1)
        guard waiting.isEmpty else { return true }
        return try !list(FanOut.self, by: FanOut.byMessage, of: topicID, prefix, limit: 1).isEmpty
    }
}

extension MutableRecords {
    /// Puts a message on its way to all subscribers of a topic. The message is stored already.
    /// - Parameter time: seconds since 1970.
    func fanOut(_ content: MessageContent, of topic: Topic, at time: Double) throws(ServiceError) {
        let due = RequestIDs.milliseconds(time)
        try put(
            FanOut(
                topicID: topic.uniqueID, order: topic.isFIFO ? content.sequence ?? 0 : due, messageID: content.id,
                published: time, due: due))
        try fanOut(of: topic.name, topic.uniqueID, at: time)
    }

    fileprivate func fanOut(of topic: String, _ topicID: String, at time: Double) throws(ServiceError) {
        if let known = try scheduledTime(of: FanOutMessages.self, id: topicID), known <= time { return }
        try schedule(FanOutMessages(topic: topic, topicID: topicID), id: topicID, at: time)
    }
}

/// Brings a topic's messages to their subscribers' lanes, some subscribers in each transaction, and one message after another.
struct FanOutMessages: Job {
    static let kind = "SNS::FanOutMessages"
    static let concurrency = 8
    static let share = 4
    /// Subscriptions in one transaction, be they of one message or of many.
    private static let portion = 64
    /// Seconds by which nodes' clocks may differ. One who gets a message from shortly before subscribing is no harm; one who gets
    /// none from after it is.
    private static let doubt = 10.0
    private static let patience = Duration.seconds(2)

    let topic: String
    let topicID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let start = ContinuousClock.now
        var message: Message?
        repeat {
            guard try await step(context, &message) else { break }
        } while ContinuousClock.now - start < Self.patience && !Task.isCancelled
        let (topic, topicID, now) = (topic, topicID, context.environment.now())
        try await context.finish { (records) throws(ServiceError) in
            guard let next = try records.list(FanOut.self, of: topicID, limit: 1).first,
                try records.get(Topic.self, topic)?.uniqueID == topicID
            else { return }
            // Behind those who wait for their turn.
            try records.fanOut(of: topic, topicID, at: max(now, Double(next.due) / 1000))
        }
    }

    /// What is handed out.
    private struct Message {
        let topic: Topic
        let content: MessageContent
    }

    /// What there is to do of one message.
    private struct Portion: Sendable {
        let row: FanOut
        let topic: Topic
        let stored: StoredMessage?
        let subscriptions: [Subscription]
        /// Whether these are the last.
        let isLast: Bool
    }

    /// What comes of a portion.
    private struct Work: Sendable {
        let portion: Portion
        /// nil: the message is gone.
        let content: MessageContent?
        /// The ids of the subscriptions that get it by a job.
        var later: [String] = []
        var mail: [MailMessage] = []
        var filteredOut = 0
    }

    /// - Parameter message: what the last step has handed out.
    /// - Returns: whether there may be more.
    private func step(_ context: JobContext, _ message: inout Message?) async throws(ServiceError) -> Bool {
        let environment = context.environment
        let portions: [Portion]
        do throws(ServiceError) { portions = try await read(context) } catch {
            guard context.hasFailedLong, error.code == ServiceError.internalFailure.code else { throw error }
            try await drop(context, error)
            return true
        }
        guard !portions.isEmpty else { return false }
        var (all, isHeldUp): ([Work], Bool) = ([], false)
        for portion in portions {
            if message?.content.id != portion.row.messageID || message?.topic != portion.topic {
                guard let stored = portion.stored else {
                    all.append(Work(portion: portion, content: nil))
                    continue
                }
                do throws(ServiceError) {
                    message = Message(
                        topic: portion.topic, content: try await stored.content(of: portion.topic, environment))
                } catch {
                    try await putOff(portion.row, portion.topic, context)
                    // In order, those behind it wait.
                    isHeldUp = portion.topic.isFIFO
                    if isHeldUp { break }
                    continue
                }
            }
            guard let content = message?.content else { break }
            all.append(try await work(on: portion, content, environment))
        }
        try await keep(all, context)
        return !isHeldUp
    }

    /// Keeps what has come of some messages, but for what another node did first.
    private func keep(_ all: [Work], _ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let now = environment.now()
        guard !all.isEmpty else { return }
        try await environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
            for work in all {
                let (row, topic) = (work.portion.row, work.portion.topic)
                guard try records.get(FanOut.self, row.key, of: row.topicID) == row else { continue }
                guard let content = work.content else {
                    _ = try records.delete(row)
                    continue
                }
                for mail in work.mail { try records.send(mail, at: now) }
                if !work.later.isEmpty { try records.enqueue(work.later, content, of: topic, at: now) }
                if work.portion.isLast {
                    try records.end(row)
                } else {
                    var row = row
                    row.cursor = work.portion.subscriptions.last?.id
                    try records.put(row)
                }
                records.afterwards {
                    topic.count("NumberOfNotificationsDelivered", times: work.mail.count, environment)
                    topic.count("NumberOfNotificationsFilteredOut", times: work.filteredOut, environment)
                }
            }
        }
    }

    /// As many messages as have a portion of subscriptions together, in their order.
    private func read(_ context: JobContext) async throws(ServiceError) -> [Portion] {
        let (name, topicID) = (topic, topicID)
        let now = RequestIDs.milliseconds(context.environment.now())
        return try await context.environment.read(context.scope) { (records) throws(ServiceError) in
            guard let topic = try records.get(Topic.self, name), topic.uniqueID == topicID else { return [] }
            var (portions, room): ([Portion], Int) = ([], Self.portion)
            while room > 0 {
                let next: FanOut?
                do throws(ServiceError) {
                    let range = RowRange(after: portions.last.map { .key($0.row.key) })
                    next = try records.list(FanOut.self, of: topicID, range, limit: 1).first
                } catch {
                    // What is before it goes on.
                    if portions.isEmpty { throw error }
                    break
                }
                guard let row = next, row.due <= now else { break }
                let subscriptions = try records.referrers(
                    Subscription.self, Subscription.Relation.state(.confirmed), to: topicID, after: row.cursor,
                    limit: room)
                let portion = Portion(
                    row: row, topic: topic,
                    stored: try records.get(StoredMessage.self, RowKey(.text(row.messageID)), of: topicID),
                    subscriptions: subscriptions, isLast: subscriptions.count < room)
                portions.append(portion)
                // A message is something to read, too, if nobody is left to get it.
                room -= max(1, subscriptions.count)
                guard portion.isLast else { break }
            }
            return portions
        }
    }

    /// Drops the first message on its way: nobody can read how far it is.
    private func drop(_ context: JobContext, _ error: ServiceError) async throws(ServiceError) {
        let (name, topicID, environment) = (topic, topicID, context.environment)
        try await environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
            guard let topic = try records.get(Topic.self, name),
                try records.deleteAll(FanOut.self, of: topicID, limit: 1) > 0
            else { return }
            records.afterwards {
                topic.count("NumberOfNotificationsFailed", environment)
                context.report("a message that can't be read is not delivered", ["error": error.logText])
            }
        }
    }

    private func work(
        on portion: Portion, _ content: MessageContent, _ environment: Environment
    ) async throws(ServiceError) -> Work {
        let topic = portion.topic
        let index = environment.projection(TopicIndex.self)
        let (known, protection) = (index.subscribers(ofTopic: topic.uniqueID), index.protection(of: topic))
        let shared = MessageWriter(content, topic, try await environment.signer(in: topic.region), environment)
        var work = Work(portion: portion, content: content)
        for subscription in portion.subscriptions where subscription.created <= portion.row.published + Self.doubt {
            let kept = known[subscription.id].flatMap { $0.subscription == subscription ? $0 : nil }
            guard (kept ?? Subscriber(subscription)).wants(content) else {
                work.filteredOut += 1
                continue
            }
            if !subscription.transport.isMail {
                work.later.append(subscription.id)
            } else if let writer = shared.protected(by: protection, for: subscription, environment) {
                work.mail.append(try MailMessage(writer, subscription))
            }
        }
        return work
    }

    /// A message that can't be decrypted now is tried again as long as those for queues are.
    private func putOff(_ row: FanOut, _ topic: Topic, _ context: JobContext) async throws(ServiceError) {
        let pause = RetryPolicy.queues.pause(before: row.attempts)
        let environment = context.environment
        let now = environment.now()
        let lost =
            pause == nil
            ? try await environment.read(context.scope) { (records) throws(ServiceError) in
                try records.referrers(
                    Subscription.self, Subscription.Relation.state(.confirmed), to: row.topicID, after: row.cursor
                ).count
            } : 0
        try await environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
            // Another node may have been faster.
            guard try records.get(FanOut.self, row.key, of: row.topicID) == row else { return }
            guard let pause else {
                try records.end(row)
                records.afterwards { topic.count("NumberOfNotificationsFailed", times: lost, environment) }
                return
            }
            _ = try records.delete(row)
            var row = row
            row.attempts += 1
            row.due = RequestIDs.milliseconds(now + max(1, pause))
            if !topic.isFIFO { row.order = row.due }
            try records.put(row)
        }
    }
}

extension MutableRecords {
    /// Nobody gets a message by this any more.
    fileprivate func end(_ row: FanOut) throws(ServiceError) {
        _ = try delete(row)
        guard try !isNeeded(row.messageID, of: row.topicID) else { return }
        try delete(StoredMessage.self, RowKey(.text(row.messageID)), of: row.topicID)
    }
}
