import Directory
import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// Protections of what has no Region, which are in the one that Shield has; and those of what has one, in that one.
    /// <https://docs.aws.amazon.com/config/latest/developerguide/resource-config-reference.html>
    static let protections: [ConfiguredResourceType] = [
        protections(StoredProtection.kind, isRegional: false),
        protections("AWS::ShieldRegional::Protection", isRegional: true),
    ]

    private static func protections(_ name: String, isRegional: Bool) -> ConfiguredResourceType {
        @Sendable func resource(_ protection: StoredProtection) -> ConfiguredResource? {
            let region = ARN(parsing: protection.resourceARN)?.region ?? ""
            guard region.isEmpty != isRegional else { return nil }
            return ConfiguredResource(
                name, protection.id, account: protection.accountID, region: region.isEmpty ? "us-east-1" : region)
        }
        return ConfiguredResourceType(
            name, kinds: [StoredProtection.kind],
            concerned: { (change, _) throws(ServiceError) in
                try change.states(of: StoredProtection.self).prefix(1).compactMap { resource($0) }
            },
            list: { (account, region, after, limit, records) throws(ServiceError) in
                let found = try records.of(Scope(account: account)).list(
                    StoredProtection.self, after: after, limit: limit)
                return (
                    found.compactMap { resource($0) }.filter { $0.region == region },
                    found.count == limit ? found.last?.id : nil
                )
            },
            item: { (wanted, state) throws(ServiceError) in
                guard
                    let protection = try state.get(
                        StoredProtection.self, wanted.record, in: Scope(account: wanted.account)),
                    resource(protection) == wanted
                else { return nil }
                return ConfigurationItem(
                    name, id: protection.id, name: protection.name, arn: protection.arn,
                    account: protection.accountID, region: wanted.region, availabilityZone: "Not Applicable",
                    tags: protection.tags,
                    configuration: .members([
                        "Id": .string(protection.id), "Name": .string(protection.name),
                        "ResourceArn": .string(protection.resourceARN),
                        "HealthCheckIds": .array(protection.healthChecks.map { .string($0) }),
                        "ApplicationLayerAutomaticResponseConfig": protection.response.map { response in
                            .members(["Status": .string(response.isEnabled ? "ENABLED" : "DISABLED")])
                        },
                    ]))
            })
    }
}
