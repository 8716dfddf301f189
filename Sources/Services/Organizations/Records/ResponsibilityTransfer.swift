import Directory
import Ledger

/// That one organization's management account (the target) takes on a responsibility, the bill, for another's (the
/// source). It is between two organizations, so its record lies in the shared scope.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ResponsibilityTransfer.html>
struct ResponsibilityTransfer: Record {
    static let kind = "AWS::Organizations::ResponsibilityTransfer"

    enum Status: String, Sendable, Codable {
        case requested = "REQUESTED"
        case declined = "DECLINED"
        case canceled = "CANCELED"
        case expired = "EXPIRED"
        case accepted = "ACCEPTED"
        case withdrawn = "WITHDRAWN"
    }

    struct Participant: Sendable, Hashable, Codable {
        let organizationID: String
        let managementAccountID: String

        init(_ organization: Organization) {
            organizationID = organization.id
            managementAccountID = organization.managementAccountID
        }
    }

    /// `rt-…`
    let id: String
    var name: String
    let target: Participant
    /// Known when it has agreed; until then there is only whom the invitation was sent to.
    private(set) var source: Participant?
    let recipient: Handshake.Recipient
    let handshakeID: String
    /// When the handshake expires if nobody answers it, in seconds since 1970.
    let expirationDate: Double
    /// The beginning of a month, seconds since 1970.
    let startDate: Double
    /// The end of a month, seconds since 1970, when it is withdrawn.
    private(set) var endDate: Double?
    /// As it was last set; `status(at:)` says whether the invitation has expired since.
    private(set) var setStatus = Status.requested
    /// When it was set last, seconds since 1970.
    private(set) var statusDate: Double?
    var tags: [Tag] = []

    /// What a handshake asks for.
    /// - Parameter startDate: seconds since 1970.
    init(id: String, name: String, target: Organization, by handshake: Handshake, startDate: Double) {
        self.id = id
        self.name = name
        self.target = Participant(target)
        recipient = handshake.recipient
        handshakeID = handshake.id
        expirationDate = handshake.expirationDate
        self.startDate = startDate
    }

    /// - Parameter time: seconds since 1970.
    func status(at time: Double) -> Status {
        setStatus == .requested && time >= expirationDate ? .expired : setStatus
    }

    /// - Parameter time: seconds since 1970.
    mutating func set(_ status: Status, at time: Double) {
        setStatus = status
        statusDate = time
    }

    mutating func accept(for source: Organization, at time: Double) {
        self.source = Participant(source)
        set(.accepted, at: time)
    }

    /// - Parameter endDate: seconds since 1970.
    mutating func withdraw(endDate: Double, at time: Double) {
        self.endDate = endDate
        set(.withdrawn, at: time)
    }

    /// A transfer that failed is forgotten with its handshake; one that was agreed remains.
    /// - Parameter time: seconds since 1970.
    func isKept(at time: Double) -> Bool {
        source != nil || time < (statusDate ?? expirationDate) + Handshake.keptSeconds
    }

    var references: [Reference] {
        var references = [Reference(Relation.transferTarget, to: target.organizationID)]
        if let source {
            references.append(Reference(Relation.transferSource, to: source.organizationID))
            return references
        }
        switch recipient {
        case .account(let id): references.append(Reference(Relation.recipient, to: id))
        case .email(let address): references.append(Reference(Relation.recipient, to: address.lowercased()))
        case .organization: break
        }
        return references
    }
}
