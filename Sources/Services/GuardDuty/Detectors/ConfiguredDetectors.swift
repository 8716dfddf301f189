import Directory
import Platform
import Wire

extension ConfiguredResourceType {
    /// Detectors, as AWS Config records them and audits look at them.
    /// <https://github.com/awslabs/aws-config-resource-schema>
    static let detector = ConfiguredResourceType(
        StoredDetector.kind, of: StoredDetector.self,
        named: { (arn, _) in
            guard let name = ARN(parsing: arn), name.service == "guardduty" else { return nil }
            let parts = name.resource.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == "detector" else { return nil }
            return ConfiguredResource(
                StoredDetector.kind, String(parts[1]), account: name.account, region: name.region)
        },
        item: { (detector, _) throws(ServiceError) in
            func source(_ feature: String) -> JSONValue { .members(["Enable": .boolean(detector.isEnabled(feature))]) }
            return ConfigurationItem(
                StoredDetector.kind, id: detector.id, arn: detector.arn, account: detector.accountID,
                region: detector.region, availabilityZone: "Not Applicable", created: detector.created,
                tags: detector.tags,
                configuration: .members([
                    "Id": .string(detector.id), "Enable": .boolean(detector.isEnabled),
                    "FindingPublishingFrequency": .string(detector.frequency.rawValue),
                    "DataSources": .members([
                        "S3Logs": source(GuardDutyFeature.dataEvents),
                        "Kubernetes": .members(["AuditLogs": source("EKS_AUDIT_LOGS")]),
                    ]),
                ]))
        })
}
