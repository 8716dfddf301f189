import Directory
import Platform
import Policy
import SNSAPI
import Wire

// What topics are told about themselves.
// <https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html>

extension Topic {
    /// Takes an attribute in.
    /// - Throws: InvalidParameter for one that there is not, or a value that it can't have; NotImplemented for what Gatehouse does
    ///   not have.
    mutating func set(_ name: String, _ value: String, _ call: Call) throws(ServiceError) {
        switch name {
        case "DisplayName":
            guard value.count <= 100, value.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
                throw .invalidParameter("DisplayName")
            }
            displayName = value
        case "Policy": policy = try TopicPolicies.kept(value, of: arn, call)
        case "DeliveryPolicy":
            if value.isEmpty {
                deliveryPolicy = nil
            } else {
                _ = try DeliveryPolicy(ofTopic: value)
                deliveryPolicy = value
            }
        case "KmsMasterKeyId":
            guard value.utf8.count <= 2048 else { throw .invalidParameter("KmsMasterKeyId") }
            kmsKeyID = value.isEmpty ? nil : value
        case "SignatureVersion":
            guard value == "1" || value == "2" else { throw .invalidParameter("SignatureVersion") }
            signatureVersion = value
        case "TracingConfig": try setTracing(value)
        case "ContentBasedDeduplication", "FifoThroughputScope", "FifoTopic": try setOrder(name, value)
        case "ArchivePolicy": if !value.isEmpty { throw .notBuilt("message archives (\(name))") }
        default:
            guard name.hasSuffix("FeedbackRoleArn") || name.hasSuffix("FeedbackSampleRate") else {
                throw .invalidParameter("AttributeName")
            }
            // Terraform says at once that no deliveries are to be sampled.
            if !value.isEmpty, value != "0" { throw .notBuilt("delivery status logs (\(name))") }
        }
    }

    private mutating func setTracing(_ value: String) throws(ServiceError) {
        switch value {
        case "", "PassThrough": tracing = value.isEmpty ? nil : value
        case "Active": throw .notBuilt("active tracing (TracingConfig)")
        default: throw .invalidParameter("TracingConfig")
        }
    }

    private mutating func setOrder(_ name: String, _ value: String) throws(ServiceError) {
        if name == "FifoTopic" {
            guard value == "true" || value == "false" else { throw .invalidParameter("FifoTopic") }
            guard (value == "true") == isFIFO else { throw .invalidParameter("AttributeName") }
            return
        }
        guard isFIFO else { throw .invalidParameter("\(name) is only supported for FIFO topics") }
        if name == "ContentBasedDeduplication" {
            guard value == "true" || value == "false" else { throw .invalidParameter("ContentBasedDeduplication") }
            deduplicatesByContent = value == "true"
        } else {
            guard value == "Topic" || value == "MessageGroup" else { throw .invalidParameter("FifoThroughputScope") }
            throughputScope = value
        }
    }
}

extension SNS.SetTopicAttributes: WriteOperation, OnTopic {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var (topic, own) = try records.topic(try TopicName(input.topicArn), call)
        guard input.attributeName != "FifoTopic" else { throw .invalidParameter("AttributeName") }
        try topic.set(input.attributeName, input.attributeValue ?? "", call)
        try own.put(topic)
        return Output()
    }
}

extension SNS.GetTopicAttributes: ReadOperation, OnTopic {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let (topic, own) = try records.topic(try TopicName(input.topicArn), call)
        func count(_ state: Subscription.State) throws(ServiceError) -> String {
            String(try own.referrerCount(Subscription.Relation.state(state), to: topic.uniqueID))
        }
        var attributes = [
            "TopicArn": topic.arn, "Owner": topic.accountID, "DisplayName": topic.displayName,
            "Policy": PolicyDocument.shown(topic.policy, as: .resource, call.directory),
            "EffectiveDeliveryPolicy": EffectiveDelivery.shown(ofTopic: topic.deliveryPolicy),
            "SubscriptionsConfirmed": try count(.confirmed), "SubscriptionsPending": try count(.pending),
            "SubscriptionsDeleted": try count(.deleted),
        ]
        attributes["DeliveryPolicy"] = topic.deliveryPolicy
        attributes["KmsMasterKeyId"] = topic.kmsKeyID
        attributes["SignatureVersion"] = topic.signatureVersion
        attributes["TracingConfig"] = topic.tracing
        if topic.isFIFO {
            attributes["FifoTopic"] = "true"
            attributes["ContentBasedDeduplication"] = String(topic.deduplicatesByContent)
            attributes["FifoThroughputScope"] = topic.throughputScope
        }
        return Output { $0.attributes = attributes }
    }
}
