import Directory
import Ledger

/// A part of an account's data in a Region that grants may be made for, and the role by which S3 lends it. Its record is in the
/// account and the Region.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-location.html>
struct AccessGrantsLocation: Record {
    static let kind = "AWS::S3::AccessGrantsLocation"
    /// The id of the location `s3://`.
    static let defaultID = "default"

    let id: String
    let accountID: String
    let region: String
    /// As the client wrote it: `s3://bucket/prefix*`.
    let scope: String
    var roleARN: String
    /// Seconds since 1970.
    let creationDate: Double
    var tags: [Tag] = []

    var requirements: [Requirement] {
        [Requirement(AccessGrantsInstance.kind, AccessGrantsInstance.onlyID)]
    }
    var arn: String { AccessGrantsName(accountID, region, .location(id)).arn }
}
