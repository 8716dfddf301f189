import Directory
import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// Destinations of subscription filters. <https://github.com/awslabs/aws-config-resource-schema>
    static let logDestination = ConfiguredResourceType(
        LogDestination.kind, kinds: [LogDestination.kind],
        concerned: { (change, _) throws(ServiceError) in
            [
                ConfiguredResource(
                    LogDestination.kind, change.id, account: change.scope.account, region: change.scope.region)
            ]
        },
        list: { (account, region, after, limit, records) throws(ServiceError) in
            let ids = try records.of(Scope(account: account, region: region)).listIDs(
                LogDestination.self, after: after, limit: limit)
            return (
                ids.map { ConfiguredResource(LogDestination.kind, $0, account: account, region: region) },
                ids.count == limit ? ids.last : nil
            )
        },
        named: { (arn, _) in
            LogDestinationName(arn: arn).map {
                ConfiguredResource(LogDestination.kind, $0.name, account: $0.account, region: $0.region)
            }
        },
        item: { (resource, state) throws(ServiceError) in
            let name = LogDestinationName(account: resource.account, region: resource.region, name: resource.record)
            guard let destination = try state.get(LogDestination.self, name.name, in: name.scope) else { return nil }
            let policy = destination.accessPolicy.flatMap { try? JSONValue(parsing: Array($0.utf8)) }
            return ConfigurationItem(
                LogDestination.kind, id: name.name, name: name.name, arn: name.arn, account: name.account,
                region: name.region, availabilityZone: "Not Applicable", created: Double(destination.created) / 1000,
                tags: destination.tags,
                configuration: .members([
                    "Arn": .string(name.arn), "DestinationName": .string(name.name),
                    "TargetArn": .string(destination.targetARN), "RoleArn": .string(destination.roleARN),
                    "DestinationPolicy": policy,
                ]))
        })
}
