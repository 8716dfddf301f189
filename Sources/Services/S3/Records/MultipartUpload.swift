import Bodies
import Directory
import FoundationEssentials
import Ledger

/// An upload in parts that is under way: what the object is to be once it is complete.
struct MultipartUpload: TableRow, Equatable {
    static let kind = "AWS::S3::MultipartUpload"

    let bucket: String
    let objectKey: String
    let uploadID: String
    /// Seconds since 1970.
    let initiated: Double
    /// The account that began it.
    let initiator: String
    /// What was said of the object, in the form of a version without bytes.
    var object: ObjectVersion
    /// nil: none was asked for; then the object gets one over everything.
    var checksumAlgorithm: ChecksumAlgorithm?
    /// `COMPOSITE` or `FULL_OBJECT`
    var checksumType: String
    /// What the request that began it said for policies to ask about, by the condition keys. nil: nothing, or it was begun by an
    /// earlier version.
    var said: [String: [String]]?

    var partition: String { bucket }
    var key: RowKey { Self.key(objectKey, uploadID) }

    static func key(_ key: String, _ uploadID: String) -> RowKey { RowKey(.text(key), .text(uploadID)) }

    /// The partition of its parts.
    var parts: String { Self.parts(bucket, uploadID) }

    static func parts(_ bucket: String, _ uploadID: String) -> String { "\(bucket)/\(uploadID)" }
}

/// A part of an upload that is under way.
struct UploadedPart: TableRow, Equatable {
    static let kind = "AWS::S3::MultipartUpload::Part"

    /// The bucket and the upload.
    let partition: String
    let number: Int
    /// Seconds since 1970.
    let modified: Double
    let size: Int64
    /// The MD5 in hexadecimal, or what stands for it.
    let etag: String
    let checksum: ObjectVersion.Checksum
    let content: ObjectVersion.Content

    var key: RowKey { RowKey(.number(Int64(number))) }
}
