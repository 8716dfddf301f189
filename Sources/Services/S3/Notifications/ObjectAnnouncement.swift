import Directory
import Platform
import Wire

/// What the default event bus is told of one thing that happened to one object.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>
struct ObjectAnnouncement {
    let happened: ObjectEvent
    let bucket: Bucket
    let key: String
    /// nil: it is gone.
    let version: ObjectVersion?
    let versionID: String?
    let sequencer: String
    let cause: EventCause

    /// The event's detail type and reason; nil: EventBridge has no such event.
    private var names: (detailType: String, reason: String?)? {
        switch happened {
        case .put: ("Object Created", "PutObject")
        case .post: ("Object Created", "POST Object")
        case .copy: ("Object Created", "CopyObject")
        case .completeMultipartUpload: ("Object Created", "CompleteMultipartUpload")
        case .delete, .deleteMarkerCreated: ("Object Deleted", "DeleteObject")
        case .expirationDelete, .expirationDeleteMarkerCreated: ("Object Deleted", "Lifecycle Expiration")
        case .lifecycleTransition: ("Object Storage Class Changed", nil)
        case .restorePost: ("Object Restore Initiated", nil)
        case .restoreCompleted: ("Object Restore Completed", nil)
        case .restoreDelete: ("Object Restore Expired", nil)
        case .aclPut: ("Object ACL Updated", nil)
        case .taggingPut: ("Object Tags Added", nil)
        case .taggingDelete: ("Object Tags Deleted", nil)
        case .replicationFailed: nil
        }
    }

    private var deletionType: String? {
        switch happened {
        case .delete, .expirationDelete: "Permanently Deleted"
        case .deleteMarkerCreated, .expirationDeleteMarkerCreated: "Delete Marker Created"
        default: nil
        }
    }

    /// nil: EventBridge is not told.
    var event: AnnouncedEvent? {
        guard let (detailType, reason) = names else { return nil }
        return AnnouncedEvent(
            source: "aws.s3", detailType: detailType, resources: [bucket.arn], time: cause.time
        ) { writer in
            writer.member("version", "0")
            writer.key("bucket")
            writer.beginObject()
            writer.member("name", bucket.name)
            writer.endObject()
            writer.key("object")
            writer.beginObject()
            writer.member("key", key)
            if let version {
                writer.key("size")
                writer.integer(Int(version.size))
                writer.member("etag", version.etag)
            }
            if let versionID { writer.member("version-id", versionID) }
            writer.member("sequencer", sequencer)
            writer.endObject()
            writer.member("request-id", cause.requestID)
            writer.member("requester", cause.requester)
            if let address = cause.address { writer.member("source-ip-address", address) }
            if let reason { writer.member("reason", reason) }
            if let deletionType { writer.member("deletion-type", deletionType) }
        }
    }
}
