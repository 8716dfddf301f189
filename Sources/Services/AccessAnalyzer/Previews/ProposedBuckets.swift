import AccessAnalyzerAPI
import Platform
import Policy

extension ProposedResource {
    /// What is proposed for a bucket, in the words of the service that makes a bucket of it.
    /// - Throws: ``AccessPreview/Failure`` for a policy that is none, or too many access points.
    func bucket(_ configuration: AccessAnalyzer.S3BucketConfiguration?) throws(Failure) -> ProposedBucket {
        var bucket = ProposedBucket(arn: arn, owner: owner, region: region)
        if let policy = configuration?.bucketPolicy { bucket.policy = try kept(policy) }
        bucket.block = configuration?.bucketPublicAccessBlock.map(ProposedBucket.Block.init)
        bucket.grants = configuration?.bucketAclGrants?.map {
            ProposedBucket.Grant(canonicalUser: $0.grantee.id, group: $0.grantee.uri, permission: $0.permission)
        }
        guard let points = configuration?.accessPoints else { return bucket }
        guard points.count <= 10 else { throw .invalidConfiguration }
        var proposed: [ProposedBucket.AccessPoint] = []
        for (arn, point) in points.sorted(by: { $0.key < $1.key }) {
            let origin = point.networkOrigin
            proposed.append(
                ProposedBucket.AccessPoint(
                    arn: arn, policy: try point.accessPointPolicy.map { text throws(Failure) in try kept(text) },
                    block: point.publicAccessBlock.map(ProposedBucket.Block.init),
                    vpcID: origin?.vpcConfiguration?.vpcId ?? (origin?.internetConfiguration == nil ? nil : "")))
        }
        bucket.accessPoints = proposed
        return bucket
    }

    /// A policy as it would be kept; an empty text proposes that there is none.
    private func kept(_ text: String) throws(Failure) -> String {
        text.isEmpty ? "" : try compiled(text, as: .resource).document.text
    }
}

extension ProposedBucket.Block {
    fileprivate init(_ block: AccessAnalyzer.S3PublicAccessBlockConfiguration) {
        self.init(ignoresPublicLists: block.ignorePublicAcls, restrictsPublicBuckets: block.restrictPublicBuckets)
    }
}
