import Directory
import Ledger

/// The S3 Access Grants instance of an account in a Region, which all its locations and grants belong to. Its record is in the
/// account and the Region; there is at most one.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-instance.html>
struct AccessGrantsInstance: Record {
    static let kind = "AWS::S3::AccessGrantsInstance"
    /// The id of each.
    static let onlyID = "default"

    let accountID: String
    let region: String
    /// Seconds since 1970.
    let creationDate: Double
    var policy: ResourcePolicy?
    var tags: [Tag] = []

    /// What lets other accounts in.
    struct ResourcePolicy: Codable, Sendable {
        /// With users and roles by their unique ids.
        let text: String
        let organization: String?
        /// Seconds since 1970.
        let creationDate: Double
    }

    var id: String { Self.onlyID }
    var requirements: [Requirement] { [.account(accountID)] }
    var arn: String { AccessGrantsName(accountID, region, .instance).arn }
}
