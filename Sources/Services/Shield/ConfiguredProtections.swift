import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// Protections, in the one Region that Shield has.
    static let protection = ConfiguredResourceType(
        StoredProtection.kind, kinds: [StoredProtection.kind],
        concerned: { (change, _) throws(ServiceError) in
            [ConfiguredResource(StoredProtection.kind, change.id, account: change.scope.account, region: region)]
        },
        list: { (account, place, after, limit, records) throws(ServiceError) in
            guard place == region else { return ([], nil) }
            let ids = try records.of(Scope(account: account)).listIDs(
                StoredProtection.self, after: after, limit: limit)
            return (
                ids.map { ConfiguredResource(StoredProtection.kind, $0, account: account, region: region) },
                ids.count == limit ? ids.last : nil
            )
        },
        item: { (resource, state) throws(ServiceError) in
            guard
                let protection = try state.get(
                    StoredProtection.self, resource.record, in: Scope(account: resource.account))
            else { return nil }
            return ConfigurationItem(
                StoredProtection.kind, id: protection.id, name: protection.name, arn: protection.arn,
                account: protection.accountID, region: region, availabilityZone: "Not Applicable",
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

    private static let region = "us-east-1"
}
