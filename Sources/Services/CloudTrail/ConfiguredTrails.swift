import CloudTrailAPI
import Directory
import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// Trails, in their home Region, as GetTrail answers them.
    static let trail = ConfiguredResourceType(
        Trail.kind, of: Trail.self,
        named: { (arn, _) in
            guard let name = ARN(parsing: arn), name.service == "cloudtrail", name.resource.hasPrefix("trail/") else {
                return nil
            }
            return ConfiguredResource(Trail.kind, name.lastPart, account: name.account, region: name.region)
        },
        item: { (trail, _) throws(ServiceError) in
            let prefix: JSONValue = .perhaps(trail.prefix) ?? .null
            var relationships = [
                ConfigurationItem.Relationship("Is associated with S3 Bucket", "AWS::S3::Bucket", id: trail.bucket)
            ]
            if let key = trail.kmsKeyID {
                relationships.append(
                    .init("Is encrypted by Key", "AWS::KMS::Key", id: ARN(parsing: key)?.lastPart ?? key))
            }
            return ConfigurationItem(
                Trail.kind, id: trail.name, name: trail.name, arn: trail.arn, account: trail.accountID,
                region: trail.homeRegion, availabilityZone: "Not Applicable", created: trail.creationDate,
                tags: trail.tags,
                relationships: relationships,
                configuration: .members([
                    "name": .string(trail.name), "s3BucketName": .string(trail.bucket), "s3KeyPrefix": prefix,
                    "snsTopicName": .null, "snsTopicARN": .null,
                    "includeGlobalServiceEvents": .boolean(trail.includesGlobalServices),
                    "isMultiRegionTrail": .boolean(trail.isMultiRegion), "homeRegion": .string(trail.homeRegion),
                    "trailARN": .string(trail.arn), "logFileValidationEnabled": .boolean(trail.isValidated),
                    "cloudWatchLogsLogGroupArn": .perhaps(trail.logGroupARN) ?? .null,
                    "cloudWatchLogsRoleArn": .perhaps(trail.logRoleARN) ?? .null,
                    "kmsKeyId": .perhaps(trail.kmsKeyID) ?? .null,
                    "hasCustomEventSelectors": .boolean(trail.hasCustomSelection),
                    "hasInsightSelectors": .boolean(!trail.insights.isEmpty),
                    "isOrganizationTrail": .boolean(trail.organizationID != nil),
                ]),
                supplementary: [
                    JSONMember(key: "IsLogging", value: .boolean(trail.isLogging))
                ])
        })
}
