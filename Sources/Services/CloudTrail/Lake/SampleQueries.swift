import CloudTrailAPI
import Platform
import Wire

// Queries to begin with.

extension CloudTrail.SearchSampleQueries: ComputeOperation {
    private static let usual = 10

    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("cloudtrail:SearchSampleQueries", on: "*"))
    }

    /// Those that have any word of the phrase; first those that have most of them.
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let words = SampleQuery.words(of: input.searchPhrase)
        guard !words.isEmpty else { throw .parameter("SearchPhrase has no word in it.") }
        let found = SampleQuery.all.enumerated().map { (index: $0, query: $1, relevance: $1.relevance(words)) }
            .filter { $0.relevance > 0 }.sorted { ($1.relevance, $0.index) < ($0.relevance, $1.index) }
        let paging: Paging
        do throws(ServiceError) {
            paging = try Paging(marker: input.nextToken, maxItems: input.maxResults ?? usual)
        } catch {
            // This operation has no error of its own for it.
            throw .parameter("The specified token is invalid.")
        }
        return Output(page(found, paging)) { one in
            CloudTrail.SearchSampleQueriesSearchResult {
                $0.name = one.query.name
                $0.description = one.query.description
                $0.sql = one.query.sql
                $0.relevance = one.relevance
            }
        }
    }
}

/// A query that somebody may want to begin with. They are Gatehouse's own, and of its own subjects.
struct SampleQuery: Sendable {
    /// What stands for the event data store.
    static let store = "$EDS_ID"

    let name: String
    let description: String
    let sql: String

    private init(_ name: String, _ description: String, _ sql: String) {
        self.name = name
        self.description = description
        self.sql = sql
    }

    /// Too common to say anything.
    private static let common: Set<String> = [
        "a", "all", "an", "and", "are", "by", "did", "does", "for", "from", "in", "is", "me", "my", "of", "on", "or",
        "queries", "query", "show", "that", "the", "to", "was", "were", "what", "which", "who", "with",
    ]

    /// In lower case, without what is too common and without the s of plurals.
    static func words(of text: String) -> Set<String> {
        let parts = text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        return Set(
            parts.filter { !common.contains($0) }.map { $0.count > 3 && $0.hasSuffix("s") ? String($0.dropLast()) : $0 }
        )
    }

    /// Which part of the words it has: those of its name count double. From 0 to 1.
    func relevance(_ words: Set<String>) -> Double {
        let (named, told) = (Self.words(of: name), Self.words(of: description + " " + sql))
        let points = words.reduce(0) { $0 + (named.contains($1) ? 2 : told.contains($1) ? 1 : 0) }
        return Double(points) / Double(2 * words.count)
    }

    static let all: [SampleQuery] = [
        SampleQuery(
            "Denied calls by principal", "Who was denied access, how often, and to which API actions.",
            "SELECT userIdentity.arn, eventSource, eventName, count(*) AS calls FROM $EDS_ID WHERE errorCode LIKE"
                + " '%AccessDenied%' GROUP BY userIdentity.arn, eventSource, eventName ORDER BY calls DESC"),
        SampleQuery(
            "Root user activity", "Everything that the root user of an account has done.",
            "SELECT eventTime, eventSource, eventName, sourceIPAddress, errorCode FROM $EDS_ID WHERE userIdentity.type ="
                + " 'Root' ORDER BY eventTime DESC"),
        SampleQuery(
            "Most frequent errors", "The error codes of failed calls, the most frequent first.",
            "SELECT errorCode, eventSource, eventName, count(*) AS errors FROM $EDS_ID WHERE errorCode IS NOT NULL GROUP"
                + " BY errorCode, eventSource, eventName ORDER BY errors DESC LIMIT 50"),
        SampleQuery(
            "Calls by service", "How many calls each AWS service was sent.",
            "SELECT eventSource, count(*) AS calls FROM $EDS_ID GROUP BY eventSource ORDER BY calls DESC"),
        SampleQuery(
            "Changes of IAM users and access keys", "Users and access keys that were created or deleted, and by whom.",
            "SELECT eventTime, eventName, userIdentity.arn, element_at(requestParameters, 'userName') AS name FROM"
                + " $EDS_ID WHERE eventSource = 'iam.amazonaws.com' AND eventName IN ('CreateUser', 'DeleteUser',"
                + " 'CreateAccessKey', 'DeleteAccessKey') ORDER BY eventTime DESC"),
        SampleQuery(
            "Changes of policies", "IAM policies that were created, changed, attached or detached.",
            "SELECT eventTime, eventName, userIdentity.arn, requestParameters FROM $EDS_ID WHERE eventSource ="
                + " 'iam.amazonaws.com' AND eventName LIKE '%Policy%' AND readOnly = false ORDER BY eventTime DESC"),
        SampleQuery(
            "Roles that were assumed", "Which roles were assumed with AssumeRole, from where, and how often.",
            "SELECT element_at(requestParameters, 'roleArn') AS role, sourceIPAddress, count(*) AS sessions FROM $EDS_ID"
                + " WHERE eventName = 'AssumeRole' GROUP BY element_at(requestParameters, 'roleArn'), sourceIPAddress"
                + " ORDER BY sessions DESC"),
        SampleQuery(
            "Use of KMS keys", "Which KMS keys were used for encryption and decryption, and by whom.",
            "SELECT element_at(requestParameters, 'keyId') AS keyId, eventName, userIdentity.arn, count(*) AS calls FROM"
                + " $EDS_ID WHERE eventSource = 'kms.amazonaws.com' GROUP BY element_at(requestParameters, 'keyId'),"
                + " eventName, userIdentity.arn ORDER BY calls DESC"),
        SampleQuery(
            "Changes of S3 bucket policies",
            "Buckets whose policy, access control list or public access block was changed.",
            "SELECT eventTime, eventName, userIdentity.arn, element_at(requestParameters, 'bucketName') AS bucket FROM"
                + " $EDS_ID WHERE eventSource = 's3.amazonaws.com' AND eventName IN ('PutBucketPolicy',"
                + " 'DeleteBucketPolicy', 'PutBucketAcl', 'PutBucketPublicAccessBlock', 'DeleteBucketPublicAccessBlock')"
                + " ORDER BY eventTime DESC"),
        SampleQuery(
            "Reads of S3 objects", "Objects that were read, by bucket and principal: data events.",
            "SELECT element_at(requestParameters, 'bucketName') AS bucket, userIdentity.arn, count(*) AS reads FROM"
                + " $EDS_ID WHERE eventName = 'GetObject' GROUP BY element_at(requestParameters, 'bucketName'),"
                + " userIdentity.arn ORDER BY reads DESC"),
        SampleQuery(
            "Changes of the record itself", "Trails and event data stores that were stopped, changed or deleted.",
            "SELECT eventTime, eventName, userIdentity.arn, sourceIPAddress FROM $EDS_ID WHERE eventSource ="
                + " 'cloudtrail.amazonaws.com' AND readOnly = false ORDER BY eventTime DESC"),
        SampleQuery(
            "Source IP addresses of a principal", "From which IP addresses calls came, by user or role.",
            "SELECT userIdentity.arn, sourceIPAddress, count(*) AS calls, max(eventTime) AS latest FROM $EDS_ID GROUP BY"
                + " userIdentity.arn, sourceIPAddress ORDER BY calls DESC"),
        SampleQuery(
            "Calls without TLS", "Calls whose connection was not encrypted.",
            "SELECT userIdentity.arn, eventName, count(*) AS calls FROM $EDS_ID WHERE tlsDetails IS NULL AND"
                + " userIdentity.invokedBy IS NULL GROUP BY userIdentity.arn, eventName ORDER BY calls DESC"),
        SampleQuery(
            "Changes of organizations", "Accounts, policies and invitations of AWS Organizations that were changed.",
            "SELECT eventTime, eventName, userIdentity.arn, requestParameters FROM $EDS_ID WHERE eventSource ="
                + " 'organizations.amazonaws.com' AND readOnly = false ORDER BY eventTime DESC"),
        SampleQuery(
            "Cross-account access", "Calls of principals from other accounts.",
            "SELECT userIdentity.accountId, recipientAccountId, eventSource, eventName, count(*) AS calls FROM $EDS_ID"
                + " WHERE userIdentity.accountId <> recipientAccountId GROUP BY userIdentity.accountId,"
                + " recipientAccountId, eventSource, eventName ORDER BY calls DESC"),
        SampleQuery(
            "Use of MFA", "How many calls were made with multi-factor authentication, and how many without.",
            "SELECT userIdentity.arn, json_extract_scalar(userIdentity,"
                + " '$.sessionContext.attributes.mfaAuthenticated') AS mfa, count(*) AS calls FROM $EDS_ID GROUP BY"
                + " userIdentity.arn, json_extract_scalar(userIdentity,"
                + " '$.sessionContext.attributes.mfaAuthenticated') ORDER BY calls DESC"),
        SampleQuery(
            "Calls by hour", "How many calls were made in each hour.",
            "SELECT date_trunc('hour', eventTime) AS hour, count(*) AS calls FROM $EDS_ID GROUP BY date_trunc('hour',"
                + " eventTime) ORDER BY hour"),
        SampleQuery(
            "Insights events", "Unusual rates of calls and errors that Insights has found.",
            "SELECT eventTime, insightState, insightType, insightEventSource, insightEventName,"
                + " insightContext.insightAverage, insightContext.baselineAverage FROM $EDS_ID WHERE eventCategory ="
                + " 'Insight' ORDER BY eventTime DESC"),
        SampleQuery(
            "Events from outside AWS", "Activity that came through channels, by source and principal.",
            "SELECT eventData.eventSource, eventData.eventName, eventData.userIdentity.principalId, count(*) AS events"
                + " FROM $EDS_ID WHERE eventCategory = 'ActivityAuditLog' GROUP BY eventData.eventSource,"
                + " eventData.eventName, eventData.userIdentity.principalId ORDER BY events DESC"),
    ]
}
