import Directory
import Ledger
import Platform
import Wire

/// A case: what somebody has asked the operator of this Gatehouse, whom the outbox tells.
/// <https://docs.aws.amazon.com/awssupport/latest/APIReference/API_CaseDetails.html>
struct SupportCase: Record {
    static let kind = "AWS::Support::Case"

    /// `case-111122223333-muen-2026-0193a1b2c3d4e5f6`; they sort by time.
    let id: String
    let accountID: String
    /// By which people call it: ten digits.
    let displayID: String
    let subject: String
    let serviceCode: String
    let categoryCode: String
    let severityCode: String
    /// `technical` or `customer-service`.
    let issueType: String
    let language: String
    /// Who opened it: the ARN.
    let submittedBy: String
    /// Seconds since 1970.
    let created: Double
    var status: Status
    /// Who is told as well.
    var ccAddresses: [String]

    /// <https://docs.aws.amazon.com/awssupport/latest/APIReference/API_CaseDetails.html>
    enum Status: String, Codable, Sendable {
        case opened
        case reopened
        case resolved
    }

    var requirements: [Requirement] { [.account(accountID)] }
}

/// What somebody has written in a case.
struct CaseCommunication: Record {
    static let kind = "AWS::Support::Communication"
    static let relation = "case"

    /// The case's id and a number: they sort by time.
    let id: String
    let caseID: String
    let body: String
    /// The ARN of who wrote it.
    let submittedBy: String
    /// Seconds since 1970.
    let created: Double
    /// The ids and names of what was attached.
    let attachments: [Attached]

    struct Attached: Codable, Sendable, Hashable {
        let id: String
        let fileName: String
    }

    var references: [Reference] { [Reference(Self.relation, to: caseID)] }
    var requirements: [Requirement] { [Requirement(SupportCase.kind, caseID)] }
}

/// Files that wait for a case to be attached to; for an hour.
struct StoredAttachmentSet: Record {
    static let kind = "AWS::Support::AttachmentSet"
    static let keepsHistory = false
    /// AWS's limits, of a set and of an attachment.
    static let most = 3
    static let mostBytes = 5 << 20
    static let lifetime = 3600.0

    let id: String
    var attachments: [CaseCommunication.Attached]
    /// When it is forgotten, in seconds since 1970.
    var expires: Double
    /// Whether it has been attached: then its files stay.
    var isUsed = false
}

/// A file that was attached.
struct StoredAttachment: Record {
    static let kind = "AWS::Support::Attachment"
    static let keepsHistory = false

    let id: String
    let fileName: String
    /// In base64.
    let data: String
}

/// Forgets the files of a set that was attached to nothing.
struct ForgetAttachmentSet: Job {
    static let kind = "Support::ForgetAttachmentSet"

    func run(_ context: JobContext) async throws(ServiceError) {
        let id = context.id
        try await context.finish { (records) throws(ServiceError) in
            guard let set = try records.get(StoredAttachmentSet.self, id) else { return }
            try records.delete(set)
            guard !set.isUsed else { return }
            for attached in set.attachments {
                if let file = try records.get(StoredAttachment.self, attached.id) { try records.delete(file) }
            }
        }
    }
}

extension Quota {
    /// How many cases of an account may be open.
    static let openCases = Quota("SupportOpenCases", 1000)
}
