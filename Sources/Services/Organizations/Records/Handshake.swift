import Directory
import Ledger

/// What one account asks of another, or of itself: to join its organization, or to agree to all features. It is between
/// two accounts, so its record lies in the shared scope.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Handshake.html>
struct Handshake: Record {
    static let kind = "AWS::Organizations::Handshake"

    enum Action: String, Sendable, Codable {
        case invite = "INVITE"
        /// To the organization itself, to be completed by its management account when all have approved.
        case enableAllFeatures = "ENABLE_ALL_FEATURES"
        /// To each account that was invited once.
        case approveAllFeatures = "APPROVE_ALL_FEATURES"
        /// To another organization's management account, to let this one pay its bill.
        case transferResponsibility = "TRANSFER_RESPONSIBILITY"
    }

    enum State: String, Sendable, Codable {
        case requested = "REQUESTED"
        case open = "OPEN"
        case canceled = "CANCELED"
        case accepted = "ACCEPTED"
        case declined = "DECLINED"
        case expired = "EXPIRED"
    }

    enum Recipient: Sendable, Hashable, Codable {
        case account(String)
        /// Whoever is the root user of that address.
        case email(String)
        case organization(String)
    }

    /// `h-…`
    let id: String
    let action: Action
    let organizationID: String
    let managementAccountID: String
    /// Of the organization, when it was sent.
    let featureSet: Organization.FeatureSet
    let recipient: Recipient
    /// Seconds since 1970.
    let requestDate: Double
    /// Seconds since 1970.
    let expirationDate: Double
    /// As it was last set; `state(at:)` says whether it has expired since.
    private(set) var setState = State.requested
    /// When it was answered or taken back, seconds since 1970.
    private(set) var endDate: Double?
    var notes: String?
    /// The tags that the account gets when it joins.
    var tags: [Tag] = []
    var parentID: String?
    /// `rt-…`, of a handshake about a transfer.
    var transferID: String?

    /// - Parameters:
    ///   - time: seconds since 1970.
    ///   - days: how long there is for an answer.
    ///   - deadline: when it is over in any case, seconds since 1970.
    init(
        id: String, action: Action, of organization: Organization, to recipient: Recipient, at time: Double,
        days: Double, noLaterThan deadline: Double = .infinity
    ) {
        self.id = id
        self.action = action
        organizationID = organization.id
        managementAccountID = organization.managementAccountID
        featureSet = organization.featureSet
        self.recipient = recipient
        requestDate = time
        expirationDate = min(time + days * Self.day, deadline)
    }

    private static let day = 24.0 * 3600
    /// How long one can be seen after its end, in seconds.
    static let keptSeconds = 30 * day

    /// - Parameter time: seconds since 1970.
    func state(at time: Double) -> State {
        (setState == .requested || setState == .open) && time >= expirationDate ? .expired : setState
    }

    mutating func set(_ state: State, at time: Double) {
        setState = state
        endDate = state == .open ? nil : time
    }

    /// - Parameter time: seconds since 1970.
    func isKept(at time: Double) -> Bool { time < (endDate ?? expirationDate) + Self.keptSeconds }

    var references: [Reference] {
        var references = [Reference(Relation.organization, to: organizationID)]
        switch recipient {
        case .account(let id): references.append(Reference(Relation.recipient, to: id))
        case .email(let address): references.append(Reference(Relation.recipient, to: address.lowercased()))
        case .organization: break
        }
        if let parentID { references.append(Reference(Relation.parent, to: parentID)) }
        return references
    }
}
