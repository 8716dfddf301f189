import AWSConfigAPI
import Platform
import Posture
import Wire

// A recorded item in the forms that AWS Config has for it.

extension StoredItem {
    /// Of the form of items; it has never changed since.
    static let version = "1.3"

    /// As the API answers it.
    var view: AWSConfig.ConfigurationItem {
        AWSConfig.ConfigurationItem {
            $0.version = Self.version
            $0.accountId = account
            $0.configurationItemCaptureTime = time
            $0.configurationItemStatus = status.rawValue
            $0.configurationStateId = stateID
            $0.configurationItemMD5Hash = ""
            $0.arn = arn
            $0.resourceType = type
            $0.resourceId = id
            $0.resourceName = name
            $0.awsRegion = region
            $0.availabilityZone = zone
            $0.resourceCreationTime = created.map { Timestamp(secondsSinceEpoch: $0) }
            $0.tags = Dictionary(tags.map { ($0.key, $0.value) }) { $1 }
            $0.relatedEvents = []
            $0.relationships = relationships.map { relationship in
                AWSConfig.Relationship {
                    $0.resourceType = relationship.type
                    $0.resourceId = relationship.id
                    $0.resourceName = relationship.resourceName
                    $0.relationshipName = relationship.name
                }
            }
            $0.configuration = configuration
            $0.supplementaryConfiguration = supplementary
            $0.recordingFrequency = frequency.rawValue
            $0.configurationItemDeliveryTime = time
        }
    }

    /// As the API answers it to those who ask for many.
    var baseView: AWSConfig.BaseConfigurationItem {
        AWSConfig.BaseConfigurationItem {
            $0.version = Self.version
            $0.accountId = account
            $0.configurationItemCaptureTime = time
            $0.configurationItemStatus = status.rawValue
            $0.configurationStateId = stateID
            $0.arn = arn
            $0.resourceType = type
            $0.resourceId = id
            $0.resourceName = name
            $0.awsRegion = region
            $0.availabilityZone = zone
            $0.resourceCreationTime = created.map { Timestamp(secondsSinceEpoch: $0) }
            $0.configuration = configuration
            $0.supplementaryConfiguration = supplementary
            $0.recordingFrequency = frequency.rawValue
            $0.configurationItemDeliveryTime = time
        }
    }

    /// Of what was recorded; nil: the resource was deleted.
    var configurationJSON: JSONValue? {
        configuration.flatMap { try? JSONValue(parsing: Array($0.utf8), depthLimit: 128) }
    }

    /// The item without what AWS Config adds; nil: the resource was deleted.
    var item: ConfigurationItem? {
        guard let configuration = configurationJSON, case .object(let supplementary) = supplementaryJSON else {
            return nil
        }
        return ConfigurationItem(
            type, id: id, name: name, arn: arn, account: account, region: region, availabilityZone: zone,
            created: created, tags: tags,
            relationships: relationships.map {
                .init($0.name, $0.type, id: $0.id, named: $0.resourceName)
            }, configuration: configuration, supplementary: supplementary)
    }

    private var supplementaryJSON: JSONValue {
        .object(
            supplementary.sorted { $0.key < $1.key }.compactMap { name, text in
                guard let value = try? JSONValue(parsing: Array(text.utf8), depthLimit: 128) else { return nil }
                return JSONMember(key: name, value: value)
            })
    }

    /// As it is in files and notifications.
    /// <https://docs.aws.amazon.com/config/latest/developerguide/example-s3-snapshot.html>
    var file: JSONValue {
        .members([
            "relatedEvents": .array([]),
            "relationships": .array(
                relationships.map {
                    .members([
                        "resourceId": .perhaps($0.id), "resourceName": .perhaps($0.resourceName),
                        "resourceType": .string($0.type), "name": .string($0.name),
                    ])
                }),
            "configuration": configurationJSON ?? .null, "supplementaryConfiguration": supplementaryJSON,
            "tags": .object(tags.map { JSONMember(key: $0.key, value: .string($0.value)) }),
            "configurationItemVersion": .string(Self.version),
            "configurationItemCaptureTime": .string(time.iso8601WithMilliseconds),
            "configurationStateId": .integer(Int(captured)), "awsAccountId": .string(account),
            "configurationItemStatus": .string(status.rawValue), "resourceType": .string(type),
            "resourceId": .string(id), "resourceName": .perhaps(name), "ARN": .perhaps(arn),
            "awsRegion": .string(region), "availabilityZone": .perhaps(zone), "configurationStateMd5Hash": .string(""),
            "resourceCreationTime": created.map { .time($0) },
        ])
    }

    /// As queries see it.
    /// <https://github.com/awslabs/aws-config-resource-schema/blob/master/config/properties/AWS.properties.json>
    var queried: JSONValue {
        .members([
            "version": .string(Self.version), "accountId": .string(account),
            "configurationItemCaptureTime": .string(time.iso8601WithMilliseconds),
            "configurationItemStatus": .string(status.rawValue), "configurationStateId": .string(stateID),
            "arn": .perhaps(arn), "resourceType": .string(type), "resourceId": .string(id),
            "resourceName": .perhaps(name), "awsRegion": .string(region), "availabilityZone": .perhaps(zone),
            "resourceCreationTime": created.map { .time($0) },
            "recordingFrequency": .string(frequency.rawValue),
            "tags": .array(
                tags.map {
                    .members([
                        "tag": .string("\($0.key)=\($0.value)"), "key": .string($0.key), "value": .string($0.value),
                    ])
                }),
            "relationships": .array(
                relationships.map {
                    .members([
                        "resourceId": .perhaps($0.id), "resourceName": .perhaps($0.resourceName),
                        "resourceType": .string($0.type), "relationshipName": .string($0.name),
                    ])
                }),
            "configuration": configurationJSON, "supplementaryConfiguration": supplementaryJSON,
        ])
    }
}
