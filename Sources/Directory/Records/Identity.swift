public import Ledger

/// What users, groups and roles have in common: a name within an account, a path, a unique id, and policies.
public protocol Identity: Record {
    /// The type's word in ARNs: `user`, `group` or `role`.
    static var arnType: String { get }
    /// The account that it is in.
    var accountID: String { get }
    /// As it was given. No other of its type in the account may have the same name, whatever the case of its letters.
    var name: String { get set }
    /// `/` or `/division/team/`: begins and ends with a slash, up to 512 characters.
    var path: String { get set }
    /// AIDA…, AGPA… or AROA…: never used again, not even by a resource of the same name.
    var uniqueID: String { get }
    /// The policies that are part of it. AWS limits the size of all of them together, not their number.
    var inlinePolicies: [InlinePolicy] { get set }
    /// ARNs of attached managed policies, in the order of attachment.
    var attachedPolicies: [String] { get set }
}

extension Identity {
    /// Names are unique without regard to case within an account.
    public var id: String { Self.id(ofName: name) }

    /// The id that a record of this name has, whatever the case of its letters.
    public static func id(ofName name: String) -> String { name.lowercased() }

    /// `arn:aws:iam::111122223333:user/division/alice`. It changes with the name and the path, so whoever must not
    /// mistake a later namesake for this one keeps the ``uniqueID`` instead.
    @inlinable public var arn: String { ARN.iam(accountID, Self.arnType, path: path, name: name) }

    public var aliases: [String] { [uniqueID] }

    public var requirements: [Requirement] { attachedPolicies.compactMap(ManagedPolicy.requirement) }

    var policyReferences: [Reference] {
        attachedPolicies.map { Reference(Relation.attachedPolicy, to: $0) }
    }
}

/// A policy that is part of the user, group or role that it belongs to.
public struct InlinePolicy: Sendable, Hashable, Codable {
    /// 1 to 128 characters; unique within the identity.
    public var name: String
    /// The document as it was sent.
    public var document: String

    /// Makes a policy from a document that has been validated already.
    public init(name: String, document: String) {
        self.name = name
        self.document = document
    }
}

/// The relations that the directory's records declare, for look-ups against their direction.
public enum Relation {
    /// user, group or role → ARN of a managed policy
    public static let attachedPolicy = "attached-policy"
    /// user or role → ARN of the managed policy that bounds it
    public static let permissionsBoundary = "permissions-boundary"
    /// user → unique id of a group
    public static let group = "group"
    /// access key, login profile, MFA device or another credential → unique id of its user, or the account id for
    /// root's
    public static let owner = "owner"
    /// instance profile → id of its role
    public static let role = "role"
    /// group → its own unique id, so that it is found by it
    public static let uniqueID = "unique-id"
    /// organizational unit or account of an organization → id of the root or unit that it is in
    public static let parent = "parent"
    /// organization (for its root), unit or account → id of a policy of the organization
    public static let organizationPolicy = "organization-policy"
    /// policy of an organization → its type
    public static let organizationPolicyType = "organization-policy-type"
    /// policy of an organization → its type and name
    public static let organizationPolicyName = "organization-policy-name"
}

extension Requirement {
    /// The user, by its unique id, or the root user, by the account's id, that a credential is of.
    public static func owner(_ id: String) -> Requirement {
        Requirement(id.hasPrefix("AIDA") ? User.kind : Account.kind, id)
    }

    /// An account, wherever the record is that needs it.
    public static func account(_ id: String) -> Requirement {
        Requirement(Account.kind, id, in: Scope(account: id))
    }
}
