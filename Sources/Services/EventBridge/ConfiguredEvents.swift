import Directory
import Ledger
import Platform
import Wire

import struct Policy.PolicyDocument

// How event buses, rules, archives, connections and API destinations look to AWS Config: by the names of CloudFormation's
// properties. <https://github.com/awslabs/aws-config-resource-schema>

extension ConfiguredResourceType {
    static let ofEvents: [ConfiguredResourceType] = [
        eventBus, eventRule, eventArchive, eventConnection, apiDestination,
    ]

    private static func object(_ text: String?) -> JSONValue? {
        text.flatMap { try? JSONValue(parsing: Array($0.utf8)) }
    }

    /// What the ARN of a resource of EventBridge names behind its type.
    private static func rest(_ arn: String, _ wanted: String) -> (arn: ARN, name: String)? {
        guard let arn = ARN(parsing: arn), arn.service == "events", let (type, rest) = arn.typeAndRest, type == wanted
        else { return nil }
        return (arn, String(rest))
    }

    /// The default bus of an account has an item once somebody has set something of it.
    private static let eventBus = ConfiguredResourceType(
        StoredEventBus.kind, of: StoredEventBus.self,
        named: { (arn, _) in
            BusReference(arn: arn).map {
                ConfiguredResource(StoredEventBus.kind, $0.name, account: $0.account, region: $0.region)
            }
        },
        item: { (bus, state) throws(ServiceError) in
            let policy = bus.policy.map { PolicyDocument.shown($0, as: .resource, state.environment.directory) }
            return ConfigurationItem(
                StoredEventBus.kind, id: bus.name, name: bus.name, arn: bus.reference.arn, account: bus.accountID,
                region: bus.region, availabilityZone: "Not Applicable", created: bus.created > 0 ? bus.created : nil,
                tags: bus.tags,
                configuration: .members([
                    "Arn": .string(bus.reference.arn), "Name": .string(bus.name),
                    "Description": .perhaps(bus.description), "Policy": object(policy),
                    "DeadLetterConfig": bus.deadLetterQueue.map { .members(["Arn": .string($0)]) },
                ]))
        })

    private static let eventRule = ConfiguredResourceType(
        StoredRule.kind, of: StoredRule.self,
        named: { (arn, _) in
            guard let (name, path) = rest(arn, "rule") else { return nil }
            let id = path.contains("/") ? path : StoredRule.id(path, on: BusReference.defaultName)
            return ConfiguredResource(StoredRule.kind, id, account: name.account, region: name.region)
        },
        item: { (rule, _) throws(ServiceError) in
            // CloudFormation's reference to a rule.
            let id = rule.reference.isDefault ? rule.name : "\(rule.bus)|\(rule.name)"
            return ConfigurationItem(
                StoredRule.kind, id: id, name: rule.name, arn: rule.arn, account: rule.accountID, region: rule.region,
                availabilityZone: "Not Applicable", tags: rule.tags,
                configuration: .members([
                    "Arn": .string(rule.arn), "Id": .string(id), "Name": .string(rule.name),
                    "EventBusName": .string(rule.bus), "Description": .perhaps(rule.description),
                    "EventPattern": object(rule.pattern), "ScheduleExpression": .perhaps(rule.schedule),
                    "State": .string(rule.state.rawValue), "RoleArn": .perhaps(rule.roleARN),
                    "Targets": .array(rule.targets.compactMap { object($0.json) }),
                ]))
        })

    private static let eventArchive = ConfiguredResourceType(
        StoredArchive.kind, of: StoredArchive.self,
        named: { (arn, _) in
            guard let (name, archive) = rest(arn, "archive") else { return nil }
            return ConfiguredResource(StoredArchive.kind, archive, account: name.account, region: name.region)
        },
        item: { (archive, _) throws(ServiceError) in
            ConfigurationItem(
                StoredArchive.kind, id: archive.name, name: archive.name, arn: archive.arn, account: archive.accountID,
                region: archive.region, availabilityZone: "Not Applicable", created: archive.created,
                configuration: .members([
                    "Arn": .string(archive.arn), "ArchiveName": .string(archive.name),
                    "Description": .perhaps(archive.description), "EventPattern": object(archive.pattern),
                    "RetentionDays": .integer(archive.retentionDays), "SourceArn": .string(archive.source),
                ]))
        })

    /// Connections, with nothing that is or may be a secret.
    private static let eventConnection = ConfiguredResourceType(
        StoredConnection.kind, of: StoredConnection.self,
        named: { (arn, _) in
            guard let (name, path) = rest(arn, "connection") else { return nil }
            return ConfiguredResource(
                StoredConnection.kind, String(path.prefix { $0 != "/" }), account: name.account, region: name.region)
        },
        item: { (connection, _) throws(ServiceError) in
            ConfigurationItem(
                StoredConnection.kind, id: connection.name, name: connection.name, arn: connection.arn,
                account: connection.accountID, region: connection.region, availabilityZone: "Not Applicable",
                created: connection.created,
                configuration: .members([
                    "Arn": .string(connection.arn), "Name": .string(connection.name),
                    "Description": .perhaps(connection.text), "AuthorizationType": .string(connection.type),
                    "AuthParameters": object(try connection.shown().structure.json).map(withoutValues),
                ]))
        })

    private static func withoutValues(_ json: JSONValue) -> JSONValue {
        switch json {
        case .object(let members):
            .object(
                members.filter { $0.key != "Value" }.map {
                    JSONMember(key: $0.key, value: withoutValues($0.value))
                })
        case .array(let elements): .array(elements.map(withoutValues))
        default: json
        }
    }

    private static let apiDestination = ConfiguredResourceType(
        StoredAPIDestination.kind, of: StoredAPIDestination.self,
        named: { (arn, _) in
            guard let (name, path) = rest(arn, "api-destination") else { return nil }
            return ConfiguredResource(
                StoredAPIDestination.kind, String(path.prefix { $0 != "/" }), account: name.account,
                region: name.region)
        },
        item: { (destination, _) throws(ServiceError) in
            ConfigurationItem(
                StoredAPIDestination.kind, id: destination.name, name: destination.name, arn: destination.arn,
                account: destination.accountID, region: destination.region, availabilityZone: "Not Applicable",
                created: destination.created,
                configuration: .members([
                    "Arn": .string(destination.arn), "Name": .string(destination.name),
                    "Description": .perhaps(destination.description),
                    "ConnectionArn": .string(destination.connection),
                    "InvocationEndpoint": .string(destination.endpoint), "HttpMethod": .string(destination.method),
                    "InvocationRateLimitPerSecond": .integer(destination.rate),
                ]))
        })
}
