import Directory
import Ledger
import Platform
import Wire

import struct Policy.PolicyDocument

extension ConfiguredResourceType {
    /// Queues. Their ids are their URLs, as a client knows them that calls this server by its public address.
    /// <https://github.com/awslabs/aws-config-resource-schema>
    static let queue = ConfiguredResourceType(
        Queue.kind, of: Queue.self,
        named: { (arn, _) in
            QueueReference(arn: arn).map {
                ConfiguredResource(Queue.kind, $0.name, account: $0.account, region: $0.region)
            }
        },
        item: { (queue, state) throws(ServiceError) in
            let shown = ShownAttributes(queue: queue, directory: state.environment.directory).all
            func text(_ name: String) -> JSONValue? { .perhaps(shown[name]) }
            func number(_ name: String) -> JSONValue? { shown[name].flatMap { Int($0) }.map { .integer($0) } }
            func object(_ name: String) -> JSONValue? {
                shown[name].flatMap { try? JSONValue(parsing: Array($0.utf8)) }
            }
            let url = "\(state.environment.publicAddress.url)/\(queue.account)/\(queue.name)"
            return ConfigurationItem(
                Queue.kind, id: url, name: queue.name, arn: queue.arn, account: queue.account, region: queue.region,
                availabilityZone: "Not Applicable", created: Double(queue.created), tags: queue.tags,
                configuration: .members([
                    "QueueUrl": .string(url), "QueueName": .string(queue.name), "QueueArn": .string(queue.arn),
                    "CreatedTimestamp": .time(Double(queue.created)),
                    "LastModifiedTimestamp": .time(Double(queue.modified)),
                    "DelaySeconds": number("DelaySeconds"), "MaximumMessageSize": number("MaximumMessageSize"),
                    "MessageRetentionPeriod": number("MessageRetentionPeriod"),
                    "ReceiveMessageWaitTimeSeconds": number("ReceiveMessageWaitTimeSeconds"),
                    "VisibilityTimeout": number("VisibilityTimeout"), "FifoQueue": text("FifoQueue"),
                    "ContentBasedDeduplication": text("ContentBasedDeduplication"),
                    "DeduplicationScope": text("DeduplicationScope"),
                    "FifoThroughputLimit": text("FifoThroughputLimit"),
                    "KmsMasterKeyId": text("KmsMasterKeyId"),
                    "KmsDataKeyReusePeriodSeconds": number("KmsDataKeyReusePeriodSeconds"),
                    "SqsManagedSseEnabled": text("SqsManagedSseEnabled"), "RedrivePolicy": object("RedrivePolicy"),
                    "RedriveAllowPolicy": object("RedriveAllowPolicy"),
                ]),
                supplementary: shown["Policy"].map { [JSONMember(key: "Policy", value: .string($0))] } ?? [])
        })
}
