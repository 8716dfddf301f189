import Directory
import Ledger
import Platform
import Wire

import struct Policy.PolicyDocument

// How access points and access grants look to AWS Config: by the properties of CloudFormation.
// <https://github.com/awslabs/aws-config-resource-schema>

extension ConfiguredResourceType {
    static let s3Access: [ConfiguredResourceType] = [
        accessPoint, accessGrantsInstance, accessGrantsLocation, accessGrant,
    ]

    private static let accessPoint = ConfiguredResourceType(
        AccessPoint.kind, kinds: [AccessPoint.kind],
        concerned: { (change, _) throws(ServiceError) in
            try change.states(of: AccessPoint.self).prefix(1).map(\.configured)
        },
        list: { (account, region, after, limit, records) throws(ServiceError) in
            let start = AccessPoint.id("", account, region)
            let found = try records.shared.list(AccessPoint.self, after: after ?? start, limit: limit)
                .prefix { $0.id.hasPrefix(start) }
            return (found.map(\.configured), found.count == limit ? found.last?.id : nil)
        },
        named: { (arn, _) in
            guard let name = ARN(parsing: arn), name.service == "s3", name.resource.hasPrefix("accesspoint/") else {
                return nil
            }
            return ConfiguredResource(
                AccessPoint.kind, AccessPoint.id(name.lastPart, name.account, name.region), account: name.account,
                region: name.region)
        },
        item: { (resource, state) throws(ServiceError) in
            guard let point = try state.get(AccessPoint.self, resource.record, in: Scope(account: "")) else {
                return nil
            }
            let block = point.publicAccessBlock
            let policy = point.policy.map { PolicyDocument.shown($0, as: .resource, state.environment.directory) }
            return ConfigurationItem(
                AccessPoint.kind, id: point.name, name: point.name, arn: point.arn, account: point.accountID,
                region: point.region, availabilityZone: "Regional", created: point.creationDate, tags: point.tags,
                relationships: [.init("Is associated with S3 Bucket", Bucket.kind, id: point.bucket)],
                configuration: .members([
                    "Name": .string(point.name), "Arn": .string(point.arn), "Alias": .string(point.alias),
                    "Bucket": .string(point.bucket), "BucketAccountId": .string(point.bucketAccountID),
                    "NetworkOrigin": .string(point.networkOrigin),
                    "VpcConfiguration": point.vpcID.map { .members(["VpcId": .string($0)]) },
                    "PublicAccessBlockConfiguration": .members([
                        "BlockPublicAcls": .boolean(block.blockPublicAcls),
                        "IgnorePublicAcls": .boolean(block.ignorePublicAcls),
                        "BlockPublicPolicy": .boolean(block.blockPublicPolicy),
                        "RestrictPublicBuckets": .boolean(block.restrictPublicBuckets),
                    ]), "Policy": policy.flatMap { try? JSONValue(parsing: Array($0.utf8)) },
                ]))
        })

    private static func named(
        _ kind: String, _ record: @escaping @Sendable (AccessGrantsName.Thing) -> String?
    ) -> @Sendable (String, Environment) -> ConfiguredResource? {
        { arn, _ in
            guard let name = ARN(parsing: arn).flatMap({ AccessGrantsName($0) }), let id = record(name.thing) else {
                return nil
            }
            return ConfiguredResource(kind, id, account: name.account, region: name.region)
        }
    }

    private static let accessGrantsInstance = ConfiguredResourceType(
        AccessGrantsInstance.kind, of: AccessGrantsInstance.self,
        named: named(AccessGrantsInstance.kind) { $0 == .instance ? AccessGrantsInstance.onlyID : nil }
    ) { (instance, _) throws(ServiceError) in
        ConfigurationItem(
            AccessGrantsInstance.kind, id: instance.arn, arn: instance.arn, account: instance.accountID,
            region: instance.region, availabilityZone: "Regional", created: instance.creationDate, tags: instance.tags,
            configuration: .members([
                "AccessGrantsInstanceArn": .string(instance.arn), "AccessGrantsInstanceId": .string(instance.id),
            ]))
    }

    private static let accessGrantsLocation = ConfiguredResourceType(
        AccessGrantsLocation.kind, of: AccessGrantsLocation.self,
        named: named(AccessGrantsLocation.kind) { if case .location(let id) = $0 { id } else { nil } }
    ) { (location, _) throws(ServiceError) in
        ConfigurationItem(
            AccessGrantsLocation.kind, id: location.id, arn: location.arn, account: location.accountID,
            region: location.region, availabilityZone: "Regional", created: location.creationDate, tags: location.tags,
            configuration: .members([
                "AccessGrantsLocationArn": .string(location.arn), "AccessGrantsLocationId": .string(location.id),
                "LocationScope": .string(location.scope), "IamRoleArn": .string(location.roleARN),
            ]))
    }

    private static let accessGrant = ConfiguredResourceType(
        AccessGrant.kind, of: AccessGrant.self,
        named: named(AccessGrant.kind) { if case .grant(let id) = $0 { id } else { nil } }
    ) { (grant, _) throws(ServiceError) in
        ConfigurationItem(
            AccessGrant.kind, id: grant.id, arn: grant.arn, account: grant.accountID, region: grant.region,
            availabilityZone: "Regional", created: grant.creationDate, tags: grant.tags,
            relationships: [
                .init("Is associated with AccessGrantsLocation", AccessGrantsLocation.kind, id: grant.locationID)
            ],
            configuration: .members([
                "AccessGrantArn": .string(grant.arn), "AccessGrantId": .string(grant.id),
                "AccessGrantsLocationId": .string(grant.locationID),
                "AccessGrantsLocationConfiguration": grant.subPrefix.map { .members(["S3SubPrefix": .string($0)]) },
                "GrantScope": .string(grant.scope.text), "Permission": .string(grant.permission.rawValue),
                "Grantee": .members(["GranteeType": .string("IAM"), "GranteeIdentifier": .string(grant.grantee)]),
            ]))
    }
}

extension AccessPoint {
    fileprivate var configured: ConfiguredResource {
        ConfiguredResource(AccessPoint.kind, id, account: accountID, region: region)
    }
}
