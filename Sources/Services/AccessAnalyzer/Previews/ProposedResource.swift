import AccessAnalyzerAPI
import Directory
import Platform
import Policy
import Wire

/// Makes a resource as it would be with a proposed configuration: what is not proposed stays as it is, or is what a new
/// resource has.
///
/// What is proposed but can't be fails the preview: `INVALID_CONFIGURATION`.
struct ProposedResource {
    typealias Failure = AccessPreview.Failure

    /// The ARN of the resource.
    let arn: String
    /// The account that owns it, or would.
    let owner: String
    let region: String
    /// The resource as it is; nil: it is a new one.
    let existing: AnalyzedResource?
    /// Who exists.
    let directory: IdentityDirectory

    /// The resource with a configuration.
    /// - Throws: ``AccessPreview/Failure``.
    func resource(_ configuration: AccessAnalyzer.Configuration) throws(Failure) -> AnalyzedResource {
        let kind: ConfigurationKind
        do { kind = try ConfigurationKind(of: configuration) } catch { throw .invalidConfiguration }
        switch kind {
        case .iamRole: return try role(configuration.iamRole?.trustPolicy)
        case .kmsKey: return try key(configuration.kmsKey)
        case .ebsSnapshot: return try snapshot(configuration.ebsSnapshot)
        case .rdsDbSnapshot: return try snapshot(configuration.rdsDbSnapshot)
        case .rdsDbClusterSnapshot: return try snapshot(configuration.rdsDbClusterSnapshot)
        case .sqsQueue: return try guarded(kind, configuration.sqsQueue?.queuePolicy)
        case .snsTopic: return try guarded(kind, configuration.snsTopic?.topicPolicy)
        case .secretsManagerSecret: return try guarded(kind, configuration.secretsManagerSecret?.secretPolicy)
        case .efsFileSystem: return try guarded(kind, configuration.efsFileSystem?.fileSystemPolicy)
        case .ecrRepository: return try guarded(kind, configuration.ecrRepository?.repositoryPolicy)
        case .dynamodbTable: return try guarded(kind, configuration.dynamodbTable?.tablePolicy)
        case .dynamodbStream: return try guarded(kind, configuration.dynamodbStream?.streamPolicy)
        case .s3ExpressDirectoryBucket: return try directoryBucket(configuration.s3ExpressDirectoryBucket)
        // Only the service that has buckets knows what they are guarded by: see `ProposedBucket`.
        case .s3Bucket: throw .internalError
        }
    }

    private func base(_ kind: ConfigurationKind) -> AnalyzedResource {
        existing ?? AnalyzedResource(arn: arn, type: kind.resourceType, owner: owner)
    }

    /// A resource that is guarded by a policy alone. An empty text proposes that it has none.
    private func guarded(_ kind: ConfigurationKind, _ policy: String?) throws(Failure) -> AnalyzedResource {
        var resource = base(kind)
        guard let policy else { return resource }
        resource.policy = policy.isEmpty ? nil : try compiled(policy, as: .resource)
        return resource
    }

    /// - Throws: for a text that is no policy of the type, or doesn't say whom it is about.
    func compiled(_ text: String, as type: PolicyType) throws(Failure) -> CompiledPolicy {
        do {
            let document = try PolicyDocument(
                parsing: text, as: type, strictness: type == .roleTrust ? .stored : .evaluable)
            guard document.statements.allSatisfy({ $0.principals != nil }),
                document.principals.joined().allSatisfy({ directory.mayExist($0) })
            else { throw Failure.invalidConfiguration }
            // As services keep it, so that the same access is the same finding.
            let kept = try PolicyDocument(parsing: document.kept(directory), as: type, strictness: .evaluable)
            return CompiledPolicy(kept, source: PolicySource(type: type, name: "proposed policy", attachedTo: arn))
        } catch { throw .invalidConfiguration }
    }
}

// MARK: Roles and keys

extension ProposedResource {
    /// A new role must have a trust policy, and none can be without.
    private func role(_ trustPolicy: String?) throws(Failure) -> AnalyzedResource {
        var resource = base(.iamRole)
        if let trustPolicy { resource.policy = try compiled(trustPolicy, as: .roleTrust) }
        guard resource.policy != nil else { throw .invalidConfiguration }
        return resource
    }

    private func key(_ configuration: AccessAnalyzer.KmsKeyConfiguration?) throws(Failure) -> AnalyzedResource {
        var resource = base(.kmsKey)
        if let policies = configuration?.keyPolicies {
            guard policies.allSatisfy({ $0.key == "default" }) else { throw .invalidConfiguration }
            if let policy = policies["default"] { resource.policy = try compiled(policy, as: .resource) }
        }
        if resource.policy == nil { resource.policy = try compiled(Self.defaultKeyPolicy(owner), as: .resource) }
        if let grants = configuration?.grants {
            resource.grants = []
            for (place, grant) in grants.enumerated() {
                resource.grants.append(
                    KeyGrant(
                        grantee: grant.granteePrincipal, operations: grant.operations,
                        constraints: try Self.constraints(grant.constraints), name: "proposed grant \(place + 1)"))
            }
        }
        return resource
    }

    /// There may be one kind of constraint; one without pairs is none.
    private static func constraints(
        _ proposed: AccessAnalyzer.KmsGrantConstraints?
    ) throws(Failure) -> KeyGrant.Constraints {
        let equals = proposed?.encryptionContextEquals.flatMap { $0.isEmpty ? nil : $0 }
        let subset = proposed?.encryptionContextSubset.flatMap { $0.isEmpty ? nil : $0 }
        guard equals == nil || subset == nil else { throw .invalidConfiguration }
        return KeyGrant.Constraints(encryptionContextEquals: equals, encryptionContextSubset: subset)
    }

    /// What a key has that is made without a policy.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
    private static func defaultKeyPolicy(_ account: String) -> String {
        #"{"Version":"2012-10-17","Statement":{"Sid":"Enable IAM User Permissions","Effect":"Allow","#
            + #""Principal":{"AWS":"arn:aws:iam::\#(account):root"},"Action":"kms:*","Resource":"*"}}"#
    }
}

// MARK: Snapshots

/// Snapshots have no policies: a list says which accounts may copy them and make something of them, or that all may.
extension ProposedResource {
    private func snapshot(
        _ configuration: AccessAnalyzer.EbsSnapshotConfiguration?
    ) throws(Failure) -> AnalyzedResource {
        let groups = configuration?.groups ?? []
        guard groups.allSatisfy({ $0 == "all" }) else { throw .invalidConfiguration }
        return try snapshot(
            .ebsSnapshot, accounts: configuration?.userIds ?? [], isPublic: !groups.isEmpty,
            isProposed: configuration?.userIds != nil || configuration?.groups != nil, key: configuration?.kmsKeyId,
            actions: ["ec2:CopySnapshot", "ec2:CreateVolume"])
    }

    private func snapshot(
        _ configuration: AccessAnalyzer.RdsDbSnapshotConfiguration?
    ) throws(Failure) -> AnalyzedResource {
        let attributes = configuration?.attributes ?? [:]
        return try databaseSnapshot(
            .rdsDbSnapshot, attributes.mapValues(\.accountIds), key: configuration?.kmsKeyId,
            actions: ["rds:CopyDBSnapshot", "rds:RestoreDBInstanceFromDBSnapshot"])
    }

    private func snapshot(
        _ configuration: AccessAnalyzer.RdsDbClusterSnapshotConfiguration?
    ) throws(Failure) -> AnalyzedResource {
        let attributes = configuration?.attributes ?? [:]
        return try databaseSnapshot(
            .rdsDbClusterSnapshot, attributes.mapValues(\.accountIds), key: configuration?.kmsKeyId,
            actions: ["rds:CopyDBClusterSnapshot", "rds:RestoreDBClusterFromSnapshot"])
    }

    /// - Parameter attributes: `restore` is the only one.
    private func databaseSnapshot(
        _ kind: ConfigurationKind, _ attributes: [String: [String]?], key: String?, actions: [String]
    ) throws(Failure) -> AnalyzedResource {
        guard attributes.allSatisfy({ $0.key == "restore" }) else { throw .invalidConfiguration }
        let proposed = attributes["restore"] ?? nil
        let accounts = proposed ?? []
        return try snapshot(
            kind, accounts: accounts.filter { $0 != "all" }, isPublic: accounts.contains("all"),
            isProposed: proposed != nil, key: key, actions: actions)
    }

    private func snapshot(
        _ kind: ConfigurationKind, accounts: [String], isPublic: Bool, isProposed: Bool, key: String?,
        actions: [String]
    ) throws(Failure) -> AnalyzedResource {
        guard accounts.allSatisfy({ $0.utf8.count == 12 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            // What is encrypted can't be shared with everybody.
            !(isPublic && key?.isEmpty == false)
        else { throw .invalidConfiguration }
        var resource = base(kind)
        guard isProposed else { return resource }
        resource.policy = nil
        let others = accounts.filter { $0 != owner }
        if isPublic || !others.isEmpty {
            let principal = isPublic ? #""*""# : #"{"AWS":\#(Self.list(others))}"#
            resource.policy = try compiled(
                #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":\#(principal),"#
                    + #""Action":\#(Self.list(actions)),"Resource":"\#(arn)"}}"#,
                as: .resource)
        }
        return resource
    }

    /// Texts without anything to escape, as JSON.
    private static func list(_ texts: [String]) -> String {
        "[\(texts.map { "\"\($0)\"" }.joined(separator: ","))]"
    }
}

// MARK: Directory buckets

extension ProposedResource {
    private func directoryBucket(
        _ configuration: AccessAnalyzer.S3ExpressDirectoryBucketConfiguration?
    ) throws(Failure) -> AnalyzedResource {
        var resource = try guarded(.s3ExpressDirectoryBucket, configuration?.bucketPolicy)
        guard let points = configuration?.accessPoints else { return resource }
        guard points.count <= 10 else { throw .invalidConfiguration }
        resource.accessPoints = []
        for (pointARN, point) in points.sorted(by: { $0.key < $1.key }) {
            guard let name = ARN(parsing: pointARN), name.service == "s3express",
                name.resource.hasPrefix("accesspoint/")
            else { throw .invalidConfiguration }
            var context: [String: ContextValue] = [:]
            if let vpc = point.networkOrigin?.vpcConfiguration { context["aws:sourcevpc"] = .one(vpc.vpcId) }
            let text = point.accessPointPolicy ?? ""
            resource.accessPoints.append(
                AnalyzedResource.AccessPoint(
                    arn: pointARN, owner: name.account,
                    policy: text.isEmpty ? nil : try compiled(text, as: .resource),
                    // Block Public Access is always on for directory buckets.
                    restrictsPublicBuckets: true, context: context))
        }
        return resource
    }
}
