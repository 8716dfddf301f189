import Ledger
import Wire

/// What one of the `Put…Configuration` operations told a bucket, as it came: lifecycle rules, the website, an inventory.
///
/// It is in no account, as the ``Bucket`` that it belongs to.
struct BucketConfiguration: Record {
    static let kind = "AWS::S3::BucketConfiguration"

    /// What there is to configure. The names are in the ledger.
    enum Subject: String, Sendable, Codable {
        case accelerate, cors, encryption, lifecycle, logging, notification, objectLock, replication, requestPayment
        case website
        /// Of the tables that tell of objects, in the second form and in the first; a bucket has one of the two at most.
        case metadata, metadataTable
        /// These have an id, and a bucket has any number of them.
        case analytics, intelligentTiering, inventory, metrics
    }

    let bucket: String
    let subject: Subject
    /// The id of one of several; empty for a subject of which there is one.
    let name: String
    /// The structure of the request as JSON.
    var json: String

    var id: String { Self.id(bucket, subject, name) }
    var requirements: [Requirement] { [Requirement(Bucket.kind, bucket)] }

    static func id(_ bucket: String, _ subject: Subject, _ name: String = "") -> String {
        "\(bucket)/\(subject.rawValue)/\(name)"
    }
}
