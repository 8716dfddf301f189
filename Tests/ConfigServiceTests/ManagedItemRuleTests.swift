import Platform
import Posture
import Testing
import Wire

import struct Directory.Tag

@testable import ConfigService

private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

/// One verdict: a rule with parameters on a resource.
struct RuleCase: CustomTestStringConvertible, Sendable {
    let rule: String
    let parameters: [String: String]
    let configuration: String
    let supplementary: String
    let tags: [Tag]
    let relationships: [ConfigurationItem.Relationship]
    let accountBlock: String?
    let expected: Compliance

    init(
        _ rule: String, _ expected: Compliance, _ configuration: String = "{}", also supplementary: String = "{}",
        _ parameters: [String: String] = [:], tags: [Tag] = [],
        relationships: [ConfigurationItem.Relationship] = [], accountBlock: String? = nil
    ) {
        self.rule = rule
        self.parameters = parameters
        self.configuration = configuration
        self.supplementary = supplementary
        self.tags = tags
        self.relationships = relationships
        self.accountBlock = accountBlock
        self.expected = expected
    }

    init(_ rule: String, _ expected: Compliance, _ parameters: [String: String], tags: [Tag] = []) {
        self.init(rule, expected, "{}", also: "{}", parameters, tags: tags)
    }

    var testDescription: String { "\(rule) \(expected.rawValue) \(configuration) \(supplementary) \(parameters)" }
}

private let all =
    #"{"blockPublicAcls":true,"ignorePublicAcls":true,"blockPublicPolicy":true,"restrictPublicBuckets":true}"#
private let open =
    #"{"blockPublicAcls":false,"ignorePublicAcls":true,"blockPublicPolicy":true,"restrictPublicBuckets":true}"#

private func version(_ document: String, isUsedAsBoundary: Bool = false) -> String {
    let text = JSONValue.string(document).jsonText
    return """
        {"policyVersionList":[{"isDefaultVersion":false,"document":"{}"},{"isDefaultVersion":true,"document":\(text)}],\
        "permissionsBoundaryUsageCount":\(isUsedAsBoundary ? 1 : 0)}
        """
}

private func allow(_ action: String, _ resource: String = "*") -> String {
    #"{"Statement":{"Effect":"Allow","Action":"\#(action)","Resource":"\#(resource)"}}"#
}

private func bucketPolicy(_ document: String) -> String {
    #"{"BucketPolicy":{"policyText":\#(JSONValue.string(document).jsonText)}}"#
}

private func bucketAllow(_ principal: String, _ action: String = "s3:GetObject", _ condition: String = "{}") -> String {
    bucketPolicy(
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":\#(principal),"Action":"\#(action)","#
            + #""Resource":"arn:aws:s3:::b/*","Condition":\#(condition)}]}"#)
}

private func bucketAllowing(allBut action: String) -> String {
    bucketPolicy(
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","NotAction":"\#(action)","#
            + #""Resource":"arn:aws:s3:::b/*"}]}"#)
}

/// What a control policy allows: another account may read.
private func control(_ effect: String = "") -> [String: String] {
    [
        "controlPolicy": #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"#
            + #"{"AWS":"arn:aws:iam::999988887777:root"},"Action":"s3:Get*","Resource":"arn:aws:s3:::*"}\#(effect)]}"#
    ]
}

private let other = #"{"AWS":"arn:aws:iam::999988887777:role/reader"}"#

private let comparisonCases = [
    RuleCase("S3_BUCKET_POLICY_NOT_MORE_PERMISSIVE", .compliant, control()),
    RuleCase("S3_BUCKET_POLICY_NOT_MORE_PERMISSIVE", .compliant, also: bucketAllow(other), control()),
    RuleCase(
        "S3_BUCKET_POLICY_NOT_MORE_PERMISSIVE", .nonCompliant, also: bucketAllow(other, "s3:PutObject"), control()),
    RuleCase("S3_BUCKET_POLICY_NOT_MORE_PERMISSIVE", .nonCompliant, also: bucketAllow(#""*""#), control()),
    RuleCase(
        "S3_BUCKET_POLICY_NOT_MORE_PERMISSIVE", .nonCompliant,
        also: bucketAllow(#"{"AWS":"arn:aws:iam::222233334444:root"}"#), control()),
    RuleCase(
        "S3_BUCKET_POLICY_NOT_MORE_PERMISSIVE", .nonCompliant,
        also: bucketAllow(#"{"Service":"logging.s3.amazonaws.com"}"#), control()),
    // What the bucket's own account may is no concern of the rule.
    RuleCase(
        "S3_BUCKET_POLICY_NOT_MORE_PERMISSIVE", .compliant,
        also: bucketAllow(#"{"AWS":"arn:aws:iam::111122223333:role/own"}"#, "s3:*"), control()),
    RuleCase(
        "S3_BUCKET_POLICY_NOT_MORE_PERMISSIVE", .compliant,
        also: bucketAllow(
            #""*""#, "s3:*", #"{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}"#), control()),
    // A condition of the control policy has to be that of the bucket's, too.
    RuleCase(
        "S3_BUCKET_POLICY_NOT_MORE_PERMISSIVE", .nonCompliant, also: bucketAllow(other),
        control(
            #",{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","#
                + #""Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#)),
    RuleCase(
        "S3_BUCKET_POLICY_NOT_MORE_PERMISSIVE", .compliant,
        also: bucketAllow(other, "s3:GetObject", #"{"Bool":{"aws:SecureTransport":"true"}}"#),
        control(
            #",{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","#
                + #""Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#)),
]

private func grant(_ grantee: String, _ permission: String) -> String {
    let list =
        #"{"owner":{"id":"o"},"grantList":[{"grantee":{"id":"o"},"permission":"FullControl"},"#
        + #"{"grantee":\#(grantee),"permission":"\#(permission)"}]}"#
    return #"{"AccessControlList":\#(JSONValue.string(list).jsonText)}"#
}

private let secureOnly =
    #"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","#
    + #""Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#

private let identityCases = [
    RuleCase("IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", .nonCompliant, version(allow("*"))),
    RuleCase("IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", .compliant, version(allow("s3:*"))),
    RuleCase("IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", .compliant, version(allow("*", "arn:aws:s3:::b"))),
    RuleCase(
        "IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", .notApplicable, version(allow("*"), isUsedAsBoundary: true),
        ["excludePermissionBoundaryPolicy": "true"]),
    RuleCase("IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS", .nonCompliant, version(allow("s3:*", "arn:aws:s3:::b"))),
    RuleCase("IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS", .compliant, version(allow("s3:Get*"))),
    RuleCase(
        "IAM_CUSTOMER_POLICY_BLOCKED_KMS_ACTIONS", .nonCompliant, version(allow("kms:*")),
        ["blockedActionsPatterns": "kms:Decrypt, kms:ReEncryptFrom"]),
    RuleCase(
        "IAM_CUSTOMER_POLICY_BLOCKED_KMS_ACTIONS", .compliant,
        version(allow("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/k")),
        ["blockedActionsPatterns": "kms:Decrypt"]),
    RuleCase(
        "IAM_CUSTOMER_POLICY_BLOCKED_KMS_ACTIONS", .nonCompliant,
        version(allow("kms:De*", "arn:aws:kms:*:*:key/*")), ["blockedActionsPatterns": "kms:*crypt"]),
    RuleCase(
        "IAM_CUSTOMER_POLICY_BLOCKED_KMS_ACTIONS", .compliant, version(allow("kms:Encrypt")),
        ["blockedActionsPatterns": "kms:Decrypt"]),
    RuleCase(
        "IAM_INLINE_POLICY_BLOCKED_KMS_ACTIONS", .nonCompliant,
        #"{"rolePolicyList":[{"policyName":"p","policyDocument":"%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C"#
            + #"%22Action%22%3A%22kms%3ADecrypt%22%2C%22Resource%22%3A%22*%22%7D%7D"}]}"#,
        ["blockedActionsPatterns": "kms:Decrypt"]),
    RuleCase(
        "IAM_INLINE_POLICY_BLOCKED_KMS_ACTIONS", .notApplicable, #"{"rolePolicyList":[]}"#,
        ["blockedActionsPatterns": "kms:Decrypt"]),
    RuleCase(
        "IAM_INLINE_POLICY_BLOCKED_KMS_ACTIONS", .compliant,
        #"{"userPolicyList":[{"policyName":"p","policyDocument":"%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C"#
            + #"%22Action%22%3A%22s3%3A*%22%2C%22Resource%22%3A%22*%22%7D%7D"}]}"#,
        ["blockedActionsPatterns": "kms:Decrypt"]),
    RuleCase("IAM_GROUP_HAS_USERS_CHECK", .nonCompliant),
    RuleCase(
        "IAM_GROUP_HAS_USERS_CHECK", .compliant, relationships: [.init("Contains User", "AWS::IAM::User", id: "AIDA1")]),
    RuleCase("IAM_NO_INLINE_POLICY_CHECK", .compliant, #"{"userPolicyList":[]}"#),
    RuleCase("IAM_NO_INLINE_POLICY_CHECK", .nonCompliant, #"{"groupPolicyList":[{"policyName":"p"}]}"#),
    RuleCase("IAM_USER_NO_POLICIES_CHECK", .compliant, #"{"attachedManagedPolicies":[],"groupList":["g"]}"#),
    RuleCase(
        "IAM_USER_NO_POLICIES_CHECK", .nonCompliant,
        #"{"attachedManagedPolicies":[{"policyArn":"arn:aws:iam::aws:policy/P"}]}"#),
    RuleCase("IAM_USER_GROUP_MEMBERSHIP_CHECK", .nonCompliant, #"{"groupList":[]}"#),
    RuleCase("IAM_USER_GROUP_MEMBERSHIP_CHECK", .compliant, #"{"groupList":["g"]}"#),
    RuleCase("IAM_USER_GROUP_MEMBERSHIP_CHECK", .nonCompliant, #"{"groupList":["g"]}"#, ["groupNames": "g,h"]),
    RuleCase(
        "IAM_ROLE_MANAGED_POLICY_CHECK", .compliant,
        #"{"attachedManagedPolicies":[{"policyArn":"a"},{"policyArn":"b"}]}"#,
        ["managedPolicyArns": "a,b"]),
    RuleCase(
        "IAM_ROLE_MANAGED_POLICY_CHECK", .nonCompliant, #"{"attachedManagedPolicies":[{"policyArn":"a"}]}"#,
        ["managedPolicyArns": "a,b"]),
    RuleCase(
        "IAM_POLICY_BLACKLISTED_CHECK", .nonCompliant,
        #"{"attachedManagedPolicies":[{"policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}]}"#),
    RuleCase("IAM_POLICY_BLACKLISTED_CHECK", .compliant, #"{"attachedManagedPolicies":[{"policyArn":"other"}]}"#),
    RuleCase(
        "IAM_POLICY_BLACKLISTED_CHECK", .notApplicable,
        #"{"attachedManagedPolicies":[{"policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}]}"#,
        ["exceptionList": "users:[b;c], roles:[b]"]),
]

private let bucketCases = [
    RuleCase(
        "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", .compliant, also: #"{"PublicAccessBlockConfiguration":\#(all)}"#),
    RuleCase(
        "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", .nonCompliant, also: #"{"PublicAccessBlockConfiguration":\#(open)}"#
    ),
    RuleCase("S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", .nonCompliant),
    RuleCase("S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", .compliant, ["excludedPublicBuckets": "b"]),
    RuleCase("S3_BUCKET_PUBLIC_READ_PROHIBITED", .compliant),
    RuleCase("S3_BUCKET_PUBLIC_READ_PROHIBITED", .nonCompliant, also: bucketAllow(#""*""#)),
    RuleCase("S3_BUCKET_PUBLIC_READ_PROHIBITED", .compliant, also: bucketAllow(#""*""#, "s3:PutObject")),
    RuleCase("S3_BUCKET_PUBLIC_READ_PROHIBITED", .compliant, also: bucketAllow(#""*""#), accountBlock: all),
    RuleCase(
        "S3_BUCKET_PUBLIC_READ_PROHIBITED", .compliant,
        also: bucketAllow(#""*""#, "s3:GetObject", #"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#)),
    RuleCase("S3_BUCKET_PUBLIC_READ_PROHIBITED", .nonCompliant, also: grant(#""AllUsers""#, "Read")),
    RuleCase("S3_BUCKET_PUBLIC_READ_PROHIBITED", .compliant, also: grant(#""AllUsers""#, "Write")),
    RuleCase("S3_BUCKET_PUBLIC_READ_PROHIBITED", .compliant, also: grant(#"{"id":"other"}"#, "Read")),
    RuleCase("S3_BUCKET_PUBLIC_WRITE_PROHIBITED", .nonCompliant, also: grant(#""AuthenticatedUsers""#, "Write")),
    RuleCase("S3_BUCKET_PUBLIC_WRITE_PROHIBITED", .nonCompliant, also: bucketAllow(#"{"AWS":"*"}"#, "s3:*")),
    RuleCase("S3_BUCKET_PUBLIC_WRITE_PROHIBITED", .compliant, also: bucketAllow(#""*""#)),
    RuleCase(
        "S3_BUCKET_ACL_PROHIBITED", .compliant,
        also: #"{"AccessControlList":{"owner":{"id":"o"},"grantList":[{"grantee":{"id":"o"}}]}}"#),
    RuleCase("S3_BUCKET_ACL_PROHIBITED", .nonCompliant, also: grant(#"{"id":"other"}"#, "Read")),
    RuleCase("S3_BUCKET_SSL_REQUESTS_ONLY", .compliant, also: bucketPolicy(secureOnly)),
    RuleCase(
        "S3_BUCKET_SSL_REQUESTS_ONLY", .nonCompliant,
        also: bucketPolicy(secureOnly.replacing(#"s3:*"#, with: "s3:Get*"))),
    RuleCase(
        "S3_BUCKET_SSL_REQUESTS_ONLY", .nonCompliant,
        also: bucketPolicy(secureOnly.replacing(#""arn:aws:s3:::b","#, with: ""))),
    RuleCase("S3_BUCKET_SSL_REQUESTS_ONLY", .nonCompliant),
    RuleCase(
        "S3_BUCKET_BLACKLISTED_ACTIONS_PROHIBITED", .nonCompliant,
        also: bucketAllow(#"{"AWS":"arn:aws:iam::999988887777:root"}"#, "s3:DeleteObject"),
        ["blacklistedActionPattern": "s3:*Object"]),
    RuleCase(
        "S3_BUCKET_BLACKLISTED_ACTIONS_PROHIBITED", .compliant,
        also: bucketAllow(#"{"AWS":"arn:aws:iam::111122223333:root"}"#, "s3:DeleteObject"),
        ["blacklistedActionPattern": "s3:*Object"]),
    // Whoever allows all actions but some allows the others.
    RuleCase(
        "S3_BUCKET_BLACKLISTED_ACTIONS_PROHIBITED", .nonCompliant, also: bucketAllowing(allBut: "s3:GetObject"),
        ["blacklistedActionPattern": "s3:DeleteObject"]),
    RuleCase(
        "S3_BUCKET_BLACKLISTED_ACTIONS_PROHIBITED", .compliant, also: bucketAllowing(allBut: "s3:Delete*"),
        ["blacklistedActionPattern": "s3:DeleteObject"]),
    RuleCase("S3_BUCKET_POLICY_GRANTEE_CHECK", .compliant),
    RuleCase(
        "S3_BUCKET_POLICY_GRANTEE_CHECK", .nonCompliant, also: bucketAllow(#"{"AWS":"a"}"#), ["awsPrincipals": "b"]),
    RuleCase(
        "S3_BUCKET_POLICY_GRANTEE_CHECK", .compliant, also: bucketAllow(#"{"AWS":"a"}"#), ["awsPrincipals": "b, a"]),
    RuleCase(
        "S3_BUCKET_POLICY_GRANTEE_CHECK", .compliant,
        also: bucketAllow(#""*""#, "s3:GetObject", #"{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#),
        ["ipAddresses": "192.0.2.0/24"]),
    RuleCase(
        "S3_BUCKET_VERSIONING_ENABLED", .compliant, also: #"{"BucketVersioningConfiguration":{"status":"Enabled"}}"#),
    RuleCase(
        "S3_BUCKET_VERSIONING_ENABLED", .nonCompliant, also: #"{"BucketVersioningConfiguration":{"status":"Off"}}"#),
    RuleCase(
        "S3_BUCKET_VERSIONING_ENABLED", .nonCompliant, also: #"{"BucketVersioningConfiguration":{"status":"Enabled"}}"#,
        ["isMfaDeleteEnabled": "true"]),
    RuleCase(
        "S3_BUCKET_LOGGING_ENABLED", .nonCompliant,
        also: #"{"BucketLoggingConfiguration":{"destinationBucketName":null}}"#),
    RuleCase(
        "S3_BUCKET_LOGGING_ENABLED", .compliant, also: #"{"BucketLoggingConfiguration":{"destinationBucketName":"l"}}"#),
    RuleCase(
        "S3_BUCKET_LOGGING_ENABLED", .nonCompliant,
        also: #"{"BucketLoggingConfiguration":{"destinationBucketName":"l"}}"#,
        ["targetBucket": "m"]),
    RuleCase("S3_BUCKET_DEFAULT_LOCK_ENABLED", .nonCompliant),
    RuleCase(
        "S3_BUCKET_DEFAULT_LOCK_ENABLED", .compliant,
        also: #"{"ObjectLockConfiguration":{"objectLockEnabled":"Enabled"}}"#),
    RuleCase(
        "S3_BUCKET_DEFAULT_LOCK_ENABLED", .nonCompliant,
        also: #"{"ObjectLockConfiguration":{"objectLockEnabled":"Enabled","rule":null}}"#, ["mode": "COMPLIANCE"]),
    RuleCase(
        "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED", .compliant,
        also:
            #"{"ServerSideEncryptionConfiguration":{"rules":[{"applyServerSideEncryptionByDefault":{"sseAlgorithm":"AES256"}}]}}"#
    ),
    RuleCase("S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED", .nonCompliant),
    RuleCase(
        "S3_DEFAULT_ENCRYPTION_KMS", .nonCompliant,
        also:
            #"{"ServerSideEncryptionConfiguration":{"rules":[{"applyServerSideEncryptionByDefault":{"sseAlgorithm":"AES256"}}]}}"#
    ),
    RuleCase(
        "S3_DEFAULT_ENCRYPTION_KMS", .compliant,
        also:
            #"{"ServerSideEncryptionConfiguration":{"rules":[{"applyServerSideEncryptionByDefault":{"sseAlgorithm":"aws:kms","kmsMasterKeyID":"k"}}]}}"#,
        ["kmsKeyArns": "k"]),
    RuleCase(
        "S3_BUCKET_REPLICATION_ENABLED", .compliant,
        also: #"{"BucketReplicationConfiguration":{"rules":{"r":{"status":"Enabled"}}}}"#),
    RuleCase(
        "S3_BUCKET_REPLICATION_ENABLED", .nonCompliant,
        also: #"{"BucketReplicationConfiguration":{"rules":{"r":{"status":"Disabled"}}}}"#),
    RuleCase(
        "S3_EVENT_NOTIFICATIONS_ENABLED", .compliant,
        also:
            #"{"BucketNotificationConfiguration":{"configurations":{"n":{"events":["s3:ObjectCreated:*"],"queueARN":"q"}}}}"#,
        ["destinationArn": "q", "eventTypes": "s3:ObjectCreated:*"]),
    RuleCase(
        "S3_EVENT_NOTIFICATIONS_ENABLED", .nonCompliant,
        also: #"{"BucketNotificationConfiguration":{"configurations":{}}}"#),
    RuleCase(
        "S3_LIFECYCLE_POLICY_CHECK", .compliant,
        also: #"{"BucketLifecycleConfiguration":{"rules":[{"status":"Enabled","expirationInDays":30}]}}"#,
        ["targetExpirationDays": "30"]),
    RuleCase(
        "S3_LIFECYCLE_POLICY_CHECK", .nonCompliant,
        also: #"{"BucketLifecycleConfiguration":{"rules":[{"status":"Disabled","expirationInDays":30}]}}"#),
    RuleCase("S3_LIFECYCLE_POLICY_CHECK", .notApplicable, ["bucketNames": "other"]),
    RuleCase("S3_VERSION_LIFECYCLE_POLICY_CHECK", .notApplicable),
    RuleCase(
        "S3_VERSION_LIFECYCLE_POLICY_CHECK", .nonCompliant,
        also: #"{"BucketVersioningConfiguration":{"status":"Enabled"}}"#),
    RuleCase(
        "S3_VERSION_LIFECYCLE_POLICY_CHECK", .compliant,
        also:
            #"{"BucketVersioningConfiguration":{"status":"Enabled"},"BucketLifecycleConfiguration":{"rules":[{"status":"Enabled"}]}}"#
    ),
    RuleCase("S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS", .compliant, all),
    RuleCase("S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS", .nonCompliant, open),
    RuleCase("S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS", .compliant, open, ["BlockPublicAcls": "False"]),
]

private let otherCases = [
    RuleCase("REQUIRED_TAGS", .nonCompliant),
    RuleCase("REQUIRED_TAGS", .compliant, tags: [Tag(key: "CostCenter", value: "1")]),
    RuleCase(
        "REQUIRED_TAGS", .nonCompliant, ["tag1Key": "Env", "tag1Value": "prod,test"],
        tags: [Tag(key: "Env", value: "x")]),
    RuleCase(
        "REQUIRED_TAGS", .compliant, ["tag1Key": "Env", "tag1Value": "prod,test"],
        tags: [Tag(key: "Env", value: "test")]),
    RuleCase("ACM_CERTIFICATE_EXPIRATION_CHECK", .compliant, #"{"notAfter":"2027-03-01T00:00:00Z"}"#),
    RuleCase("ACM_CERTIFICATE_EXPIRATION_CHECK", .nonCompliant, #"{"notAfter":"2027-01-10T00:00:00Z"}"#),
    RuleCase(
        "ACM_CERTIFICATE_EXPIRATION_CHECK", .compliant, #"{"notAfter":"2027-01-10T00:00:00Z"}"#,
        ["daysToExpiration": "5"]),
    RuleCase("ACM_CERTIFICATE_EXPIRATION_CHECK", .notApplicable, #"{"status":"PENDING_VALIDATION"}"#),
    RuleCase("ACM_CERTIFICATE_RSA_CHECK", .compliant, #"{"keyAlgorithm":"RSA-2048"}"#),
    RuleCase("ACM_CERTIFICATE_RSA_CHECK", .nonCompliant, #"{"keyAlgorithm":"RSA_1024"}"#),
    RuleCase("ACM_CERTIFICATE_RSA_CHECK", .notApplicable, #"{"keyAlgorithm":"EC_prime256v1"}"#),
    RuleCase("CLOUDWATCH_ALARM_ACTION_ENABLED_CHECK", .compliant, #"{"actionsEnabled":true}"#),
    RuleCase("CLOUDWATCH_ALARM_ACTION_ENABLED_CHECK", .nonCompliant, #"{"actionsEnabled":false}"#),
    RuleCase("CLOUDWATCH_ALARM_ACTION_CHECK", .compliant, #"{"alarmActions":["a"],"insufficientDataActions":["b"]}"#),
    RuleCase("CLOUDWATCH_ALARM_ACTION_CHECK", .nonCompliant, #"{"alarmActions":["a"],"insufficientDataActions":[]}"#),
    RuleCase(
        "CLOUDWATCH_ALARM_ACTION_CHECK", .nonCompliant, #"{"alarmActions":["a"],"insufficientDataActions":["b"]}"#,
        ["action1": "c"]),
    RuleCase("CLOUDWATCH_ALARM_SETTINGS_CHECK", .notApplicable, #"{"metricName":"m"}"#, ["metricName": "n"]),
    RuleCase(
        "CLOUDWATCH_ALARM_SETTINGS_CHECK", .compliant, #"{"metricName":"m","period":300,"threshold":5.0}"#,
        ["metricName": "m", "threshold": "5"]),
    RuleCase("CLOUDWATCH_ALARM_SETTINGS_CHECK", .nonCompliant, #"{"metricName":"m","period":60}"#, ["metricName": "m"]),
    RuleCase("SNS_ENCRYPTED_KMS", .nonCompliant, #"{"KmsMasterKeyId":""}"#),
    RuleCase("SNS_ENCRYPTED_KMS", .compliant, #"{"KmsMasterKeyId":"k"}"#),
    RuleCase("SNS_ENCRYPTED_KMS", .nonCompliant, #"{"KmsMasterKeyId":"k"}"#, ["kmsKeyIds": "l"]),
    RuleCase("WAFV2_WEBACL_NOT_EMPTY", .compliant, #"{"rules":[{}]}"#),
    RuleCase("WAFV2_WEBACL_NOT_EMPTY", .nonCompliant, #"{"Rules":[]}"#),
    RuleCase("WAFV2_RULEGROUP_NOT_EMPTY", .compliant, #"{"Rules":[{}]}"#),
    RuleCase("WAFV2_RULEGROUP_NOT_EMPTY", .nonCompliant),
]

/// Policies as items of queues and topics have them: as text.
private func messagePolicy(_ principal: String, _ action: String, _ condition: String = "{}") -> String {
    let statement =
        #"{"Effect":"Allow","Principal":\#(principal),"Action":\#(action),"Resource":"*","Condition":\#(condition)}"#
    let document = #"{"Version":"2012-10-17","Statement":[\#(statement)]}"#
    return JSONValue.members(["Policy": .string(document)]).jsonText
}

private let everybody = #"{"AWS":"*"}"#
private let friend = #"{"AWS":"arn:aws:iam::444455556666:root"}"#
private let ownerOnly = #"{"StringEquals":{"AWS:SourceOwner":"111122223333"}}"#
private let anyBucket = #"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::*"}}"#

private let messageCases =
    ["SNS_TOPIC_NO_PUBLIC_ACCESS", "SQS_QUEUE_NO_PUBLIC_ACCESS"].flatMap { rule in
        [
            RuleCase(rule, .compliant),
            RuleCase(rule, .compliant, also: messagePolicy(friend, #""sns:Publish""#)),
            RuleCase(rule, .compliant, also: messagePolicy(everybody, #""sns:Publish""#, ownerOnly)),
            RuleCase(rule, .nonCompliant, also: messagePolicy(everybody, #""sns:Publish""#)),
            RuleCase(rule, .nonCompliant, also: messagePolicy(#""*""#, #"["sns:Publish"]"#, anyBucket)),
        ]
    } + [
        RuleCase("SQS_QUEUE_POLICY_FULL_ACCESS_CHECK", .compliant),
        RuleCase("SQS_QUEUE_POLICY_FULL_ACCESS_CHECK", .compliant, also: messagePolicy(friend, #""sqs:SendMessage""#)),
        RuleCase(
            "SQS_QUEUE_POLICY_FULL_ACCESS_CHECK", .nonCompliant,
            also: messagePolicy(friend, #"["sqs:SendMessage","SQS:*"]"#)),
        RuleCase("SQS_QUEUE_DLQ_CHECK", .nonCompliant, #"{"RedriveAllowPolicy":{"redrivePermission":"denyAll"}}"#),
        RuleCase("SQS_QUEUE_DLQ_CHECK", .compliant, #"{"RedrivePolicy":{"deadLetterTargetArn":"q"}}"#),
        RuleCase("CUSTOM_EVENTBUS_POLICY_ATTACHED", .notApplicable, #"{"Name":"default"}"#),
        RuleCase("CUSTOM_EVENTBUS_POLICY_ATTACHED", .nonCompliant, #"{"Name":"own"}"#),
        RuleCase("CUSTOM_EVENTBUS_POLICY_ATTACHED", .compliant, #"{"Name":"own","Policy":{"Statement":[]}}"#),
        RuleCase("SNS_TOPIC_MESSAGE_DELIVERY_NOTIFICATION_ENABLED", .nonCompliant, #"{"DisplayName":"a"}"#),
        RuleCase(
            "SNS_TOPIC_MESSAGE_DELIVERY_NOTIFICATION_ENABLED", .compliant,
            #"{"SQSFailureFeedbackRoleArn":"arn:aws:iam::111122223333:role/r"}"#),
    ]

private let allCases: [RuleCase] = [
    identityCases, bucketCases, comparisonCases, otherCases, messageCases, machineCases,
].flatMap(\.self)

@Suite struct ManagedItemRuleTests {
    @Test(arguments: allCases)
    func decides(_ one: RuleCase) throws {
        let rule = try #require(ManagedRule.all[one.rule])
        guard case .item(let decide) = rule.evaluation else {
            Issue.record("\(one.rule) is not about items")
            return
        }
        let parameters = RuleParameters(one.parameters)
        #expect(throws: Never.self) { try parameters.check(rule.parameters) }
        let item = ConfigurationItem(
            rule.types.last ?? "", id: "b", name: "b", arn: "arn:aws:s3:::b", account: "111122223333",
            region: "us-east-1",
            tags: one.tags, relationships: one.relationships, configuration: try json(one.configuration),
            supplementary: try json(one.supplementary).members)
        // 1 January 2027
        let around = RuleSurroundings(now: 1_798_761_600, accountBlock: try one.accountBlock.map { try json($0) })
        #expect(decide(item, parameters.completed(rule.parameters), around).compliance == one.expected)
    }

    /// Each rule about items has a case of what it wants and one of what it does not want.
    @Test func everyRuleHasCases() {
        for (name, rule) in ManagedRule.all {
            guard case .item = rule.evaluation else { continue }
            let verdicts = Set(allCases.filter { $0.rule == name }.map(\.expected))
            #expect(verdicts.isSuperset(of: [Compliance.compliant, Compliance.nonCompliant]), "\(name)")
        }
        #expect(ManagedRule.all.count == 86)
    }

    @Test func parametersAreChecked() throws {
        let rule = try #require(ManagedRule.all["ACCESS_KEYS_ROTATED"])
        #expect(rule.isPeriodic && !rule.isChangeTriggered)
        #expect(throws: ServiceError.self) { try RuleParameters(parsing: "[1]") }
        #expect(throws: ServiceError.self) { try RuleParameters(["other": "1"]).check(rule.parameters) }
        #expect(throws: ServiceError.self) { try RuleParameters(["maxAccessKeyAge": "x"]).check(rule.parameters) }
        #expect(throws: ServiceError.self) { try RuleParameters(["maxAccessKeyAge": " "]).check(rule.parameters) }
        let policy = try #require(ManagedRule.all["IAM_ROLE_MANAGED_POLICY_CHECK"])
        #expect(throws: ServiceError.self) { try RuleParameters([:]).check(policy.parameters) }
        #expect(try RuleParameters(parsing: #"{"maxAccessKeyAge": 30}"#).number("maxAccessKeyAge") == 30)
    }

    @Test func controlPoliciesAreThoseOfBuckets() throws {
        let policy = try #require(control()["controlPolicy"])
        #expect(PolicyComparison.control(policy) != nil)
        let queue = policy.replacing("s3:Get*", with: "sqs:*")
        let unnamed = policy.replacing("Principal", with: "Principals")
        let long = policy.replacing("s3:Get*", with: "s3:Get*" + String(repeating: "*", count: 1024))
        for other in ["", "{}", "no policy", queue, unnamed, long] {
            #expect(PolicyComparison.control(other) == nil, "\(other)")
        }
    }

    @Test(arguments: [
        ("kms:Decrypt", "kms:De*", true), ("kms:De*", "*:Decrypt", true), ("kms:De*", "kms:En*", false),
        ("*", "s3:GetObject", true), ("s3:Get?bject", "s3:GetObject", true), ("a*c", "ab*", true), ("a*c", "b*", false),
    ])
    func patternsOverlap(_ one: String, _ other: String, _ expected: Bool) {
        #expect(RulePattern.overlap(one, other) == expected)
        #expect(RulePattern.overlap(other, one) == expected)
    }
}
