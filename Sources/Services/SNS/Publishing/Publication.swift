import Ledger
import Platform
import SNSAPI
import SQSAPI
import Wire

/// Messages on their way to a topic's subscribers: all that is slow is done, and the transaction is still to come.
public struct Publication: Sendable {
    /// What a request is told of a message.
    struct Accepted: Sendable {
        let id: String
        var sequence: Int64?
    }

    /// Queues that get a message in the transaction itself; beyond that many, the message comes to them by a job, lest all other
    /// writers wait.
    private static let mostDirect = 16
    /// If a topic has more subscribers, a job finds out who of them gets a message, some at a time.
    private static let mostAtOnce = 64

    private struct Item: Sendable {
        var content: MessageContent
        /// To queues.
        var direct: [PreparedCall<SQS.SendMessage>] = []
        /// The ids of the subscriptions that get it by a job.
        var later: [String] = []
        var mail: [MailMessage] = []
        /// Whether there are so many subscribers that a job sees to all of them.
        let isForMany: Bool
        /// In bytes.
        let size: Int
        /// So many subscribers don't want it.
        var filteredOut = 0
        /// To so many it can't be delivered.
        var failed = 0
        /// So many go to dead-letter queues.
        var redriven = 0

        /// For the metrics of the topic. What is delivered later counts then.
        /// - Parameter isForMany: whether a job sees to all subscribers.
        func count(for topic: Topic, isForMany: Bool, _ environment: Environment) {
            topic.count("NumberOfMessagesPublished", environment)
            topic.count("PublishSize", unit: "Bytes", value: Double(size), environment)
            guard !isForMany else { return }
            topic.count("NumberOfNotificationsDelivered", times: direct.count + mail.count - redriven, environment)
            topic.count("NumberOfNotificationsFilteredOut", times: filteredOut, environment)
            topic.count("NumberOfNotificationsFailed", times: failed + redriven, environment)
            topic.count("NumberOfNotificationsRedrivenToDlq", times: redriven, environment)
        }
    }

    private let topic: Topic
    private let items: [Item]
    private let key: MessageKey?

    /// Finds out who gets the messages, and asks for all permissions that this takes.
    /// - Throws: NotFound; InvalidParameter; what KMS says of the topic's key.
    static func prepared(
        _ messages: [PublishedMessage], to name: TopicName, _ call: Call
    ) async throws(ServiceError) -> Publication {
        try call.checkRegion(of: name)
        let index = call.environment.projection(TopicIndex.self)
        guard let entry = index.entry(name) else { throw .noSuchTopic }
        let topic = entry.topic
        for message in messages { try message.check(for: topic) }
        let key = try await call.messageKey(of: topic)
        let subscribers = index.subscribers(ofTopic: topic.uniqueID)
        // What they get is signed, and the key may have to be made.
        let signer = subscribers.isEmpty ? nil : try await call.environment.signer(in: topic.region)
        var items: [Item] = []
        for message in messages {
            var content = message.content(id: RequestIDs.make(time: call.time), at: call.time, of: topic)
            if let protection = entry.protection {
                content = try content.protected(by: protection, from: call.protectedPrincipals)
            }
            var item = Item(
                content: content, isForMany: subscribers.count > mostAtOnce, size: message.size)
            guard let signer, !item.isForMany else {
                items.append(item)
                continue
            }
            let shared = MessageWriter(content, topic, signer, call.environment)
            for (id, subscriber) in subscribers {
                guard subscriber.wants(content) else {
                    if subscriber.subscription.state == .confirmed { item.filteredOut += 1 }
                    continue
                }
                let subscription = subscriber.subscription
                guard subscription.transport.isMail || subscription.transport == .sqs && !topic.isFIFO,
                    item.direct.count < mostDirect || subscription.transport.isMail
                else {
                    item.later.append(id)
                    continue
                }
                let writer = shared.protected(by: entry.protection, for: subscription, call.environment)
                guard let writer else { continue }
                if subscription.transport.isMail {
                    item.mail.append(try MailMessage(writer, subscription))
                    continue
                }
                switch await QueueDelivery(subscriber, topic, call.environment).prepared(writer) {
                case .prepared(let send): item.direct.append(send)
                case .redriven(let send):
                    item.direct.append(send)
                    item.redriven += 1
                case .retryable: item.later.append(id)
                case .failed: item.failed += 1
                }
            }
            items.append(item)
        }
        return Publication(topic: topic, items: items, key: key)
    }

    /// Takes the messages in, with their deliveries.
    /// - Returns: one for each, in their order.
    /// - Throws: NotFound for a topic that is gone meanwhile; ServiceUnavailable where a queue is: who asks again is answered anew.
    func complete(_ call: Call, _ records: MutableRecords) throws(ServiceError) -> [Accepted] {
        let own = records.of(topic.scope)
        guard try own.get(Topic.self, topic.name)?.uniqueID == topic.uniqueID else { throw .noSuchTopic }
        return try items.map { (item) throws(ServiceError) in
            var content = item.content
            if topic.isFIFO {
                if let known = try own.remembered(content, of: topic, at: call.time) {
                    return Accepted(id: known.messageID, sequence: known.sequence)
                }
                content.sequence = try own.remember(content, of: topic, at: call.time)
            }
            // In order, nothing overtakes what is still on its way to many.
            let mustWait = topic.isFIFO ? try own.isFanningOut(topic.uniqueID) : false
            let isForMany = item.isForMany || mustWait
            if isForMany || !item.later.isEmpty {
                try own.put(
                    StoredMessage(
                        topicID: topic.uniqueID, id: content.id, content: key == nil ? content : nil,
                        encrypted: try key?.seal(content)))
            }
            if isForMany {
                try own.fanOut(content, of: topic, at: call.time)
            } else {
                try deliver(item, content, call, records)
            }
            let (topic, environment) = (topic, call.environment)
            own.afterwards { item.count(for: topic, isForMany: isForMany, environment) }
            return Accepted(id: content.id, sequence: content.sequence)
        }
    }

    private func deliver(
        _ item: Item, _ content: MessageContent, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        let own = records.of(topic.scope)
        for send in item.direct {
            do throws(ServiceError) { _ = try send.complete(in: records) } catch {
                var failure = ServiceError.serviceUnavailable
                failure.cause = "\(error.code): \(error.message)"
                throw failure
            }
        }
        for mail in item.mail { try own.send(mail, at: call.time) }
        if !item.later.isEmpty { try own.enqueue(item.later, content, of: topic, at: call.time) }
    }
}

extension MutableRecords {
    /// The message that had the deduplication id in the last five minutes; nil: none had.
    fileprivate func remembered(
        _ content: MessageContent, of topic: Topic, at time: Double
    ) throws(ServiceError) -> RememberedMessage? {
        let key = RowKey(.text(content.deduplicationHash(in: topic)))
        guard let known = try get(RememberedMessage.self, key, of: topic.uniqueID),
            known.time + RememberedMessage.lifetime > RequestIDs.milliseconds(time)
        else { return nil }
        return known
    }

    /// Gives a message its number, and remembers it for five minutes.
    fileprivate func remember(
        _ content: MessageContent, of topic: Topic, at time: Double
    ) throws(ServiceError) -> Int64 {
        var counter =
            try get(MessageCounter.self, MessageCounter.key, of: topic.uniqueID)
            ?? MessageCounter(topicID: topic.uniqueID, last: 0)
        counter.last += 1
        try put(counter)
        let now = RequestIDs.milliseconds(time)
        // As many as come go, or more, so that there are never more than five minutes bring.
        for old in try list(RememberedMessage.self, by: RememberedMessage.byTime, of: topic.uniqueID, limit: 2)
        where old.time + RememberedMessage.lifetime <= now {
            try delete(RememberedMessage.self, old.key, of: topic.uniqueID)
        }
        try put(
            RememberedMessage(
                topicID: topic.uniqueID, hash: content.deduplicationHash(in: topic), messageID: content.id,
                sequence: counter.last, time: now))
        return counter.last
    }
}

extension MessageContent {
    fileprivate func deduplicationHash(in topic: Topic) -> String {
        let group = topic.throughputScope == "MessageGroup" ? groupID ?? "" : ""
        return TextHash.text("\(group)\n\(deduplicationID ?? "")")
    }
}
