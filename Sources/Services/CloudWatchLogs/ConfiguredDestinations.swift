import Directory
import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// Destinations of subscription filters. <https://github.com/awslabs/aws-config-resource-schema>
    static let logDestination = ConfiguredResourceType(
        LogDestination.kind, of: LogDestination.self,
        named: { (arn, _) in
            LogDestinationName(arn: arn).map {
                ConfiguredResource(LogDestination.kind, $0.name, account: $0.account, region: $0.region)
            }
        },
        placed: { (destination, resource, _) throws(ServiceError) in
            let name = LogDestinationName(account: resource.account, region: resource.region, name: resource.record)
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
