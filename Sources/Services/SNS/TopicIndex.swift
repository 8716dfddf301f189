import Ledger
import Platform
import Policy
import Synchronization

/// A topic as requests are decided by it.
final class TopicEntry: Sendable {
    let topic: Topic
    let policy: CompiledPolicy
    /// nil: nothing is kept from anybody.
    let protection: MessageProtection?

    init(_ topic: Topic) {
        self.topic = topic
        protection = topic.dataProtectionPolicy.map { MessageProtection(kept: $0) }
        policy = TopicPolicies.compiled(topic.policy)
    }
}

/// A confirmed subscription as messages come to it.
final class Subscriber: Sendable {
    let subscription: Subscription
    /// nil: all messages are for it.
    let filter: SubscriptionFilter?
    /// nil: there is none.
    let deadLetterQueue: String?

    init(_ subscription: Subscription) {
        self.subscription = subscription
        filter = subscription.filterPolicy.map { SubscriptionFilter(kept: $0, scope: subscription.filterScope) }
        deadLetterQueue = subscription.redrivePolicy.flatMap { try? RedrivePolicy($0) }?.queueARN
    }

    func wants(_ message: MessageContent) -> Bool {
        filter?.matches(message, by: subscription.transport) ?? true
    }
}

/// The topics of all accounts with their confirmed subscriptions: messages are decided on and handed out without reading the
/// ledger.
final class TopicIndex: Projection {
    static let kinds: Set<String> = [Topic.kind, Subscription.kind]

    fileprivate struct State {
        /// By account, Region and name.
        var topics: [TopicName: TopicEntry] = [:]
        /// By the topic's unique id, and by their own.
        var subscribers: [String: [String: Subscriber]] = [:]
        /// By the subscription's id: its topic's unique id.
        var topicIDs: [String: String] = [:]
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            if change.kind == Topic.kind {
                let entry = try change.decodeAfter(Topic.self).map { TopicEntry($0) }
                let name = TopicName(name: change.id, account: change.scope.account, region: change.scope.region)
                state.withLock { $0.topics[name] = entry }
            } else {
                let subscription = try change.decodeAfter(Subscription.self)
                let subscriber = subscription.flatMap { $0.state == .confirmed ? Subscriber($0) : nil }
                state.withLock { $0.set(change.id, subscriber) }
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    func entry(_ name: TopicName) -> TopicEntry? { state.withLock { $0.topics[name] } }

    /// What is kept from a topic's subscribers, as the topic itself says: this node may not have heard of a change of it.
    /// - Complexity: constant, where it has.
    func protection(of topic: Topic) -> MessageProtection? {
        let name = TopicName(name: topic.name, account: topic.accountID, region: topic.region)
        if let known = entry(name), known.topic.dataProtectionPolicy == topic.dataProtectionPolicy {
            return known.protection
        }
        return topic.dataProtectionPolicy.map { MessageProtection(kept: $0) }
    }

    /// Who gets the messages of a topic, by the subscriptions' ids.
    /// - Complexity: constant; nothing is copied.
    func subscribers(ofTopic uniqueID: String) -> [String: Subscriber] {
        state.withLock { $0.subscribers[uniqueID] ?? [:] }
    }

    /// How many of a topic's subscriptions have filter policies, without one of them.
    func filterCount(ofTopic uniqueID: String, except id: String) -> Int {
        subscribers(ofTopic: uniqueID).values.count { $0.filter != nil && $0.subscription.id != id }
    }

    /// How many topics there are.
    var count: Int { state.withLock { $0.topics.count } }
}

extension TopicIndex.State {
    fileprivate mutating func set(_ id: String, _ subscriber: Subscriber?) {
        if let subscriber {
            let topicID = subscriber.subscription.topicID
            topicIDs[id] = topicID
            subscribers[topicID, default: [:]][id] = subscriber
        } else if let topicID = topicIDs.removeValue(forKey: id) {
            subscribers[topicID]?[id] = nil
            if subscribers[topicID]?.isEmpty == true { subscribers[topicID] = nil }
        }
    }
}

extension ResourceType {
    static let topic = ResourceType("sns", "", hasOwnTagKey: false) { _, arn, call in
        let name = TopicName(name: arn.resource, account: arn.account, region: arn.region)
        guard let entry = call.environment.projection(TopicIndex.self).entry(name) else { return nil }
        return Resource(owner: entry.topic.accountID, tags: entry.topic.tags, policy: entry.policy)
    }
}
