import Directory
import FoundationEssentials
import Ledger
import Platform
import Policy
import SNSAPI
import Wire

extension Quota {
    /// Of a standard topic.
    /// <https://docs.aws.amazon.com/general/latest/gr/sns.html>
    static let subscriptions = Quota("SNSSubscriptionsPerTopic", 12_500_000)
    static let fifoSubscriptions = Quota("SNSSubscriptionsPerFIFOTopic", 100)
    /// Of an account and Region, that nobody has confirmed yet.
    static let pendingSubscriptions = Quota("SNSPendingSubscriptions", 5000)
}

extension SNS.Subscribe: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var keys: [String: ContextValue] = ["sns:protocol": .one(input.protocol)]
        if let endpoint = input.endpoint { keys["sns:endpoint"] = .one(endpoint) }
        return .required(call.access(on: try TopicName(input.topicArn), nil, keys))
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        // What asks for confirmation is signed.
        _ = try await call.environment.signer(in: try TopicName(input.topicArn).region)
    }

    public static func handle(
        _ input: Input, _: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let (topic, own) = try records.topic(try TopicName(input.topicArn), call)
        let transport = try Transport(asked: input.protocol)
        guard let endpoint = input.endpoint else { throw .invalidParameter("Endpoint") }
        try transport.check(endpoint, of: topic, call.environment)
        guard !call.caller.isAnonymous else { throw .unauthorized("A subscription needs an owner") }
        let attributes = input.attributes ?? [:]
        var subscription = Subscription(
            id: UUID().uuidString.lowercased(), topicName: topic.name, topicID: topic.uniqueID,
            accountID: topic.accountID,
            region: topic.region, owner: call.accountID, principal: call.caller.arn, transport: transport,
            endpoint: endpoint, created: call.time, state: .confirmed, wasConfirmedWithSignature: true,
            needsSignatureToEnd: true)
        try subscription.set(attributes, of: topic, call)
        if let existing = try own.subscription(like: subscription) {
            return try again(existing, subscription, attributes, topic, input, call, own)
        }
        try checkRoom(for: topic, call, own)
        if needsConfirmation(subscription) {
            subscription.state = .pending
            (subscription.wasConfirmedWithSignature, subscription.needsSignatureToEnd) = (false, false)
            try own.askForConfirmation(
                &subscription, .subscriptionConfirmation, of: topic, at: call.time, call.environment)
        }
        try own.put(subscription)
        try own.of(Scope(account: subscription.owner, region: subscription.region)).put(
            OwnedSubscription(accountID: topic.accountID, topicName: topic.name, id: subscription.id))
        return answer(subscription, input)
    }

    /// A queue needs no confirmation by its own account.
    private static func needsConfirmation(_ subscription: Subscription) -> Bool {
        subscription.transport.needsConfirmation
            || QueueName(subscription.endpoint)?.account != subscription.owner
    }

    /// What is there already is answered; one that nobody has confirmed is asked again.
    private static func again(
        _ existing: Subscription, _ asked: Subscription, _ attributes: [String: String], _ topic: Topic,
        _ input: Input, _ call: Call, _ own: MutableRecords
    ) throws(ServiceError) -> Output {
        var existing = existing
        switch existing.state {
        case .confirmed:
            guard existing.hasAttributes(of: asked, attributes) else {
                throw .invalidAttribute("Subscription already exists with different attributes")
            }
        case .pending, .deleted:
            try existing.set(attributes, of: topic, call)
            existing.state = .pending
            try own.askForConfirmation(&existing, .subscriptionConfirmation, of: topic, at: call.time, call.environment)
            try own.put(existing)
        }
        return answer(existing, input)
    }

    private static func answer(_ subscription: Subscription, _ input: Input) -> Output {
        let isShown = subscription.state == .confirmed || input.returnSubscriptionArn == true
        return Output { $0.subscriptionArn = isShown ? subscription.arn : "pending confirmation" }
    }

    private static func checkRoom(for topic: Topic, _ call: Call, _ own: MutableRecords) throws(ServiceError) {
        let quota = call.quotas[topic.isFIFO ? .fifoSubscriptions : .subscriptions]
        let pending = try own.referrerCount(Subscription.Relation.state(.pending), to: topic.uniqueID)
        guard try own.referrerCount(Subscription.Relation.topic, to: topic.uniqueID) < quota,
            pending < call.quotas[.pendingSubscriptions]
        else { throw .sns(.subscriptionLimitExceeded, "Subscription limit has been exceeded for topic \(topic.arn)") }
    }
}

extension Subscription {
    /// Whether it has what a request asks for of the attributes that it names.
    fileprivate func hasAttributes(of asked: Subscription, _ named: [String: String]) -> Bool {
        named.keys.allSatisfy { name in
            switch name {
            case "RawMessageDelivery": isRaw == asked.isRaw
            case "FilterPolicy": filterPolicy == asked.filterPolicy
            case "FilterPolicyScope":
                (filterScope ?? "MessageAttributes") == (asked.filterScope ?? "MessageAttributes")
            case "RedrivePolicy": redrivePolicy == asked.redrivePolicy
            case "DeliveryPolicy": deliveryPolicy == asked.deliveryPolicy
            default: true
            }
        }
    }
}

extension RecordReading {
    /// The subscription of an endpoint, by the same account; nil: there is none.
    fileprivate func subscription(like other: Subscription) throws(ServiceError) -> Subscription? {
        let target = Subscription.endpointID(other.transport, other.endpoint, other.topicID)
        return try referrers(Subscription.self, Subscription.Relation.endpoint, to: target, limit: 100).first {
            $0.endpoint == other.endpoint && $0.owner == other.owner
        }
    }
}

extension SNS.ListSubscriptions: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessToAll }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let paging = try Paging(sns: input.nextToken)
        var range = RowRange()
        range.after = paging.after.flatMap { Base64.decode(Array($0.utf8)) }.map { .key(RowKey(bytes: $0)) }
        let rows = try records.list(OwnedSubscription.self, range, limit: paging.limit + 1)
        let page = rows.prefix(paging.limit)
        var subscriptions: [Subscription] = []
        for row in page {
            let own = records.of(Scope(account: row.accountID, region: call.region))
            // Those of a topic that is deleted go with it, a little later.
            if let one = try own.get(Subscription.self, row.id) { subscriptions.append(one) }
        }
        let marker =
            rows.count > paging.limit
            ? page.last.map { Paging.marker(after: String(decoding: Base64.encode($0.key.bytes), as: UTF8.self)) } : nil
        return Output(Page(items: subscriptions, marker: marker), \.listed)
    }
}

extension SNS.ListSubscriptionsByTopic: ReadOperation, OnTopic {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let (topic, own) = try records.topic(try TopicName(input.topicArn), call)
        let page = try own.page(
            Subscription.self, Subscription.Relation.topic, to: topic.uniqueID, try Paging(sns: input.nextToken))
        return Output(page, \.listed)
    }
}

extension Subscription {
    /// As lists show it.
    fileprivate var listed: SNS.Subscription {
        SNS.Subscription {
            switch state {
            case .confirmed: $0.subscriptionArn = arn
            case .pending: $0.subscriptionArn = "PendingConfirmation"
            case .deleted: $0.subscriptionArn = "Deleted"
            }
            $0.owner = owner
            $0.protocol = transport.rawValue
            $0.endpoint = endpoint
            $0.topicArn = topicARN
        }
    }
}
