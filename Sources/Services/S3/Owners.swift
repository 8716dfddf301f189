import Crypto
import Directory
import S3API
import Wire

/// The canonical user of an account: 64 hexadecimal digits, by which access control lists name it.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/finding-canonical-user-id.html>
enum CanonicalUser {
    /// The one who prepares AWS's machine images: `aws-exec-read` is for it.
    static let ec2 = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"
    /// CloudFront, when it delivers logs.
    private static let cloudFrontLogs = "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0"
    /// Those that lists may name although they are no accounts of this Gatehouse.
    static let ofAWS: Set<String> = [ec2, cloudFrontLogs]
    /// Whoever puts objects without a signature, whose account number is empty.
    private static let anonymous = "65a011a29cdf8ec533ec3d1ccaae921c"
    /// A number that no account has, for what belongs to those.
    static let nobody = "000000000000"

    /// The id of an account. AWS's are random; here they are made from the account's number, so that they need not be kept.
    static func id(ofAccount account: String) -> String {
        guard !account.isEmpty else { return anonymous }
        return Array(SHA256.hash(data: Array("canonical user of account \(account)".utf8))).hexadecimal
    }

    /// The account of an id; nil: none that is here.
    /// - Complexity: linear in the number of accounts. Only requests that change a list ask.
    static func account(of id: String, _ directory: IdentityDirectory) -> String? {
        directory.anyAccount { Self.id(ofAccount: $0.id) == id }?.id
    }
}

extension S3.Owner {
    init(ofAccount account: String) {
        self.init()
        id = CanonicalUser.id(ofAccount: account)
    }
}

// Who owns what is in a bucket.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>

extension Bucket {
    /// Whether access control lists mean nothing here.
    var enforcesOwner: Bool { ownership == .bucketOwnerEnforced }

    /// The account that owns an object; empty: somebody who gave no signature.
    func owner(of version: ObjectVersion) -> String {
        owner(ofObjectOf: version.owner)
    }

    /// The same, of an object whose owner is known.
    func owner(ofObjectOf owner: String?) -> String {
        enforcesOwner ? accountID : owner ?? accountID
    }

    /// The list of an object.
    func list(of version: ObjectVersion) -> AccessControlList {
        (enforcesOwner ? nil : version.acl) ?? .ofOwner(owner(of: version))
    }

    /// The bucket's own list.
    var list: AccessControlList { (enforcesOwner ? nil : acl) ?? .ofOwner(accountID) }
}
