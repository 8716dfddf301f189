public import Ledger

/// An account's place in an organization; the account itself is an `Account`.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html>
public struct OrganizationAccount: Record {
    public static let kind = "AWS::Organizations::Account"

    /// How an account joined its organization.
    public enum JoinedMethod: String, Sendable, Codable {
        /// It existed before, and accepted an invitation.
        case invited = "INVITED"
        /// `CreateAccount` made it. It can't leave the organization in its first days.
        case created = "CREATED"
    }

    /// The account's number.
    public let id: String
    /// `o-…`
    public let organizationID: String
    /// The root or unit that it is in.
    public var parentID: String
    /// How it joined; the management account counts as invited.
    public let joinedMethod: JoinedMethod
    /// Seconds since 1970.
    public let joinedDate: Double
    /// In the order in which they were put; keys are case-sensitive.
    public var tags: [Tag] = []
    /// Ids of the policies attached to it.
    public var policyIDs: [String] = []
    /// The service principals that it is a delegated administrator for, and since when (seconds since 1970).
    public var delegatedServices: [String: Double] = [:]

    /// Makes a place for an account with no policies attached.
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
