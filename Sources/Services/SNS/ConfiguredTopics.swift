import Directory
import Ledger
import Platform
import Wire

import struct Policy.PolicyDocument

extension ConfiguredResourceType {
    /// Topics. Their ids are their ARNs. <https://github.com/awslabs/aws-config-resource-schema>
    static let topic = ConfiguredResourceType(
        Topic.kind, of: Topic.self,
        named: { (arn, _) in
            (try? TopicName(arn)).map {
                ConfiguredResource(Topic.kind, $0.name, account: $0.account, region: $0.region)
            }
        },
        item: { (topic, state) throws(ServiceError) in
            ConfigurationItem(
                Topic.kind, id: topic.arn, name: topic.name, arn: topic.arn, account: topic.accountID,
                region: topic.region, availabilityZone: "Not Applicable", created: topic.created, tags: topic.tags,
                configuration: .members([
                    "TopicArn": .string(topic.arn), "Owner": .string(topic.accountID),
                    "DisplayName": .string(topic.displayName), "KmsMasterKeyId": .perhaps(topic.kmsKeyID),
                ]),
                supplementary: [
                    JSONMember(
                        key: "Policy",
                        value: .string(
                            PolicyDocument.shown(topic.policy, as: .resource, state.environment.directory)))
                ])
        })
}
