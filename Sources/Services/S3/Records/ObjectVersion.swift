import Bodies
import Directory
import FoundationEssentials
import Ledger

/// One version of an object, or the mark of its deletion: everything about it but its bytes.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ObjectVersion.html>
struct ObjectVersion: Sendable, Codable, Equatable {
    let key: String
    /// Its place among the versions of its key: the higher the later.
    let sequence: Int64
    /// nil for the version that was made while versioning was off: `null`.
    let versionID: String?
    /// Seconds since 1970.
    let modified: Double
    /// Whether it marks that the object was deleted; then there is nothing else.
    var isDeleteMarker = false
    /// Bytes.
    var size: Int64 = 0
    /// Without quotation marks.
    var etag = ""
    var storageClass = "STANDARD"
    /// HTTP's own headers and the redirect, by the names of the API's members: `ContentType`.
    var headers: [String: String] = [:]
    /// The user's own, by names in lower case.
    var metadata: [String: String] = [:]
    var checksum: Checksum?
    /// Of an object that was uploaded in parts, in their order.
    var parts: [Part] = []
    /// The upload that it came of, by which a repeated completion is known.
    var uploadID: String?
    var tags: [Tag] = []
    var retention: Retention?
    /// Whether it is held; nil: nobody ever said.
    var legalHold: Bool?
    /// The account that put it.
    var writer: String?
    /// The account that owns it where lists mean anything, empty for nobody's; nil: the bucket's owner.
    var owner: String?
    /// nil: its owner's alone.
    var acl: AccessControlList?
    var encryption = Encryption.s3
    /// Of an object in an archive: the copy that can be read, or is about to be there.
    var restoration: Restoration?
    /// nil: a delete marker has none.
    var content: Content?
    /// nil: no rule of its bucket's is about it.
    var replication: Replication?

    /// How an answer and a request name it.
    var shownVersionID: String { versionID ?? "null" }

    /// What was said of the bytes, or computed of them.
    struct Checksum: Sendable, Codable, Equatable {
        /// AWS's name: `CRC64NVME`.
        let algorithm: String
        /// In Base64; of a composite checksum with a hyphen and the number of parts.
        let value: String
        /// `FULL_OBJECT` or `COMPOSITE`
        let type: String
    }

    struct Part: Sendable, Codable, Equatable {
        let number: Int
        let size: Int64
        var checksum: String?
    }

    /// How the bytes are encrypted.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html>
    enum Encryption: Sendable, Codable, Equatable {
        /// SSE-S3: by the root key.
        case s3
        /// SSE-KMS: by a data key, which `sealedKey` is as KMS has encrypted it.
        case kms(keyARN: String, sealedKey: Data, context: [String: String], hasBucketKey: Bool, isDual: Bool)
        /// SSE-C: by a key of the client's, which is not kept.
        case customer(keyMD5: String)
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html>
    struct Retention: Sendable, Codable, Equatable {
        /// The names are AWS's.
        enum Mode: String, Sendable, Codable {
            case governance = "GOVERNANCE"
            case compliance = "COMPLIANCE"
        }

        var mode: Mode
        /// Seconds since 1970.
        var until: Double
    }
}

/// The version of a key that is listed and read when no other is asked for. There is none of a key that was deleted.
struct CurrentObject: TableRow, Equatable {
    static let kind = "AWS::S3::Object"

    let bucket: String
    var version: ObjectVersion

    var partition: String { bucket }
    var key: RowKey { Self.key(version.key) }
    var amounts: [String: Int64] { ["bytes": version.size] }

    static let form = RowForm<Self>.short(version: ObjectVersion.formVersion) { row, output in
        output.append(row.bucket)
        try row.version.write(to: &output)
    } read: { input, _ in
        Self(bucket: try input.text(), version: try ObjectVersion(from: &input))
    }

    static func key(_ key: String) -> RowKey { RowKey(.text(key)) }
}

/// Any other version of a key: what was there before, and delete markers. In a bucket that never had versioning there are
/// none.
struct OtherVersion: TableRow, Equatable {
    static let kind = "AWS::S3::ObjectVersion"

    let bucket: String
    var version: ObjectVersion

    var partition: String { bucket }
    /// By key, and then the latest first.
    var key: RowKey { Self.key(version.key, version.sequence) }
    var amounts: [String: Int64] { ["bytes": version.size] }
    /// The version without an id is found by this.
    var indexes: [RowIndex] {
        version.versionID == nil ? [RowIndex(Self.withoutID, CurrentObject.key(version.key))] : []
    }

    static let form = RowForm<Self>.short(version: ObjectVersion.formVersion) { row, output in
        output.append(row.bucket)
        try row.version.write(to: &output)
    } read: { input, _ in
        Self(bucket: try input.text(), version: try ObjectVersion(from: &input))
    }

    static let withoutID = "null"

    static func key(_ key: String, _ sequence: Int64) -> RowKey { RowKey(.text(key), .descending(sequence)) }
}
