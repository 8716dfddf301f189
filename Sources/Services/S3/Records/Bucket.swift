import Directory
import Ledger

/// A bucket. Names are unique among all accounts and regions, so the records of buckets are in no account.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
struct Bucket: Record {
    static let kind = "AWS::S3::Bucket"

    /// Whether versions of objects are kept.
    enum Versioning: String, Sendable, Codable {
        /// Never enabled: there is one object of each key, without a version id.
        case never
        case enabled = "Enabled"
        case suspended = "Suspended"
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DefaultRetention.html>
    struct DefaultRetention: Sendable, Codable, Hashable {
        var mode: ObjectVersion.Retention.Mode
        var days: Int
    }

    /// Who owns what is put into the bucket, and whether access control lists mean anything.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>
    enum Ownership: String, Sendable, Codable {
        /// The bucket's owner owns everything; access control lists are off.
        case bucketOwnerEnforced = "BucketOwnerEnforced"
        case bucketOwnerPreferred = "BucketOwnerPreferred"
        case objectWriter = "ObjectWriter"
    }

    let name: String
    /// Of the owner.
    let accountID: String
    let region: String
    /// Seconds since 1970.
    let creationDate: Double
    /// The bucket policy, with users and roles by their unique ids.
    var policy: String?
    /// nil: it was removed, and blocks nothing.
    var publicAccessBlock: PublicAccessBlock? = .everything
    /// nil: the controls were removed, which means `ObjectWriter`.
    var ownership: Ownership? = .bucketOwnerEnforced
    /// nil: the owner's alone.
    var acl: AccessControlList?
    var versioning = Versioning.never
    /// Whether versions are deleted, and this is changed, with a code of the root user's MFA device alone; nil: nobody has ever
    /// said.
    var mfaDelete: Bool?
    /// Whether object lock was enabled, which can't be undone.
    var hasObjectLock = false
    /// For how long a new version is kept if its request says nothing.
    var defaultRetention: DefaultRetention?
    var tags: [Tag] = []
    /// Whether policies may go by the tags; nil: no.
    var decidesByTags: Bool?
    /// The ID of the zone that a directory bucket is in; nil: it is a general purpose bucket.
    var zone: String?
    /// The key of KMS that a directory bucket was told to use, which it keeps for good; nil: none yet.
    var directoryKey: String?

    var id: String { name }
    var references: [Reference] { [Reference(zone == nil ? Relation.owner : Relation.directoryOwner, to: accountID)] }
    var requirements: [Requirement] { [.account(accountID)] }

    var arn: String {
        zone == nil ? "arn:aws:s3:::\(name)" : "arn:aws:s3express:\(region):\(accountID):bucket/\(name)"
    }

    enum Relation {
        /// From a bucket to the account that it belongs to.
        static let owner = "owner"
        /// The same of directory buckets, which are counted and listed by themselves.
        static let directoryOwner = "directory-owner"
    }
}

/// What Block Public Access takes away, of a bucket or of a whole account.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
struct PublicAccessBlock: Sendable, Codable, Hashable {
    /// Refuses access control lists that let the public in.
    var blockPublicAcls = false
    /// Disregards those that are there.
    var ignorePublicAcls = false
    /// Refuses bucket policies that let the public in.
    var blockPublicPolicy = false
    /// Lets only the owner's account and AWS services in where the policy is public.
    var restrictPublicBuckets = false

    /// As new buckets have it.
    static let everything = PublicAccessBlock(
        blockPublicAcls: true, ignorePublicAcls: true, blockPublicPolicy: true, restrictPublicBuckets: true)

    /// What two blocks take away together: the strictest of both.
    func union(_ other: PublicAccessBlock?) -> PublicAccessBlock {
        guard let other else { return self }
        return PublicAccessBlock(
            blockPublicAcls: blockPublicAcls || other.blockPublicAcls,
            ignorePublicAcls: ignorePublicAcls || other.ignorePublicAcls,
            blockPublicPolicy: blockPublicPolicy || other.blockPublicPolicy,
            restrictPublicBuckets: restrictPublicBuckets || other.restrictPublicBuckets)
    }
}

/// The Block Public Access of an account, for all of its buckets.
struct AccountPublicAccessBlock: Record {
    static let kind = "AWS::S3::AccountPublicAccessBlock"

    let accountID: String
    var block: PublicAccessBlock

    var id: String { accountID }
    var requirements: [Requirement] { [.account(accountID)] }
}
