import Ledger
import Platform
import SQSAPI
import Wire

/// Delivers what is due on a lane: some at a time, for a while, and then others have their turn.
struct LaneWork: Sendable {
    /// So many deliveries are read at once.
    private static let batch = 32
    /// So many endpoints are talked to at once.
    private static let width = 8
    private static let patience = Duration.seconds(2)

    private let context: JobContext
    private let environment: Environment
    private let topicName: String
    private let topicID: String
    private let lane: Lane

    init(_ context: JobContext, topic: String, topicID: String, lane: Lane) {
        self.context = context
        environment = context.environment
        topicName = topic
        self.topicID = topicID
        self.lane = lane
    }

    /// What is to be delivered, with what is known of it.
    private struct Item: Sendable {
        let row: PendingDelivery
        let subscriber: Subscriber
        let writer: MessageWriter
    }

    /// What has become of a delivery.
    private enum Outcome: Sendable {
        /// It was delivered, or there is nobody any more who could get it.
        case done
        /// A queue gets it in the transaction in which its row goes.
        case sends(PreparedCall<SQS.SendMessage>)
        /// The same with a dead-letter queue.
        case redrives(PreparedCall<SQS.SendMessage>)
        /// It is to be tried again, in milliseconds since 1970.
        case again(due: Int64)
        /// It waits behind others that failed.
        case waits
    }

    func run() async throws(ServiceError) {
        let start = ContinuousClock.now
        repeat {
            guard try await step() else { break }
        } while ContinuousClock.now - start < Self.patience && !Task.isCancelled
        let (lane, topicName, topicID) = (lane, topicName, topicID)
        let now = environment.now()
        try await context.finish { (records) throws(ServiceError) in
            guard let next = try records.list(PendingDelivery.self, of: topicID, lane.range, limit: 1).first,
                try records.get(Topic.self, topicName)?.uniqueID == topicID
            else { return }
            // Behind those who wait for their turn.
            try records.work(on: lane, of: topicName, topicID, at: max(now, Double(next.due) / 1000))
        }
    }

    /// - Returns: whether there may be more.
    private func step() async throws(ServiceError) -> Bool {
        let (rows, topic, stored, subscriptions, failing) = try await read()
        guard let topic, !rows.isEmpty else { return false }
        var results: [(row: PendingDelivery, outcome: Outcome)] = []
        let protection = environment.projection(TopicIndex.self).protection(of: topic)
        let signer = try await environment.signer(in: topic.region)
        var writers: [String: MessageWriter] = [:]
        var unreadable: Set<String> = []
        for (id, message) in stored {
            do throws(ServiceError) {
                let content = try await message.content(of: topic, environment)
                writers[id] = MessageWriter(content, topic, signer, environment)
            } catch {
                unreadable.insert(id)
            }
        }
        var items: [Item] = []
        for row in rows {
            guard let subscription = subscriptions[row.subscriptionID] else {
                results.append((row, .done))
                continue
            }
            if unreadable.contains(row.messageID) {
                let outcome = try await failed(row, Subscriber(subscription), topic, nil)
                results.append((row, outcome))
                if lane.isOrdered, case .again = outcome { break }
            } else if let writer = writers[row.messageID],
                writer.content.kind != .notification || subscription.state == .confirmed
            {
                let own = writer.protected(by: protection, for: subscription, environment)
                if own == nil {
                    results.append((row, .done))
                } else if failing.contains(row.subscriptionID) {
                    results.append((row, .waits))
                } else if let own {
                    items.append(Item(row: row, subscriber: Subscriber(subscription), writer: own))
                }
            } else {
                results.append((row, .done))
            }
        }
        results += lane.isOrdered ? try await inOrder(items, topic) : try await atOnce(items, topic)
        let isAllKept = try await commit(results, topic)
        // In order, the first that fails keeps the others waiting.
        let isHeldUp =
            lane.isOrdered
            && (!isAllKept || results.contains { if case .again = $0.outcome { true } else { false } })
        return rows.count == Self.batch && !isHeldUp
    }

    private func read() async throws(ServiceError) -> (
        rows: [PendingDelivery], topic: Topic?, stored: [String: StoredMessage],
        subscriptions: [String: Subscription], failing: Set<String>
    ) {
        let (lane, topicName, topicID) = (lane, topicName, topicID)
        let now = RequestIDs.milliseconds(environment.now())
        return try await environment.read(context.scope) { (records) throws(ServiceError) in
            guard let topic = try records.get(Topic.self, topicName), topic.uniqueID == topicID else {
                return ([], nil, [:], [:], [])
            }
            let rows = try records.list(PendingDelivery.self, of: topicID, lane.range, limit: Self.batch)
                .prefix { $0.due <= now }
            var (stored, subscriptions): ([String: StoredMessage], [String: Subscription]) = ([:], [:])
            var failing: Set<String> = []
            for row in rows {
                if stored[row.messageID] == nil {
                    stored[row.messageID] = try records.get(
                        StoredMessage.self, RowKey(.text(row.messageID)), of: topicID)
                }
                guard subscriptions[row.subscriptionID] == nil else { continue }
                subscriptions[row.subscriptionID] = try records.get(Subscription.self, row.subscriptionID)
                guard lane == .fresh else { continue }
                let waiting = try records.list(
                    PendingDelivery.self, by: PendingDelivery.bySubscription, of: topicID,
                    RowIndexRange(RowPrefix(.text(Lane.again.name), .text(row.subscriptionID))), limit: 1)
                if !waiting.isEmpty { failing.insert(row.subscriptionID) }
            }
            return (Array(rows), topic, stored, subscriptions, failing)
        }
    }

    private func inOrder(
        _ items: [Item], _ topic: Topic
    ) async throws(ServiceError) -> [(row: PendingDelivery, outcome: Outcome)] {
        var results: [(row: PendingDelivery, outcome: Outcome)] = []
        for item in items where !Task.isCancelled {
            let outcome = try await deliver(item, topic)
            results.append((item.row, outcome))
            if case .again = outcome { break }
        }
        return results
    }

    private func atOnce(
        _ items: [Item], _ topic: Topic
    ) async throws(ServiceError) -> [(row: PendingDelivery, outcome: Outcome)] {
        var rest = items[...]
        var results: [(row: PendingDelivery, outcome: Outcome)] = []
        var (failure, unfinished): (ServiceError?, [PendingDelivery]) = (nil, [])
        await withTaskGroup(of: (PendingDelivery, Result<Outcome, ServiceError>).self) { group in
            func begin() {
                guard !Task.isCancelled, let item = rest.popFirst() else { return }
                group.addTask {
                    do throws(ServiceError) { return (item.row, .success(try await deliver(item, topic))) } catch {
                        return (item.row, .failure(error))
                    }
                }
            }
            for _ in 0..<Self.width { begin() }
            for await (row, result) in group {
                switch result {
                case .success(let outcome): results.append((row, outcome))
                case .failure(let error):
                    failure = error
                    unfinished.append(row)
                }
                begin()
            }
        }
        // What was delivered is kept all the same.
        if results.isEmpty, let failure { throw failure }
        // The others would be due at once, again and again.
        let due = RequestIDs.milliseconds(environment.now() + 1)
        return results + unfinished.map { ($0, .again(due: due)) }
    }

    private func deliver(_ item: Item, _ topic: Topic) async throws(ServiceError) -> Outcome {
        let subscription = item.subscriber.subscription
        if subscription.transport == .sqs {
            switch await QueueDelivery(item.subscriber, topic, environment).prepared(item.writer) {
            case .prepared(let send): return .sends(send)
            case .redriven(let send): return .redrives(send)
            case .retryable: return try await failed(item.row, item.subscriber, topic, item.writer)
            case .failed:
                topic.count("NumberOfNotificationsFailed", environment)
                return .done
            }
        }
        switch try await WebDelivery(subscription, topic, environment).send(item.writer) {
        case .delivered:
            if item.writer.content.kind == .notification { topic.count("NumberOfNotificationsDelivered", environment) }
            return .done
        case .retryable: return try await failed(item.row, item.subscriber, topic, item.writer)
        case .failed: return await deadLetter(item.subscriber, topic, item.writer)
        }
    }

    /// What becomes of a delivery that might succeed later.
    private func failed(
        _ row: PendingDelivery, _ subscriber: Subscriber, _ topic: Topic, _ writer: MessageWriter?
    ) async throws(ServiceError) -> Outcome {
        let subscription = subscriber.subscription
        let policy =
            subscription.transport.isWeb
            ? EffectiveDelivery(topic: topic.deliveryPolicy, subscription: subscription.deliveryPolicy).retry : .queues
        guard let pause = policy.pause(before: row.attempts) else {
            guard let writer else {
                topic.count("NumberOfNotificationsFailed", environment)
                return .done
            }
            return await deadLetter(subscriber, topic, writer)
        }
        return .again(due: RequestIDs.milliseconds(environment.now() + pause))
    }

    private func deadLetter(_ subscriber: Subscriber, _ topic: Topic, _ writer: MessageWriter) async -> Outcome {
        let send = await QueueDelivery(subscriber, topic, environment).preparedDeadLetter(writer)
        if send == nil, writer.content.kind == .notification { topic.count("NumberOfNotificationsFailed", environment) }
        return send.map { .redrives($0) } ?? .done
    }

    /// Keeps what has become of deliveries. If a queue refuses in the last moment, each is kept by itself, and that one is tried
    /// again; in order, those behind it wait.
    /// - Returns: whether none was refused.
    private func commit(
        _ results: [(row: PendingDelivery, outcome: Outcome)], _ topic: Topic
    ) async throws(ServiceError) -> Bool {
        guard !results.isEmpty else { return true }
        do throws(ServiceError) {
            try await write(results, topic)
            return true
        } catch {
            guard error.status < 500, results.count > 1 || isSend(results) else { throw error }
            var isAllKept = true
            for result in results {
                do throws(ServiceError) { try await write([result], topic) } catch {
                    let due = RequestIDs.milliseconds(environment.now() + 1)
                    try await write([(result.row, .again(due: due))], topic)
                    if lane.isOrdered { return false }
                    isAllKept = false
                }
            }
            return isAllKept
        }
    }

    private func isSend(_ results: [(row: PendingDelivery, outcome: Outcome)]) -> Bool {
        results.contains {
            switch $0.outcome {
            case .sends, .redrives: true
            case .done, .again, .waits: false
            }
        }
    }

    private func write(
        _ results: [(row: PendingDelivery, outcome: Outcome)], _ topic: Topic
    ) async throws(ServiceError) {
        let (lane, topicName, topicID, environment) = (lane, topicName, topicID, environment)
        try await environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
            var earliest: Int64?
            var (delivered, redriven) = (0, 0)
            for (row, outcome) in results {
                // Another node may have been first, or the topic is gone.
                guard try records.delete(row) else { continue }
                switch outcome {
                case .done: break
                case .sends(let send):
                    _ = try send.complete(in: records)
                    delivered += 1
                case .redrives(let send):
                    _ = try send.complete(in: records)
                    redriven += 1
                case .again(let due):
                    var row = row
                    row.attempts += 1
                    row.due = due
                    if !lane.isOrdered { (row.lane, row.order) = (Lane.again.name, due) }
                    try records.put(row)
                    earliest = min(earliest ?? due, due)
                case .waits:
                    var row = row
                    row.lane = Lane.again.name
                    try records.put(row)
                    earliest = min(earliest ?? row.due, row.due)
                }
                if try !records.isNeeded(row.messageID, of: topicID) {
                    try records.delete(StoredMessage.self, RowKey(.text(row.messageID)), of: topicID)
                }
            }
            if let earliest, !lane.isOrdered {
                try records.work(on: .again, of: topicName, topicID, at: Double(earliest) / 1000)
            }
            let counts = (delivered: delivered, redriven: redriven)
            records.afterwards {
                topic.count("NumberOfNotificationsDelivered", times: counts.delivered, environment)
                topic.count("NumberOfNotificationsFailed", times: counts.redriven, environment)
                topic.count("NumberOfNotificationsRedrivenToDlq", times: counts.redriven, environment)
            }
        }
    }
}
