/// How a bucket is to be guarded, by a proposal that may never come true: what an access preview is about. What is nil is as
/// it is now, or as a new bucket has it.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_S3BucketConfiguration.html>
public struct ProposedBucket: Sendable {
    /// A grant of an access control list.
    public struct Grant: Sendable {
        /// The grantee's canonical user id; nil: a group.
        public var canonicalUser: String?
        /// The group's URI; nil: a canonical user.
        public var group: String?
        /// `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP` or `FULL_CONTROL`
        public var permission: String

        /// Makes a grant; see the properties.
        public init(canonicalUser: String?, group: String?, permission: String) {
            self.canonicalUser = canonicalUser
            self.group = group
            self.permission = permission
        }
    }

    /// Those settings of Block Public Access that take away what is there.
    public struct Block: Sendable {
        /// Whether grants to groups count for nothing.
        public var ignoresPublicLists: Bool
        /// Whether a public policy lets only the owner's account and services in.
        public var restrictsPublicBuckets: Bool

        /// Makes a block; see the properties.
        public init(ignoresPublicLists: Bool, restrictsPublicBuckets: Bool) {
            self.ignoresPublicLists = ignoresPublicLists
            self.restrictsPublicBuckets = restrictsPublicBuckets
        }
    }

    /// An access point of the bucket.
    public struct AccessPoint: Sendable {
        /// Its ARN.
        public var arn: String
        /// Empty: it has none.
        public var policy: String?
        /// Block Public Access of the access point; a new one blocks everything.
        public var block: Block?
        /// The VPC from which alone it may be used; empty: it may be used from anywhere.
        public var vpcID: String?

        /// Makes an access point; see the properties.
        public init(arn: String, policy: String?, block: Block?, vpcID: String?) {
            self.arn = arn
            self.policy = policy
            self.block = block
            self.vpcID = vpcID
        }
    }

    /// What becomes of a proposal.
    public struct Outcome: Sendable {
        /// The bucket, ready to be analysed.
        public var resource: AnalyzedResource
        /// The canonical users of accounts that are not here, by the numbers that stand for their accounts.
        public var canonicalUsers: [String: String]

        /// Makes an outcome; see the properties.
        public init(resource: AnalyzedResource, canonicalUsers: [String: String]) {
            self.resource = resource
            self.canonicalUsers = canonicalUsers
        }
    }

    /// The ARN of the bucket.
    public var arn: String
    /// The account that owns it, or would. A bucket of the name that another account has is not looked at.
    public var owner: String
    /// The Region of a new bucket.
    public var region: String
    /// The bucket policy, as it would be kept; empty: it has none.
    public var policy: String?
    /// The grants of its access control list.
    public var grants: [Grant]?
    /// Block Public Access of the bucket. That of the account counts besides.
    public var block: Block?
    /// All of its access points.
    public var accessPoints: [AccessPoint]?

    /// Makes a proposal that changes nothing.
    public init(arn: String, owner: String, region: String) {
        self.arn = arn
        self.owner = owner
        self.region = region
    }
}

extension AnalyzedResourceType {
    /// The same type, with what its module makes of a proposal.
    public func proposed(
        by propose: @escaping @Sendable (ProposedBucket, Environment) -> ProposedBucket.Outcome?
    ) -> AnalyzedResourceType {
        var type = self
        type.propose = propose
        return type
    }
}
