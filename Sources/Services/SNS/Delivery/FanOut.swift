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
        try !list(FanOut.self, of: topicID, limit: 1).isEmpty
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
    /// Subscriptions in one transaction.
    private static let portion = 64
    private static let patience = Duration.seconds(2)

    let topic: String
    let topicID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let start = ContinuousClock.now
        var message: Message?
        repeat {
            guard try await step(context, &message) else { break }
        } while ContinuousClock.now - start < Self.patience && !Task.isCancelled
        let (topic, topicID) = (topic, topicID)
        try await context.finish { (records) throws(ServiceError) in
            guard let next = try records.list(FanOut.self, of: topicID, limit: 1).first,
                try records.get(Topic.self, topic)?.uniqueID == topicID
            else { return }
            try records.fanOut(of: topic, topicID, at: Double(next.due) / 1000)
        }
    }

    /// What is handed out.
    private struct Message {
        let topic: Topic
        let content: MessageContent
    }

    /// What there is to do.
    private struct Portion: Sendable {
        let row: FanOut
        let topic: Topic
        let stored: StoredMessage?
        let subscriptions: [Subscription]
    }

    /// - Parameter message: what the last step has handed out.
    /// - Returns: whether there may be more.
    private func step(_ context: JobContext, _ message: inout Message?) async throws(ServiceError) -> Bool {
        let environment = context.environment
        guard let portion = try await read(context) else { return false }
        let row = portion.row
        if message?.content.id != row.messageID || message?.topic != portion.topic {
            guard let stored = portion.stored else {
                try await change(row, context) { (records) throws(ServiceError) in _ = try records.delete(row) }
                return true
            }
            do throws(ServiceError) {
                message = Message(
                    topic: portion.topic, content: try await stored.content(of: portion.topic, environment))
            } catch {
                try await putOff(row, portion.topic, context)
                // In order, those behind it wait.
                return !portion.topic.isFIFO
            }
        }
        guard let content = message?.content else { return false }
        let work = try await work(on: portion, content, environment)
        let (topic, now) = (portion.topic, environment.now())
        let isLast = portion.subscriptions.count < Self.portion
        let last = portion.subscriptions.last?.id
        try await change(row, context) { (records) throws(ServiceError) in
            for mail in work.mail { try records.send(mail, at: now) }
            try records.enqueue(work.later, content, of: topic, at: now)
            if isLast {
                _ = try records.delete(row)
                if try !records.isNeeded(row.messageID, of: row.topicID) {
                    try records.delete(StoredMessage.self, RowKey(.text(row.messageID)), of: row.topicID)
                }
            } else {
                var row = row
                row.cursor = last
                try records.put(row)
            }
            records.afterwards {
                topic.count("NumberOfNotificationsDelivered", times: work.mail.count, environment)
                topic.count("NumberOfNotificationsFilteredOut", times: work.filteredOut, environment)
            }
        }
        return true
    }

    private func read(_ context: JobContext) async throws(ServiceError) -> Portion? {
        let (name, topicID) = (topic, topicID)
        let now = RequestIDs.milliseconds(context.environment.now())
        return try await context.environment.read(context.scope) { (records) throws(ServiceError) in
            guard let topic = try records.get(Topic.self, name), topic.uniqueID == topicID,
                let row = try records.list(FanOut.self, of: topicID, limit: 1).first, row.due <= now
            else { return nil }
            return Portion(
                row: row, topic: topic,
                stored: try records.get(StoredMessage.self, RowKey(.text(row.messageID)), of: topicID),
                subscriptions: try records.referrers(
                    Subscription.self, Subscription.Relation.state(.confirmed), to: topicID, after: row.cursor,
                    limit: Self.portion))
        }
    }

    private func work(
        on portion: Portion, _ content: MessageContent, _ environment: Environment
    ) async throws(ServiceError) -> (later: [String], mail: [MailMessage], filteredOut: Int) {
        let topic = portion.topic
        let index = environment.projection(TopicIndex.self)
        let (known, protection) = (index.subscribers(ofTopic: topic.uniqueID), index.protection(of: topic))
        let shared = MessageWriter(content, topic, try await environment.signer(in: topic.region), environment)
        var (later, mail, filteredOut): ([String], [MailMessage], Int) = ([], [], 0)
        for subscription in portion.subscriptions where subscription.created <= portion.row.published {
            let kept = known[subscription.id].flatMap { $0.subscription == subscription ? $0 : nil }
            guard (kept ?? Subscriber(subscription)).wants(content) else {
                filteredOut += 1
                continue
            }
            if !subscription.transport.isMail {
                later.append(subscription.id)
            } else if let writer = shared.protected(by: protection, for: subscription, environment) {
                mail.append(try MailMessage(writer, subscription))
            }
        }
        return (later, mail, filteredOut)
    }

    /// Does something with a row, unless another node has been faster.
    private func change(
        _ row: FanOut, _ context: JobContext,
        _ body: @escaping @Sendable (MutableRecords) throws(ServiceError) -> Void
    ) async throws(ServiceError) {
        try await context.environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
            guard try records.get(FanOut.self, row.key, of: row.topicID) == row else { return }
            try body(records)
        }
    }

    /// A message that can't be decrypted now is tried again as long as those for queues are.
    private func putOff(_ row: FanOut, _ topic: Topic, _ context: JobContext) async throws(ServiceError) {
        let pause = RetryPolicy.queues.pause(before: row.attempts)
        let now = context.environment.now()
        try await change(row, context) { (records) throws(ServiceError) in
            _ = try records.delete(row)
            guard let pause else { return }
            var row = row
            row.attempts += 1
            row.due = RequestIDs.milliseconds(now + max(1, pause))
            if !topic.isFIFO { row.order = row.due }
            try records.put(row)
        }
    }
}
