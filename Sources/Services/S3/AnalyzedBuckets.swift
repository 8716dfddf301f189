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
    /// - Parameter accessPoints: those of the bucket; nil: those that there are.
    func analyzed(_ environment: Environment, accessPoints: [AccessPointEntry]? = nil) -> AnalyzedResource {
        let block = environment.publicAccessBlock(of: bucket)
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
        let points = accessPoints ?? environment.projection(AccessPointIndex.self).points(ofBucket: bucket.name)
        resource.accessPoints =
            points.filter { $0.point.bucketAccountID == bucket.accountID }.sorted { $0.point.id < $1.point.id }
            .map { entry in
                let point = entry.point
                let ownBlock = point.publicAccessBlock
                    .union(environment.publicAccessBlock(ofAccount: point.accountID)).union(block)
                var context = point.context
                if let vpc = point.vpcID { context["aws:sourcevpc"] = .one(vpc) }
                return AnalyzedResource.AccessPoint(
                    arn: point.arn, owner: point.accountID, policy: entry.policy,
                    restrictsPublicBuckets: point.vpcID == nil && ownBlock.restrictPublicBuckets, context: context)
            }
        return resource
    }
}
