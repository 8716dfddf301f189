import Platform
public import Wire

import struct Policy.PolicyDocument
import enum Policy.PolicyType

/// Rules about buckets, by their configuration items.
package enum S3Rules {
    package static let all: [String: ManagedRule.Evaluation] = [
        "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS": .item(accountBlocks),
        "S3_BUCKET_ACL_PROHIBITED": .item(listProhibited),
        "S3_BUCKET_BLACKLISTED_ACTIONS_PROHIBITED": .item(blacklistedActions),
        "S3_BUCKET_DEFAULT_LOCK_ENABLED": .item(defaultLock),
        "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED": .item(publicAccessProhibited),
        "S3_BUCKET_LOGGING_ENABLED": .item(logging),
        "S3_BUCKET_POLICY_GRANTEE_CHECK": .item(policyGrantees),
        "S3_BUCKET_POLICY_NOT_MORE_PERMISSIVE": .item(policyNotMorePermissive),
        "S3_BUCKET_PUBLIC_READ_PROHIBITED": .item(publicReadProhibited),
        "S3_BUCKET_PUBLIC_WRITE_PROHIBITED": .item(publicWriteProhibited),
        "S3_BUCKET_REPLICATION_ENABLED": .item(replication),
        "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED": .item(encryption),
        "S3_BUCKET_SSL_REQUESTS_ONLY": .item(secureTransportOnly),
        "S3_BUCKET_VERSIONING_ENABLED": .item(versioning),
        "S3_DEFAULT_ENCRYPTION_KMS": .item(encryptionByKMS),
        "S3_EVENT_NOTIFICATIONS_ENABLED": .item(eventNotifications),
        "S3_LIFECYCLE_POLICY_CHECK": .item(lifecycle),
        "S3_VERSION_LIFECYCLE_POLICY_CHECK": .item(versionLifecycle),
    ]

    package static let blocks = [
        ("BlockPublicAcls", "blockPublicAcls"), ("IgnorePublicAcls", "ignorePublicAcls"),
        ("BlockPublicPolicy", "blockPublicPolicy"), ("RestrictPublicBuckets", "restrictPublicBuckets"),
    ]

    // MARK: What items say

    private static func part(_ name: String, _ item: ConfigurationItem) -> JSONValue? {
        let value = item.supplementaryConfiguration.first { $0.key == name }?.value
        // The access control list is a text in its turn.
        guard case .string(let text)? = value, text.hasPrefix("{") else { return value }
        return try? JSONValue(parsing: Array(text.utf8))
    }

    private static func policy(_ item: ConfigurationItem) -> ReadPolicy? {
        ReadPolicy(part("BucketPolicy", item)?["policyText"]?.text)
    }

    // MARK: Public access

    /// Whether an account's settings are as parameters want them: all of them on, unless they say otherwise.
    package static func accountVerdict(_ block: JSONValue?, _ parameters: RuleParameters) -> RuleVerdict {
        for (name, member) in blocks where parameters.flag(name) ?? true {
            if block?[member]?.isTrue != true { return .nonCompliant("\(name) is not set to true.") }
        }
        return .compliant
    }

    private static func accountBlocks(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        accountVerdict(item.configuration, parameters)
    }

    private static func publicAccessProhibited(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        if parameters.list("excludedPublicBuckets").contains(item.resourceID) { return .compliant }
        let block = part("PublicAccessBlockConfiguration", item)
        let missing = blocks.first { block?[$0.1]?.isTrue != true }
        return .when(missing == nil, otherwise: missing.map { "\($0.0) is not set to true." })
    }

    private static let readActions = ["s3:Get*", "s3:List*"]
    private static let writeActions = [
        "s3:Put*", "s3:Delete*", "s3:Create*", "s3:Abort*", "s3:Restore*", "s3:Replicate*", "s3:Update*", "s3:Bypass*",
        "s3:ObjectOwnerOverrideToBucketOwner",
    ]

    private static func publicReadProhibited(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        publicVerdict(item, around, permissions: ["Read", "FullControl"], readActions, "read")
    }

    private static func publicWriteProhibited(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        publicVerdict(item, around, permissions: ["Write", "WriteAcp", "FullControl"], writeActions, "write")
    }

    private static func publicVerdict(
        _ item: ConfigurationItem, _ around: RuleSurroundings, permissions: [String], _ actions: [String],
        _ word: String
    ) -> RuleVerdict {
        let block = part("PublicAccessBlockConfiguration", item)
        func isOn(_ name: String) -> Bool {
            block?[name]?.isTrue == true || around.accountBlock?[name]?.isTrue == true
        }
        if !isOn("ignorePublicAcls") {
            let grants = part("AccessControlList", item)?["grantList"]?.elements ?? []
            let isPublic = grants.contains { grant in
                ["AllUsers", "AuthenticatedUsers"].contains(grant["grantee"]?.text ?? "")
                    && permissions.contains(grant["permission"]?.text ?? "")
            }
            if isPublic {
                return .nonCompliant("The S3 bucket ACL allows public \(word) access.")
            }
        }
        if !isOn("restrictPublicBuckets"), let text = part("BucketPolicy", item)?["policyText"]?.text,
            isPublic(text, actions)
        {
            return .nonCompliant("The S3 bucket policy allows public \(word) access.")
        }
        return .compliant
    }

    /// Whether those statements of a policy that allow some actions are public.
    private static func isPublic(_ text: String, _ patterns: [String]) -> Bool {
        guard let json = try? JSONValue(parsing: Array(text.utf8)), case .object(let members) = json,
            let list = json["Statement"]
        else { return false }
        let statements: [JSONValue] = list.elements.isEmpty ? [list] : list.elements
        let counted = statements.filter { statement in
            guard statement["Effect"]?.text == "Allow" else { return false }
            guard let actions = statement["Action"]?.texts else { return statement["NotAction"] != nil }
            return actions.contains { action in patterns.contains { RulePattern.overlap(action, $0) } }
        }
        guard !counted.isEmpty else { return false }
        let rest = members.map { member in
            member.key == "Statement" ? JSONMember(key: member.key, value: .array(counted)) : member
        }
        let document = try? PolicyDocument(parsing: JSONValue.object(rest).jsonText, as: .resource)
        return document?.isPublic ?? true
    }

    private static func listProhibited(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let list = part("AccessControlList", item)
        let owner = list?["owner"]?["id"]
        let grants: [JSONValue] = list?["grantList"]?.elements ?? []
        let others = grants.contains { grant in owner == nil || grant["grantee"]?["id"] != owner }
        return .when(!others, otherwise: "The bucket has an access control list that gives others access.")
    }

    // MARK: Policies

    private static func blacklistedActions(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let patterns = parameters.list("blacklistedActionPattern")
        for statement in policy(item)?.statements ?? [] where statement.isAllow {
            guard isOfOthers(statement, item.accountID) else { continue }
            for pattern in patterns {
                let isAllowed =
                    statement.actions.contains { RulePattern.overlap($0, pattern) }
                    || !statement.notActions.isEmpty
                        && !statement.notActions.contains { RulePattern.matches($0, pattern) }
                if isAllowed { return .nonCompliant("The bucket policy allows \(pattern) to others.") }
            }
        }
        return .compliant
    }

    private static func policyNotMorePermissive(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        guard let text = part("BucketPolicy", item)?["policyText"]?.text else { return .compliant }
        let isWithin = parameters["controlPolicy"].map {
            PolicyComparison.isWithin($0, text, owner: item.accountID, around.comparisons)
        }
        return .when(
            isWithin ?? false,
            otherwise: "The bucket policy allows other accounts more than the control policy does.")
    }

    private static func isOfOthers(_ statement: ReadPolicy.Statement, _ account: String) -> Bool {
        if statement.isOfEverybody { return true }
        return (statement.principal?["AWS"]?.texts ?? []).contains { principal in
            principal != account && !principal.hasPrefix("arn:aws:iam::\(account):")
                && !principal.hasPrefix("arn:aws:sts::\(account):")
        }
    }

    private static func policyGrantees(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let known = [
            ("AWS", parameters.list("awsPrincipals")), ("Service", parameters.list("servicePrincipals")),
            ("Federated", parameters.list("federatedUsers")),
        ]
        let addresses = parameters.list("ipAddresses")
        let networks = parameters.list("vpcIds")
        for statement in policy(item)?.statements ?? [] where statement.isAllow {
            let isBound = [("aws:SourceIp", addresses), ("aws:SourceVpc", networks)].contains { key, known in
                let values = statement.values(ofCondition: key).flatMap(\.values)
                return !values.isEmpty && values.allSatisfy(known.contains)
            }
            if isBound { continue }
            guard !statement.isOfEverybody, let principal = statement.principal else {
                return .nonCompliant("The bucket policy grants access to everybody.")
            }
            for member in principal.members {
                let allowed = known.first { $0.0 == member.key }?.1 ?? []
                if let other = member.value.texts.first(where: { !allowed.contains($0) }) {
                    return .nonCompliant("The bucket policy grants access to \(other).")
                }
            }
        }
        return .compliant
    }

    private static func secureTransportOnly(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let arn = item.arn ?? "arn:aws:s3:::\(item.resourceID)"
        let denials = (policy(item)?.statements ?? []).filter { statement in
            !statement.isAllow && statement.isOfEverybody && statement.actions.contains { $0 == "s3:*" || $0 == "*" }
                && statement.values(ofCondition: "aws:SecureTransport").contains { operation, values in
                    operation.lowercased().hasPrefix("bool") && values.contains("false")
                }
        }
        let isDenied = [arn, "\(arn)/any"].allSatisfy { target in
            denials.contains { $0.resources.contains { RulePattern.matches($0, target) } }
        }
        return .when(isDenied, otherwise: "The bucket policy does not deny requests without SSL.")
    }

    // MARK: Settings

    private static func versioning(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let versioning = part("BucketVersioningConfiguration", item)
        guard versioning?["status"]?.text == "Enabled" else { return .nonCompliant("Versioning is not enabled.") }
        if let wanted = parameters.flag("isMfaDeleteEnabled"),
            wanted != (versioning?["isMfaDeleteEnabled"]?.isTrue ?? false)
        {
            return .nonCompliant("MFA delete is not as it should be.")
        }
        return .compliant
    }

    private static func logging(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let logging = part("BucketLoggingConfiguration", item)
        guard let target = logging?["destinationBucketName"]?.text else {
            return .nonCompliant("Logging is not enabled.")
        }
        if let wanted = parameters["targetBucket"], wanted != target { return .nonCompliant("Logs go to \(target).") }
        if let wanted = parameters["targetPrefix"], wanted != logging?["logFilePrefix"]?.text {
            return .nonCompliant("Logs have another prefix.")
        }
        return .compliant
    }

    private static func defaultLock(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let lock = part("ObjectLockConfiguration", item)
        guard lock?["objectLockEnabled"]?.text == "Enabled" else { return .nonCompliant("Object Lock is not enabled.") }
        guard let mode = parameters["mode"] else { return .compliant }
        return .when(
            lock?["rule"]?["defaultRetention"]?["mode"]?.text == mode, otherwise: "The default mode is not \(mode).")
    }

    private static func encryptionRules(_ item: ConfigurationItem) -> [JSONValue] {
        (part("ServerSideEncryptionConfiguration", item)?["rules"]?.elements ?? [])
            .compactMap { $0["applyServerSideEncryptionByDefault"] }
    }

    private static func encryption(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        .when(encryptionRules(item).contains { $0["sseAlgorithm"]?.text != nil }, otherwise: "There is no encryption.")
    }

    private static func encryptionByKMS(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let rule = encryptionRules(item).first { $0["sseAlgorithm"]?.text?.hasPrefix("aws:kms") == true }
        guard let rule else { return .nonCompliant("The default encryption uses no KMS key.") }
        let keys = parameters.list("kmsKeyArns")
        guard !keys.isEmpty else { return .compliant }
        return .when(
            keys.contains(rule["kmsMasterKeyID"]?.text ?? ""), otherwise: "The KMS key is none of those wanted.")
    }

    private static func replication(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let rules = (part("BucketReplicationConfiguration", item)?["rules"]?.members ?? []).map(\.value)
            .filter { $0["status"]?.text == "Enabled" }
        guard !rules.isEmpty else { return .nonCompliant("Replication is not enabled.") }
        guard let wanted = parameters["ReplicationType"] else { return .compliant }
        let isSame = wanted.uppercased() == "SAME-REGION"
        let fits = rules.contains { rule in
            guard let target = rule["destinationConfig"]?["bucketARN"]?.text,
                let region = around.bucketRegion(target)
            else { return false }
            return (region == item.region) == isSame
        }
        return .when(fits, otherwise: "There is no replication of the type \(wanted).")
    }

    private static func eventNotifications(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let all = (part("BucketNotificationConfiguration", item)?["configurations"]?.members ?? []).map(\.value)
        let wanted = parameters.list("eventTypes")
        let fits = all.contains { notification in
            if let target = parameters["destinationArn"],
                !["topicARN", "queueARN", "functionARN"].contains(where: { notification[$0]?.text == target })
            {
                return false
            }
            let events = notification["events"]?.texts ?? []
            return wanted.allSatisfy { event in events.contains { RulePattern.matches($0, event) } }
        }
        return .when(fits, otherwise: "There are no such event notifications.")
    }

    // MARK: Lifecycle

    private static func lifecycleRules(_ item: ConfigurationItem) -> [JSONValue] {
        (part("BucketLifecycleConfiguration", item)?["rules"]?.elements ?? [])
            .filter { $0["status"]?.text == "Enabled" }
    }

    private static func isMeant(_ item: ConfigurationItem, _ parameters: RuleParameters) -> Bool {
        let buckets = parameters.list("bucketNames")
        return buckets.isEmpty || buckets.contains(item.resourceID)
    }

    private static func lifecycle(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        guard isMeant(item, parameters) else { return .notApplicable }
        let fits = lifecycleRules(item).contains { rule in
            let transitions = rule["transitions"]?.elements ?? []
            if let days = parameters.number("targetExpirationDays"), rule["expirationInDays"]?.number != days {
                return false
            }
            if let days = parameters.number("targetTransitionDays"),
                !transitions.contains(where: { $0["days"]?.number == days })
            {
                return false
            }
            if let storage = parameters["targetTransitionStorageClass"],
                !transitions.contains(where: { $0["storageClass"]?.text?.lowercased() == storage.lowercased() })
            {
                return false
            }
            guard let prefix = parameters["targetPrefix"] else { return true }
            return rule["prefix"]?.text == prefix || rule["filter"]?["predicate"]?["prefix"]?.text == prefix
        }
        return .when(fits, otherwise: "There is no such active lifecycle rule.")
    }

    private static func versionLifecycle(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        guard isMeant(item, parameters), part("BucketVersioningConfiguration", item)?["status"]?.text == "Enabled"
        else { return .notApplicable }
        return .when(!lifecycleRules(item).isEmpty, otherwise: "A versioned bucket has no active lifecycle rule.")
    }
}
