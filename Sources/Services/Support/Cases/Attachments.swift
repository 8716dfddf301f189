import Directory
import FoundationEssentials
import Ledger
import Platform
import SupportAPI
import Wire

// Files for cases.
// <https://docs.aws.amazon.com/awssupport/latest/APIReference/API_AddAttachmentsToSet.html>

extension Support.AddAttachmentsToSet: WriteOperation, OnAllOfSupport {
    /// Three of 5 MiB, in base64.
    public static var bodyLimit: Int { 22 << 20 }
    public static var secretMembers: Set<String> { ["data"] }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var set: StoredAttachmentSet
        if let id = input.attachmentSetId {
            guard let found = try records.get(StoredAttachmentSet.self, id), !found.isUsed else {
                throw Support.Failure.attachmentSetIdNotFound(
                    "An attachment set with the specified ID could not be found.")
            }
            guard call.time < found.expires else {
                throw Support.Failure.attachmentSetExpired(
                    "The expiration time of the attachment set has passed. The set expires 1 hour after it is created.")
            }
            set = found
        } else {
            set = StoredAttachmentSet(
                id: newID("set"), attachments: [], expires: call.time + StoredAttachmentSet.lifetime)
            try records.schedule(ForgetAttachmentSet(), id: set.id, at: set.expires)
        }
        for attachment in input.attachments {
            let bytes = attachment.data?.bytes ?? []
            guard set.attachments.count < StoredAttachmentSet.most, bytes.count <= StoredAttachmentSet.mostBytes else {
                throw Support.Failure.attachmentSetSizeLimitExceeded(
                    "A limit for the size of an attachment set has been exceeded. The limits are three attachments and "
                        + "5 MB per attachment.")
            }
            let file = StoredAttachment(
                id: newID("attachment"), fileName: attachment.fileName ?? "",
                data: Data(bytes).base64EncodedString())
            try records.put(file)
            set.attachments.append(CaseCommunication.Attached(id: file.id, fileName: file.fileName))
        }
        try records.put(set)
        return Output {
            $0.attachmentSetId = set.id
            $0.expiryTime = Timestamp(secondsSinceEpoch: set.expires).iso8601WithMilliseconds
        }
    }

    private static func newID(_ prefix: String) -> String {
        let digits = Identifiers.randomBytes(16).map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }
        return "\(prefix)-\(digits.joined())"
    }
}

extension Support.DescribeAttachment: ReadOperation, OnAllOfSupport {
    public static var secretMembers: Set<String> { ["data"] }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let file = try records.get(StoredAttachment.self, input.attachmentId) else {
            throw Support.Failure.attachmentIdNotFound("An attachment with the specified ID could not be found.")
        }
        return Output {
            $0.attachment = Support.Attachment {
                $0.fileName = file.fileName
                $0.data = Blob(Array(Data(base64Encoded: file.data) ?? Data()))
            }
        }
    }
}
