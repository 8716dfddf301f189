import Directory
import Platform
import S3API
import Wire

/// What a bucket passes on to others, and as which role.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html>
struct ReplicationPlan: Sendable {
    let roleARN: String
    /// Those that are enabled, the highest priority first.
    private let rules: [ReplicationRule]

    /// - Parameter json: the configuration as it is kept.
    /// - Returns: nil for one without any rule that is enabled.
    init?(_ json: String) {
        guard let kept = try? Structure(json: json, of: S3.ReplicationConfiguration.shape) else { return nil }
        let configuration = S3.ReplicationConfiguration(kept)
        roleARN = configuration.role
        rules = configuration.rules.filter { $0.status == "Enabled" }.map(ReplicationRule.init).sorted {
            $0.priority > $1.priority
        }
        guard !rules.isEmpty else { return nil }
    }

    /// The rules by which a version is passed on: of those for one destination, the one with the highest priority.
    /// - Parameter tags: those that it had when it was made, where they have been changed since.
    func rules(for version: ObjectVersion, madeWith tags: [Tag]? = nil) -> [ReplicationRule] {
        var destinations: Set<String> = []
        var version = version
        if let tags { version.tags = tags }
        return rules.filter { $0.applies(to: version) && destinations.insert($0.destination).inserted }
    }

    /// The rules by which changes of a version are passed on. Which tags it has is of no account here: they decide when it is
    /// made, and change.
    /// - Parameter isWanted: whether another bucket takes changes of its replicas back.
    func rules(
        forChangesOf version: ObjectVersion, isWanted: (_ destination: String) -> Bool
    ) -> [ReplicationRule] {
        var destinations: Set<String> = []
        return rules.filter { rule in
            guard rule.covers(version.key), destinations.insert(rule.destination).inserted else { return false }
            return version.isReplica ? rule.includesReplicaChanges && isWanted(rule.destination) : true
        }
    }

    /// Whether changes that are made to replicas are taken along to a bucket.
    func includesReplicaChanges(to bucket: String) -> Bool {
        rules.contains { $0.destination == bucket && $0.includesReplicaChanges }
    }
}

struct ReplicationRule: Sendable {
    let id: String
    let priority: Int
    /// The bucket's name.
    let destination: String
    /// Whom the destination has to belong to; nil: anybody.
    let account: String?
    /// nil: the one that the object has.
    let storageClass: String?
    /// The key for replicas of objects that are encrypted with one of KMS's; nil: such objects are not passed on.
    let keyID: String?
    /// Whether replicas belong to the destination's owner, whoever owns the object.
    let changesOwner: Bool
    /// Whether what is changed of replicas is passed on as well.
    let includesReplicaChanges: Bool
    private let prefix: String
    private let tags: [Tag]
    private let includesMarkers: Bool

    init(_ rule: S3.ReplicationRule) {
        id = rule.id ?? ""
        priority = rule.priority ?? 0
        destination = BucketARN.name(rule.destination.bucket) ?? ""
        account = rule.destination.account
        storageClass = rule.destination.storageClass
        let includesKMS = rule.sourceSelectionCriteria?.sseKmsEncryptedObjects?.status == "Enabled"
        keyID = includesKMS ? rule.destination.encryptionConfiguration?.replicaKmsKeyID : nil
        changesOwner = rule.destination.accessControlTranslation?.owner == "Destination"
        includesReplicaChanges = rule.sourceSelectionCriteria?.replicaModifications?.status == "Enabled"
        let (filter, and) = (rule.filter, rule.filter?.and)
        prefix = and?.prefix ?? filter?.prefix ?? rule.prefix ?? ""
        tags = (and?.tags ?? filter?.tag.map { [$0] } ?? []).map(Tag.init)
        // The first form of rules, without a filter, passes them on always.
        includesMarkers = rule.filter == nil || rule.deleteMarkerReplication?.status == "Enabled"
    }

    /// Whether the rule is about a key.
    func covers(_ key: String) -> Bool { key.utf8.starts(with: prefix.utf8) }

    func applies(to version: ObjectVersion) -> Bool {
        guard covers(version.key) else { return false }
        if version.isDeleteMarker { return includesMarkers && tags.isEmpty }
        switch version.encryption {
        case .s3: break
        case .kms: guard keyID != nil else { return false }
        // Nobody is there who has the key.
        case .customer: return false
        }
        return tags.allSatisfy(version.tags.contains)
    }
}

enum BucketARN {
    /// The bucket's name in its ARN; nil for any other text.
    static func name(_ arn: String) -> String? {
        let prefix = "arn:aws:s3:::"
        guard arn.hasPrefix(prefix), !arn.contains("/"), arn.utf8.count > prefix.utf8.count else { return nil }
        return String(arn.dropFirst(prefix.utf8.count))
    }
}

extension S3.PutBucketReplication {
    /// Whoever sets it gives S3 the rights of the role, and has to be allowed to.
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let entry = try call.bucket(named: input.bucket, expectedOwner: input.expectedOwner)
        let role = input.replicationConfiguration.role
        guard let arn = ARN(parsing: role), arn.service == "iam", arn.typeAndRest?.type == "role",
            arn.account == entry.bucket.accountID
        else {
            throw .invalidArgument("Invalid Role ARN: a role of the bucket's account is needed.", "Role", role)
        }
        let pass = Access(
            "iam:PassRole", on: role, resourceAccount: arn.account,
            context: [
                "iam:passedtoservice": .one("s3.amazonaws.com"), "iam:associatedresourcearn": .one(entry.bucket.arn),
            ])
        return .required([call.need(action, on: entry), pass])
    }

    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        guard bucket.versioning == .enabled else {
            throw .invalidRequest("Versioning must be 'Enabled' on the bucket to apply a replication configuration")
        }
        let rules = input.replicationConfiguration.rules
        guard !rules.isEmpty, rules.count <= 1000 else { throw .malformedXML }
        let (ids, priorities) = (rules.compactMap(\.id), rules.compactMap(\.priority))
        guard Set(ids).count == ids.count else {
            throw .invalidArgument("Rule ID must be unique. Found same ID for more than one rule", "ID")
        }
        guard Set(priorities).count == priorities.count else {
            throw .invalidRequest("Found duplicate priority. Priority must be unique for every replication rule.")
        }
        for rule in rules { try check(rule, bucket, records) }
    }

    private static func check(
        _ rule: S3.ReplicationRule, _ bucket: Bucket, _ records: MutableRecords
    ) throws(ServiceError) {
        guard let name = BucketARN.name(rule.destination.bucket) else {
            throw .s3("InvalidS3DestinationBucket", "Invalid bucket ARN.")
        }
        guard let destination = try records.shared.get(Bucket.self, name) else {
            throw .invalidRequest("Destination bucket must exist.")
        }
        guard name != bucket.name else {
            throw .invalidRequest("Destination bucket cannot be the same as the source bucket.")
        }
        guard destination.versioning == .enabled else {
            throw .invalidRequest("Destination bucket must have versioning enabled.")
        }
        if rule.filter != nil {
            guard rule.priority != nil else {
                throw .invalidRequest(
                    "Priority must be specified for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information."
                )
            }
            guard rule.deleteMarkerReplication != nil else {
                throw .invalidRequest(
                    "DeleteMarkerReplication must be specified for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information."
                )
            }
        }
        guard rule.destination.accessControlTranslation == nil || rule.destination.account != nil else {
            throw .invalidRequest("Account must be specified when AccessControlTranslation is specified.")
        }
        guard !bucket.hasObjectLock || destination.hasObjectLock else {
            throw .invalidRequest(
                "Replication configuration cannot be applied to an Object Lock enabled bucket whose destination bucket does not have Object Lock enabled."
            )
        }
        let includesKMS = rule.sourceSelectionCriteria?.sseKmsEncryptedObjects?.status == "Enabled"
        guard includesKMS == (rule.destination.encryptionConfiguration?.replicaKmsKeyID != nil) else {
            throw .invalidRequest(
                "SseKmsEncryptedObjects and ReplicaKmsKeyID must be specified together.")
        }
    }
}
