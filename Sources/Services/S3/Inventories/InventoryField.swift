import Bodies
import FoundationEssentials
import S3API
import Wire

/// What an inventory may tell of an object besides its name, in the order of the columns. The names are AWS's.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html#storage-inventory-contents>
enum InventoryField: String, Sendable, CaseIterable {
    case size = "Size"
    case lastModifiedDate = "LastModifiedDate"
    case etag = "ETag"
    case storageClass = "StorageClass"
    case isMultipartUploaded = "IsMultipartUploaded"
    case replicationStatus = "ReplicationStatus"
    case encryptionStatus = "EncryptionStatus"
    case objectLockRetainUntilDate = "ObjectLockRetainUntilDate"
    case objectLockMode = "ObjectLockMode"
    case objectLockLegalHoldStatus = "ObjectLockLegalHoldStatus"
    case intelligentTieringAccessTier = "IntelligentTieringAccessTier"
    case bucketKeyStatus = "BucketKeyStatus"
    case checksumAlgorithm = "ChecksumAlgorithm"
    case objectAccessControlList = "ObjectAccessControlList"
    case objectOwner = "ObjectOwner"
    case lifecycleExpirationDate = "LifecycleExpirationDate"

    /// The column of a version; empty where there is nothing to tell.
    func value(of version: ObjectVersion, in bucket: Bucket, _ rules: [LifecycleRule], isCurrent: Bool) -> String {
        func date(_ time: Double) -> String { Timestamp(secondsSinceEpoch: time).iso8601WithMilliseconds }
        switch self {
        case .lastModifiedDate: return date(version.modified)
        case .objectOwner: return CanonicalUser.id(ofAccount: bucket.owner(of: version))
        default: break
        }
        // A delete marker has nothing else.
        guard !version.isDeleteMarker else { return "" }
        switch self {
        case .lastModifiedDate, .objectOwner: return ""
        case .size: return String(version.size)
        case .etag: return version.etag
        case .storageClass: return version.storageClass
        case .isMultipartUploaded: return String(!version.parts.isEmpty)
        case .replicationStatus: return version.replication?.shown ?? ""
        case .encryptionStatus:
            return switch version.encryption {
            case .s3: "SSE-S3"
            case .kms(_, _, _, _, isDual: true): "DSSE-KMS"
            case .kms: "SSE-KMS"
            case .customer: "SSE-C"
            }
        case .objectLockRetainUntilDate: return version.retention.map { date($0.until) } ?? ""
        case .objectLockMode: return version.retention?.mode.rawValue ?? ""
        case .objectLockLegalHoldStatus: return version.legalHold.map { $0 ? "ON" : "OFF" } ?? ""
        // Nothing is moved between the tiers.
        case .intelligentTieringAccessTier: return version.storageClass == "INTELLIGENT_TIERING" ? "FREQUENT" : ""
        case .bucketKeyStatus:
            if case .kms(_, _, _, hasBucketKey: true, _) = version.encryption { return "ENABLED" }
            return "DISABLED"
        case .checksumAlgorithm: return version.checksum?.algorithm ?? ""
        case .objectAccessControlList: return Data(bucket.list(of: version).inventoryJSON).base64EncodedString()
        case .lifecycleExpirationDate:
            let due = rules.filter { isCurrent && $0.applies(to: version) }.compactMap { $0.expiration(of: version) }
            return due.min().map(date) ?? ""
        }
    }
}

extension AccessControlList {
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/objectacl.html>
    fileprivate var inventoryJSON: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("version", "2022-11-10")
        writer.member("status", "AVAILABLE")
        writer.key("grants")
        writer.beginArray()
        for grant in grants {
            writer.beginObject()
            switch grant.grantee {
            case .account(let account): writer.member("canonicalId", CanonicalUser.id(ofAccount: account))
            case .other(let id): writer.member("canonicalId", id)
            case .group(let group): writer.member("uri", group.uri)
            }
            if case .group = grant.grantee {
                writer.member("type", "Group")
            } else {
                writer.member("type", "CanonicalUser")
            }
            writer.member("permission", grant.permission.rawValue)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}
