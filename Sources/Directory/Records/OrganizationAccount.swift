public import Ledger

/// An account's place in an organization; the account itself is an `Account`.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html>
public struct OrganizationAccount: Record {
    public static let kind = "AWS::Organizations::Account"

    public enum JoinedMethod: String, Sendable, Codable {
        case invited = "INVITED"
        case created = "CREATED"
    }

    /// The account's number.
    public let id: String
    public let organizationID: String
    /// The root or unit that it is in.
    public var parentID: String
    public let joinedMethod: JoinedMethod
    /// Seconds since 1970.
    public let joinedDate: Double
    public var tags: [Tag] = []
    /// Ids of the policies attached to it.
    public var policyIDs: [String] = []
    /// The service principals that it is a delegated administrator for, and since when (seconds since 1970).
    public var delegatedServices: [String: Double] = [:]

    public init(
        id: String, organizationID: String, parentID: String, joinedMethod: JoinedMethod, joinedDate: Double
    ) {
        self.id = id
        self.organizationID = organizationID
        self.parentID = parentID
        self.joinedMethod = joinedMethod
        self.joinedDate = joinedDate
    }

    public var requirements: [Requirement] { .place(in: parentID, of: organizationID, policyIDs) + [.account(id)] }

    public var references: [Reference] {
        [Reference(Relation.parent, to: parentID)]
            + policyIDs.map { Reference(Relation.organizationPolicy, to: $0) }
    }
}
