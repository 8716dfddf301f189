import Directory
import Ledger

/// A name of its own for a bucket, with a policy of its own for those who come by it. Its record is in no account, as the
/// ``Bucket``'s, which may be another account's.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points.html>
struct AccessPoint: Record {
    static let kind = "AWS::S3::AccessPoint"

    /// Unique in its account and Region.
    let name: String
    let accountID: String
    /// The bucket's as well.
    let region: String
    let bucket: String
    /// The account that the bucket belonged to. A later bucket of its name in another account is out of reach.
    let bucketAccountID: String
    /// Stands in for a bucket's name wherever one may be, and is unique among all.
    let alias: String
    /// Seconds since 1970.
    let creationDate: Double
    /// The VPC from which alone it may be used; nil: from anywhere.
    var vpcID: String?
    /// It stays as it was when the access point was made.
    let publicAccessBlock: PublicAccessBlock
    /// With users and roles by their unique ids.
    var policy: String?
    var tags: [Tag] = []

    var id: String { Self.id(name, accountID, region) }
    var references: [Reference] { [Reference(Relation.bucket, to: bucket)] }
    var requirements: [Requirement] { [.account(accountID)] }

    var arn: String { Self.arn(name, accountID, region) }
    /// `Internet` or `VPC`
    var networkOrigin: String { vpcID == nil ? "Internet" : "VPC" }

    static func id(_ name: String, _ account: String, _ region: String) -> String { "\(account)/\(region)/\(name)" }

    static func arn(_ name: String, _ account: String, _ region: String) -> String {
        "arn:aws:s3:\(region):\(account):accesspoint/\(name)"
    }

    enum Relation {
        /// From an access point to its bucket.
        static let bucket = "accesspoint"
    }
}
