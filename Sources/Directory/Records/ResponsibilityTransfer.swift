public import Ledger

/// That one organization's management account (the target) takes on a responsibility, the bill, for another's (the
/// source). It is between two organizations, so its record lies in the shared scope.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ResponsibilityTransfer.html>
public struct ResponsibilityTransfer: Record {
    public static let kind = "AWS::Organizations::ResponsibilityTransfer"

    public enum Status: String, Sendable, Codable {
        case requested = "REQUESTED"
        case declined = "DECLINED"
        case canceled = "CANCELED"
        case expired = "EXPIRED"
        case accepted = "ACCEPTED"
        case withdrawn = "WITHDRAWN"
    }

    public struct Participant: Sendable, Hashable, Codable {
        public let organizationID: String
        public let managementAccountID: String

        public init(_ organization: Organization) {
            organizationID = organization.id
            managementAccountID = organization.managementAccountID
        }
    }

    /// `rt-…`
    public let id: String
    public var name: String
    public let target: Participant
    /// Known when it has agreed; until then there is only whom the invitation was sent to.
    public private(set) var source: Participant?
    public let recipient: Handshake.Recipient
    public let handshakeID: String
    /// When the handshake is over that nobody answers, seconds since 1970.
    public let expirationDate: Double
    /// The beginning of a month, seconds since 1970.
    public let startDate: Double
    /// The end of a month, seconds since 1970, when it is withdrawn.
    public private(set) var endDate: Double?
    /// As it was set last; whether the invitation is over since, `status(at:)` says.
    public private(set) var setStatus = Status.requested
    /// When it was set last, seconds since 1970.
    public private(set) var statusDate: Double?
    public var tags: [Tag] = []

    /// What a handshake asks for.
    /// - Parameter startDate: seconds since 1970.
    public init(id: String, name: String, target: Organization, by handshake: Handshake, startDate: Double) {
        self.id = id
        self.name = name
        self.target = Participant(target)
        recipient = handshake.recipient
        handshakeID = handshake.id
        expirationDate = handshake.expirationDate
        self.startDate = startDate
    }

    /// - Parameter time: seconds since 1970.
    public func status(at time: Double) -> Status {
        setStatus == .requested && time >= expirationDate ? .expired : setStatus
    }

    /// - Parameter time: seconds since 1970.
    public mutating func set(_ status: Status, at time: Double) {
        setStatus = status
        statusDate = time
    }

    public mutating func accept(for source: Organization, at time: Double) {
        self.source = Participant(source)
        set(.accepted, at: time)
    }

    /// - Parameter endDate: seconds since 1970.
    public mutating func withdraw(endDate: Double, at time: Double) {
        self.endDate = endDate
        set(.withdrawn, at: time)
    }

    /// What came to nothing is forgotten with its handshake; what was agreed stays.
    /// - Parameter time: seconds since 1970.
    public func isKept(at time: Double) -> Bool {
        source != nil || time < (statusDate ?? expirationDate) + Handshake.keptSeconds
    }

    public var references: [Reference] {
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
