import Directory
import Platform
import Posture
import Wire

// What AWS Config has itself, as it looks to its recorders: by the properties of CloudFormation.

extension ConfiguredResourceType {
    static let ofConfig: [ConfiguredResourceType] = [recorder, aggregationAuthorization, conformancePack, storedQuery]

    private static let nowhere = "Not Applicable"

    private static func named(
        _ kind: String, _ arnType: String, _ id: @escaping @Sendable ([Substring]) -> String?
    ) -> @Sendable (String, Environment) -> ConfiguredResource? {
        { arn, _ in
            guard let name = ARN(parsing: arn), name.service == "config", name.resource.hasPrefix(arnType + "/"),
                let id = id(name.resource.split(separator: "/"))
            else { return nil }
            return ConfiguredResource(kind, id, account: name.account, region: name.region)
        }
    }

    private static let aggregationAuthorization = ConfiguredResourceType(
        AggregationAuthorization.kind, of: AggregationAuthorization.self,
        named: named(AggregationAuthorization.kind, AggregationAuthorization.arnType) { parts in
            parts.count == 3 ? AggregationAuthorization.id(String(parts[1]), String(parts[2])) : nil
        },
        item: { (authorization, _) throws(ServiceError) in
            let id = "\(authorization.authorizedAccount)|\(authorization.authorizedRegion)"
            return ConfigurationItem(
                AggregationAuthorization.kind, id: id, arn: authorization.arn, account: authorization.accountID,
                region: authorization.region, availabilityZone: nowhere, created: authorization.created,
                tags: authorization.tags,
                configuration: .members([
                    "AggregationAuthorizationArn": .string(authorization.arn),
                    "AuthorizedAccountId": .string(authorization.authorizedAccount),
                    "AuthorizedAwsRegion": .string(authorization.authorizedRegion),
                ]))
        })

    private static let conformancePack = ConfiguredResourceType(
        StoredPack.kind, of: StoredPack.self,
        named: named(StoredPack.kind, StoredPack.arnType) { parts in parts.count == 3 ? String(parts[1]) : nil },
        item: { (pack, _) throws(ServiceError) in
            ConfigurationItem(
                StoredPack.kind, id: pack.name, name: pack.name, arn: pack.arn, account: pack.accountID,
                region: pack.region, availabilityZone: nowhere, tags: pack.tags,
                configuration: .members([
                    "ConformancePackName": .string(pack.name), "DeliveryS3Bucket": .perhaps(pack.bucket),
                    "DeliveryS3KeyPrefix": .perhaps(pack.keyPrefix),
                    "ConformancePackInputParameters": .array(
                        pack.parameters.sorted { $0.key < $1.key }.map {
                            .members(["ParameterName": .string($0.key), "ParameterValue": .string($0.value)])
                        }),
                ]))
        })

    private static let storedQuery = ConfiguredResourceType(
        StoredQuery.kind, of: StoredQuery.self,
        named: named(StoredQuery.kind, StoredQuery.arnType) { parts in parts.count == 3 ? String(parts[1]) : nil },
        item: { (query, _) throws(ServiceError) in
            ConfigurationItem(
                StoredQuery.kind, id: query.name, name: query.name, arn: query.arn, account: query.accountID,
                region: query.region, availabilityZone: nowhere, tags: query.tags,
                configuration: .members([
                    "QueryArn": .string(query.arn), "QueryId": .string(query.queryID),
                    "QueryName": .string(query.name), "QueryDescription": .perhaps(query.description),
                    "QueryExpression": .perhaps(query.expression),
                ]))
        })
}
