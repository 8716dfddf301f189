import Catalogue
import Directory
import Ledger
import Platform
import Policy
import Wire

extension AnalyzedResourceType {
    /// Buckets: their policies, access control lists and access points, and what Block Public Access takes from them.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-resources.html#access-analyzer-s3>
    static let bucket = AnalyzedResourceType(
        Bucket.kind, actions: "s3", of: ["bucket", "object"], innerResources: ["/*"],
        kinds: [Bucket.kind, AccountPublicAccessBlock.kind, AccessPoint.kind],
        concerned: { (change, environment) throws(LedgerError) in
            switch change.kind {
            case AccountPublicAccessBlock.kind: return [.account(change.id)]
            case AccessPoint.kind:
                let (old, new) = (try change.decodeBefore(AccessPoint.self), try change.decodeAfter(AccessPoint.self))
                guard let point = new ?? old else { return [] }
                return [.resource("arn:aws:s3:::\(point.bucket)", account: point.bucketAccountID, region: point.region)]
            default:
                let (old, new) = (try change.decodeBefore(Bucket.self), try change.decodeAfter(Bucket.self))
                if let old, let new, old.isGuardedAlike(new) { return [] }
                // One of the name may have been another account's.
                return [old, new].compactMap { $0 }.map {
                    .resource($0.arn, account: $0.accountID, region: $0.region)
                }
            }
        },
        list: { (account, region, after, limit, environment) async throws(ServiceError) in
            let buckets = try await environment.read(Scope(account: "")) { (records) throws(ServiceError) in
                try records.referrers(Bucket.self, Bucket.Relation.owner, to: account, after: after, limit: limit)
            }
            return (
                buckets.filter { $0.region == region }.map(\.arn), buckets.count == limit ? buckets.last?.id : nil
            )
        },
        fetch: { (arn, environment) in
            let index = environment.projection(BucketIndex.self)
            guard arn.hasPrefix("arn:aws:s3:::"),
                let entry = index.bucket(String(arn.dropFirst("arn:aws:s3:::".count))),
                environment.directory.isActive(account: entry.bucket.accountID)
            else { return nil }
            return entry.analyzed(environment)
        })
}

extension Bucket {
    /// Whether the same may reach the bucket and another state of it, as far as it lies with the bucket.
    fileprivate func isGuardedAlike(_ other: Bucket) -> Bool {
        policy == other.policy && publicAccessBlock == other.publicAccessBlock && ownership == other.ownership
            && acl == other.acl && tags == other.tags && decidesByTags == other.decidesByTags
            && accountID == other.accountID && region == other.region
    }
}

extension BucketEntry {
    fileprivate func analyzed(_ environment: Environment) -> AnalyzedResource {
        let index = environment.projection(BucketIndex.self)
        let block = (bucket.publicAccessBlock ?? PublicAccessBlock()).union(index.block(ofAccount: bucket.accountID))
        var known = Resource(owner: bucket.accountID)
        known.takeTags(of: bucket)
        var resource = AnalyzedResource(
            arn: bucket.arn, type: Bucket.kind, owner: bucket.accountID, policy: policy)
        resource.tags = known.tags
        resource.context = known.context
        resource.context["s3:resourceaccount"] = .one(bucket.accountID)
        resource.restrictsPublicBuckets = block.restrictPublicBuckets
        if !bucket.enforcesOwner {
            resource.accessControlList = bucket.acl?.policy(
                about: .bucket, owner: bucket.accountID, ignoresPublic: block.ignorePublicAcls)
        }
        resource.accessPoints = environment.projection(AccessPointIndex.self).points(ofBucket: bucket.name)
            .filter { $0.point.bucketAccountID == bucket.accountID }.sorted { $0.point.id < $1.point.id }
            .map { entry in
                let point = entry.point
                let ownBlock = point.publicAccessBlock.union(index.block(ofAccount: point.accountID)).union(block)
                var context = point.context
                if let vpc = point.vpcID { context["aws:sourcevpc"] = .one(vpc) }
                return AnalyzedResource.AccessPoint(
                    arn: point.arn, owner: point.accountID, policy: entry.policyOfBucket,
                    restrictsPublicBuckets: point.vpcID == nil && ownBlock.restrictPublicBuckets, context: context)
            }
        return resource
    }
}

extension AccessPointEntry {
    /// The access point's policy as if it spoke of the bucket: what it says of objects by the access point, it says of the
    /// bucket's. nil: it has none.
    fileprivate var policyOfBucket: CompiledPolicy? {
        guard let text = point.policy else { return nil }
        let source = PolicySource(type: .resource, name: "access point policy", attachedTo: point.arn)
        guard let document = try? JSONValue(parsing: Array(text.utf8)) else { return .denyingEverything(source) }
        var writer = JSONWriter()
        writer.json(rewritten(document))
        return BucketPolicies.compiled(String(decoding: writer.bytes, as: UTF8.self), source)
    }

    private func rewritten(_ document: JSONValue) -> JSONValue {
        func inStatement(_ value: JSONValue) -> JSONValue {
            value.mappingMembers { key, value in
                key == "Resource" || key == "NotResource" ? value.mappingTexts(ofBucket) : value
            }
        }
        return document.mappingMembers { key, value in
            guard key == "Statement" else { return value }
            if case .array(let statements) = value { return .array(statements.map(inStatement)) }
            return inStatement(value)
        }
    }

    /// A pattern for the access point's resources as one for the bucket's.
    private func ofBucket(_ pattern: String) -> String {
        if pattern == "*" { return pattern }
        let bucket = "arn:aws:s3:::\(point.bucket)"
        // The access point may be named by a pattern; what follows is of the objects.
        for separator in ["/object/", "/object*", "/*"] {
            guard let range = pattern.firstRange(of: separator), names(String(pattern[..<range.lowerBound])) else {
                continue
            }
            return separator == "/object/" ? "\(bucket)/\(pattern[range.upperBound...])" : "\(bucket)/*"
        }
        if names(pattern) { return pattern.hasSuffix("*") ? "\(bucket)*" : bucket }
        return "arn:aws:s3:::-"
    }

    private func names(_ pattern: String) -> Bool {
        guard pattern.contains(where: { $0 == "*" || $0 == "?" }) else {
            return pattern == point.arn
        }
        return Wildcards(pattern).matches(point.arn)
    }
}

extension JSONValue {
    fileprivate func mappingMembers(_ map: (String, JSONValue) -> JSONValue) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members.map { JSONMember(key: $0.key, value: map($0.key, $0.value)) })
    }

    fileprivate func mappingTexts(_ map: (String) -> String) -> JSONValue {
        switch self {
        case .string(let text): .string(map(text))
        case .array(let values): .array(values.map { $0.mappingTexts(map) })
        default: self
        }
    }
}
