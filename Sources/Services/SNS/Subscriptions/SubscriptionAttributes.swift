import Directory
import Ledger
import Platform
import SNSAPI
import Wire

// <https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html>

extension Quota {
    /// Of a topic. AWS says FilterPolicyLimitExceeded beyond it.
    static let filterPolicies = Quota("SNSFilterPoliciesPerTopic", 200)
}

extension Subscription {
    /// Takes some attributes in.
    /// - Throws: InvalidParameter; FilterPolicyLimitExceeded; NotImplemented for what Gatehouse does not have.
    mutating func set(_ attributes: [String: String], of topic: Topic, _ call: Call) throws(ServiceError) {
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) { try set(name, value, of: topic) }
        guard attributes["FilterPolicy"] != nil || attributes["FilterPolicyScope"] != nil, let filterPolicy else {
            return
        }
        // Each is checked with the other, whichever comes first.
        _ = try SubscriptionFilter(filterPolicy, scope: filterScope)
        let quota = call.quotas[.filterPolicies]
        guard call.environment.projection(TopicIndex.self).filterCount(ofTopic: topicID, except: id) < quota else {
            throw .sns(.filterPolicyLimitExceeded, "Subscription filter policies limit of \(quota) has been exceeded")
        }
    }

    private mutating func set(_ name: String, _ value: String, of topic: Topic) throws(ServiceError) {
        switch name {
        case "RawMessageDelivery":
            guard value == "true" || value == "false" else {
                throw .invalidParameter("RawMessageDelivery: Invalid value [\(value)]. Must be true or false.")
            }
            guard value == "false" || !transport.isMail else {
                throw .invalidParameter(
                    "Delivery protocol [\(transport.rawValue)] does not support raw message delivery.")
            }
            isRaw = value == "true"
        case "DeliveryPolicy":
            guard !value.isEmpty else {
                deliveryPolicy = nil
                return
            }
            guard transport.isWeb else {
                throw .invalidParameter("Delivery protocol [\(transport.rawValue)] does not support delivery policies.")
            }
            _ = try DeliveryPolicy(ofSubscription: value)
            deliveryPolicy = value
        case "RedrivePolicy":
            guard !value.isEmpty else {
                redrivePolicy = nil
                return
            }
            try RedrivePolicy(value).check(topic)
            redrivePolicy = value
        case "FilterPolicy": filterPolicy = value.isEmpty || value == "{}" ? nil : value
        case "FilterPolicyScope":
            guard value == "MessageAttributes" || value == "MessageBody" else {
                throw .invalidParameter(
                    "FilterPolicyScope: Invalid value [\(value)]. Please use either MessageBody or MessageAttributes")
            }
            filterScope = value
        case "SubscriptionRoleArn":
            if !value.isEmpty { throw .notBuilt("delivery to Data Firehose (\(name))") }
        case "ReplayPolicy": if !value.isEmpty { throw .notBuilt("message archives (\(name))") }
        default: throw .invalidParameter("AttributeName")
        }
    }

    /// As GetSubscriptionAttributes shows them.
    func shown(_ topic: Topic) -> [String: String] {
        var attributes = [
            "SubscriptionArn": arn, "TopicArn": topicARN, "Owner": owner, "Protocol": transport.rawValue,
            "Endpoint": endpoint, "SubscriptionPrincipal": principal, "RawMessageDelivery": String(isRaw),
            "PendingConfirmation": String(state != .confirmed),
            "ConfirmationWasAuthenticated": String(wasConfirmedWithSignature),
        ]
        if transport.isWeb {
            attributes["EffectiveDeliveryPolicy"] =
                EffectiveDelivery(topic: topic.deliveryPolicy, subscription: deliveryPolicy).shownOfSubscription
        }
        attributes["DeliveryPolicy"] = deliveryPolicy
        attributes["RedrivePolicy"] = redrivePolicy
        attributes["FilterPolicy"] = filterPolicy
        attributes["FilterPolicyScope"] = filterScope ?? filterPolicy.map { _ in "MessageAttributes" }
        return attributes
    }
}

/// An operation on a subscription, whose owner decides. SNS asks policies about no resource.
protocol OnSubscription: Platform.Operation where InputFields: SNS.WithSubscriptionArn {}

extension OnSubscription {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        _ = try SubscriptionName(input.subscriptionArn)
        return call.accessToAll
    }
}

extension SNS.GetSubscriptionAttributes: ReadOperation, OnSubscription {
    /// Its owner is told, and the topic's.
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let name = try SubscriptionName(input.subscriptionArn)
        try call.checkRegion(of: name.topic, "SubscriptionArn")
        let (subscription, own) = try records.subscription(name)
        guard call.accountID == subscription.owner || call.accountID == subscription.accountID else {
            throw .unauthorized("Cannot access this subscription")
        }
        guard let topic = try own.get(Topic.self, subscription.topicName) else { throw .noSuchSubscription }
        return Output { $0.attributes = subscription.shown(topic) }
    }
}

extension SNS.SetSubscriptionAttributes: WriteOperation, OnSubscription {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let name = try SubscriptionName(input.subscriptionArn)
        try call.checkRegion(of: name.topic, "SubscriptionArn")
        var (subscription, own) = try records.subscription(name)
        guard call.accountID == subscription.owner else { throw .unauthorized("Cannot access this subscription") }
        guard let topic = try own.get(Topic.self, subscription.topicName) else { throw .noSuchSubscription }
        guard subscription.state == .confirmed else {
            throw .invalidParameter("SubscriptionArn Reason: The subscription is not confirmed")
        }
        try subscription.set([input.attributeName: input.attributeValue ?? ""], of: topic, call)
        try own.put(subscription)
        return Output()
    }
}
