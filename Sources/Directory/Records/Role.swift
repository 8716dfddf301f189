public import Ledger

/// An IAM role. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html>
public struct Role: Identity {
    public static let kind = "AWS::IAM::Role"
    public static let arnType = "role"

    /// The account that it is in, and whose permissions its sessions have.
    public let accountID: String
    /// 1 to 64 letters, digits and `+=,.@_-`; unique in the account without regard to case.
    public var name: String
    /// `/` or `/division/team/`: part of the ARN, but not of that of a session.
    public var path: String
    /// `AROA…`
    public let uniqueID: String
    /// Seconds since 1970.
    public let createDate: Double
    /// Who may assume the role: the document as it was sent, but with users and roles named by their unique ids.
    public var trustPolicy: String
    public var description: String?
    /// The longest session that may be asked for, in seconds: 3,600 to 43,200.
    public var maxSessionDuration: Int
    /// In the order in which they were put. Policies see them as `aws:PrincipalTag/…`. No two keys differ only in case.
    public var tags: [Tag] = []
    /// Those that are part of the role, in the order in which they were put.
    public var inlinePolicies: [InlinePolicy] = []
    /// ARNs of attached managed policies, in the order of attachment.
    public var attachedPolicies: [String] = []
    /// ARN of the managed policy that bounds the role's permissions.
    public var permissionsBoundary: String?

    /// Makes a role without policies, which can be assumed and is allowed nothing. Its trust policy names users and
    /// roles by their unique ids.
    public init(
        accountID: String, name: String, path: String, uniqueID: String, createDate: Double, trustPolicy: String,
        description: String?, maxSessionDuration: Int
    ) {
        self.accountID = accountID
        self.name = name
        self.path = path
        self.uniqueID = uniqueID
        self.createDate = createDate
        self.trustPolicy = trustPolicy
        self.description = description
        self.maxSessionDuration = maxSessionDuration
    }

    public var requirements: [Requirement] {
        (attachedPolicies + (permissionsBoundary.map { [$0] } ?? [])).compactMap(ManagedPolicy.requirement)
    }

    public var references: [Reference] {
        policyReferences
            + (permissionsBoundary.map { [Reference(Relation.permissionsBoundary, to: $0)] } ?? [])
    }
}
