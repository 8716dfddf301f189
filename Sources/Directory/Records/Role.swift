public import Ledger

/// An IAM role. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html>
public struct Role: Identity {
    public static let kind = "AWS::IAM::Role"
    public static let arnType = "role"

    public let accountID: String
    public var name: String
    public var path: String
    public let uniqueID: String
    /// Seconds since 1970.
    public let createDate: Double
    /// Who may assume the role: the document as it was sent, but with users and roles named by their unique ids.
    public var trustPolicy: String
    public var description: String?
    /// The longest session that may be asked for, in seconds: 3,600 to 43,200.
    public var maxSessionDuration: Int
    public var tags: [Tag] = []
    public var inlinePolicies: [InlinePolicy] = []
    public var attachedPolicies: [String] = []
    /// ARN of the managed policy that bounds the role's permissions.
    public var permissionsBoundary: String?

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
