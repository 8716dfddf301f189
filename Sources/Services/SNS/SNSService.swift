import Ledger
public import Platform
import SNSAPI
import Wire

extension Metric {
    fileprivate static let topics = gauge(
        "gatehouse_sns_topics", "Topics of all accounts and Regions."
    ) { environment in [(label: "", value: environment.projection(TopicIndex.self).count)] }
}

extension ServiceModule {
    /// Amazon Simple Notification Service: topics, subscriptions, messages.
    /// <https://docs.aws.amazon.com/sns/latest/api/welcome.html>
    public static let sns = ServiceModule(
        SNS.self, admitsAnonymous: true, operations: topicOperations + subscriptionOperations,
        events: EventParticulars(
            source: "sns.amazonaws.com", resources: ["TopicArn": "AWS::SNS::Topic"], listsResources: true,
            dataEvents: ["Publish", "PublishBatch"]),
        records: [Topic.self, Subscription.self, SigningKey.self],
        tables: [
            OwnedSubscription.self, StoredMessage.self, PendingDelivery.self, RememberedMessage.self,
            MessageCounter.self, FanOut.self,
        ],
        projections: [TopicIndex.self, SigningKeyIndex.self, TopicKeys.self], resourceTypes: [.topic],
        configuredResources: [.topic],
        auditedResources: [
            .quotaUse("SNS") { (scope, state) throws(ServiceError) in
                [QuotaUse("Topics", .topics, try state.count(Topic.self, in: scope))]
            }
        ],
        jobs: [
            FanOutMessages.self, DeliverMessages.self, RedeliverMessages.self, ForgetSubscription.self, EmptyTopic.self,
        ],
        quotas: [
            .topics, .fifoTopics, .subscriptions, .fifoSubscriptions, .pendingSubscriptions, .filterPolicies,
        ],
        paths: [.signingCertificates], samples: snsSamples, metrics: [.topics])

    private static let topicOperations: [any Platform.Operation.Type] = [
        SNS.CreateTopic.self, SNS.DeleteTopic.self, SNS.GetTopicAttributes.self, SNS.SetTopicAttributes.self,
        SNS.ListTopics.self, SNS.AddPermission.self, SNS.RemovePermission.self, SNS.TagResource.self,
        SNS.UntagResource.self, SNS.ListTagsForResource.self, SNS.Publish.self, SNS.PublishBatch.self,
        SNS.PutDataProtectionPolicy.self,
        SNS.GetDataProtectionPolicy.self,
    ]

    private static let subscriptionOperations: [any Platform.Operation.Type] = [
        SNS.Subscribe.self, SNS.ConfirmSubscription.self, SNS.Unsubscribe.self,
        SNS.GetSubscriptionAttributes.self, SNS.SetSubscriptionAttributes.self, SNS.ListSubscriptions.self,
        SNS.ListSubscriptionsByTopic.self,
    ]
}
