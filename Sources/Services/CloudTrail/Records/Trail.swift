import Directory
import Ledger

/// A trail: which events go into which bucket. It lies in its home Region.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Trail.html>
struct Trail: Record {
    static let kind = "AWS::CloudTrail::Trail"

    let name: String
    /// Unlike that of any other trail, also of one that has had the name before.
    let uniqueID: String
    /// The owner; of an organization trail the management account.
    let accountID: String
    let homeRegion: String
    /// Seconds since 1970.
    let creationDate: Double
    var bucket: String
    /// Where the bucket was when it was last looked for.
    var bucketRegion: String
    /// What keys in the bucket begin with; without the slash that follows.
    var prefix: String?
    /// The ARN of the KMS key for log files; nil: S3 encrypts them with its own.
    var kmsKeyID: String?
    /// The ARN of the topic that is told of deliveries; nil: none.
    var topicARN: String?
    /// The ARN of the log group that events go to as well, and that of the role by which CloudTrail gets there; nil: none.
    var logGroupARN: String?
    var logRoleARN: String?
    var includesGlobalServices = true
    var isMultiRegion = false
    /// Whether digests are delivered, by which the files can be validated.
    var isValidated = false
    /// The organization whose accounts' events it takes; nil: its own account's alone.
    var organizationID: String?
    var selection = EventSelection.standard
    /// Whether the selection was put by a request.
    var hasCustomSelection = false
    var tags: [Tag] = []
    /// The ``LogSession`` that is on; nil: it does not log.
    var sessionID: String?
    /// Seconds since 1970; nil: never.
    var started: Double?
    var stopped: Double?
    /// nil: none.
    var insightSelectors: [InsightSelector]?
    /// How its data events are summed up; nil: they are not.
    var aggregation: [AggregationSetting]?
    /// The ``InsightWatch`` that is on; nil: there are no Insights, or the trail does not log.
    var insightWatch: String?

    var id: String { name }
    var aliases: [String] { [arn, uniqueID] }
    var requirements: [Requirement] { [.account(accountID)] }

    var isLogging: Bool { sessionID != nil }
    var scope: Scope { Scope(account: accountID, region: homeRegion) }
    var arn: String { ARN.text("cloudtrail", homeRegion, accountID, "trail/", name) }
}
