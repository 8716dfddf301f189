import Platform
import Wire

/// Rules about trails.
package enum TrailRules {
    package static let all: [String: ManagedRule.Evaluation] = [
        "CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED": .account([.trails], cloudWatchLogs),
        "CLOUD_TRAIL_ENABLED": .account([.trails], enabled),
        "CLOUD_TRAIL_ENCRYPTION_ENABLED": .account([.trails], encryption),
        "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED": .account([.trails], validation),
        "CLOUDTRAIL_S3_DATAEVENTS_ENABLED": .account([.trails], dataEvents),
        "CLOUDTRAIL_SECURITY_TRAIL_ENABLED": .account([.trails], securityTrail),
        "MULTI_REGION_CLOUD_TRAIL_ENABLED": .account([.trails], multiRegion),
    ]

    private static let type = "AWS::CloudTrail::Trail"

    private static func each(
        _ facts: AccountFacts, _ verdict: (AccountFacts.Trail) -> RuleVerdict
    ) -> [ResourceVerdict] {
        facts.trails.map { ResourceVerdict(type, $0.name, verdict($0)) }
    }

    private static func encryption(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        each(facts) { .when($0.keyID != nil, otherwise: "The trail is not encrypted with a KMS key.") }
    }

    private static func validation(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        each(facts) { .when($0.validatesFiles, otherwise: "Log file validation is not enabled.") }
    }

    private static func cloudWatchLogs(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        each(facts) { trail in
            guard trail.logGroupARN != nil else { return .nonCompliant("The trail has no log group.") }
            guard let hours = parameters.number("expectedDeliveryWindowAge") else { return .compliant }
            let isRecent = trail.logsDelivered.map { facts.now - $0 <= Double(hours) * 3600 } ?? false
            return .when(isRecent, otherwise: "Nothing was delivered to the log group for \(hours) hours.")
        }
    }

    private static func fits(_ trail: AccountFacts.Trail, _ parameters: RuleParameters) -> Bool {
        func isWanted(_ name: String, _ value: String?) -> Bool {
            parameters[name].map { $0 == value } ?? true
        }
        return isWanted("s3BucketName", trail.bucket) && isWanted("snsTopicArn", trail.topicARN)
            && isWanted("cloudWatchLogsLogGroupArn", trail.logGroupARN)
    }

    private static func enabled(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        let found = facts.trails.contains { $0.isLogging && fits($0, parameters) }
        return AccountRules.ofAccount(facts, .when(found, otherwise: "No such trail is logging."))
    }

    private static func multiRegion(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        let found = facts.trails.contains { trail in
            guard trail.isLogging, trail.isMultiRegion, fits(trail, parameters) else { return false }
            if parameters.flag("includeManagementEvents") ?? true, trail.managementEvents == nil { return false }
            if parameters.flag("includeManagementEvents") == false, trail.managementEvents != nil { return false }
            guard let wanted = parameters["readWriteType"] else { return true }
            return trail.managementEvents?.uppercased().replacing("_", with: "")
                == wanted.uppercased().replacing("_", with: "")
        }
        return AccountRules.ofAccount(facts, .when(found, otherwise: "No such multi-Region trail is logging."))
    }

    private static func securityTrail(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        let found = facts.trails.contains { trail in
            trail.isLogging && trail.isMultiRegion && trail.includesGlobalEvents && trail.validatesFiles
                && trail.keyID != nil && trail.managementEvents == "All" && !trail.excludesServices
        }
        return AccountRules.ofAccount(
            facts, .when(found, otherwise: "No trail follows security best practices in all respects."))
    }

    private static func dataEvents(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        let wanted = parameters.list("S3BucketNames")
        let covered = facts.trails.filter(\.isLogging).flatMap(\.dataEventBuckets)
        let isFound =
            covered.contains("*") || !wanted.isEmpty && wanted.allSatisfy(covered.contains)
        return AccountRules.ofAccount(
            facts, .when(isFound, otherwise: "No trail logs data events of the buckets."))
    }
}
