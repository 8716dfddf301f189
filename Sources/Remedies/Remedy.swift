public import Policy

/// One way to have a denied request allowed, tried: the engine has said "allowed" to the request after all its changes, and would
/// not without any one of them.
public struct Remedy: Sendable {
    /// What has to be changed, in order. All of it is needed.
    public let changes: [Change]
    /// What the engine says to the request after the changes: always "allowed".
    public let trial: Decision
    /// How much is changed: remedies are ordered by it. It means nothing by itself.
    public let cost: Int

    /// The changes in a line.
    public var title: String { changes.map(\.title).joined(separator: "; then ") }
    /// Whether nothing else is allowed by it than the request.
    public var isExact: Bool { changes.allSatisfy { $0.alsoAllows.isEmpty } }
    /// What should be thought of before it is made; empty: nothing.
    public var risks: [String] { changes.flatMap(\.risks) }
}

/// One change of a remedy: to a policy, to a grant, or to the way in which the request is made.
public struct Change: Sendable {
    /// What is changed.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A statement is added to a policy that is there.
        case addStatement
        /// A policy is made, with one statement.
        case newPolicy
        /// A policy's Deny is made to spare the request.
        case narrowDeny
        /// A policy of AWS's that denies is detached.
        case detachPolicy
        /// A grant of a KMS key is made.
        case newGrant
        /// The caller asks for a session with other session policies, or for one that is newer.
        case newSession
        /// The caller proves a second factor.
        case signInWithMFA
        /// The caller acts as a role that is allowed already.
        case assumeRole
        /// The user or role gets a tag.
        case tagPrincipal
        /// The resource gets a tag.
        case tagResource
        /// The request is made in another way: encrypted, from another address, in another Region, with another parameter.
        case changeRequest
    }

    /// What is changed.
    public let kind: Kind
    /// The type of the policy that is changed, as it binds the request; nil: it is no policy.
    public let policyType: PolicyType?
    /// The policy as it is; nil: it is no policy, or one that is yet to be made.
    public let policy: PolicySource?
    /// What a policy is called that is yet to be made; nil: none is, or it needs no name.
    public let newName: String?
    /// The ARN of the user, group, role or resource that the policy is part of or attached to, or the id of the root,
    /// organizational unit or account.
    public let holder: String?
    /// Who can make the change: "an administrator of account 111122223333", "the caller".
    public let madeBy: String
    /// What is done, in words.
    public let title: String
    /// The statements that are new, as JSON; nil: none are.
    public let statement: String?
    /// The document as it is; nil: there is none yet, or it is no policy.
    public let before: String?
    /// The whole document after the change; nil: there is none.
    public let after: String?
    /// The change line by line: "+ " and "- " before lines that come and go, two blanks before those that stay.
    public let diff: [String]
    /// Commands of the AWS CLI that make the change, for a shell, in order. Empty: it is not a matter of the CLI.
    public let commands: [String]
    /// What it allows, or may come to allow, besides the request; empty: nothing.
    public internal(set) var alsoAllows: [String]
    /// What should be thought of before; empty: nothing.
    public let risks: [String]
    /// Its part of the remedy's cost.
    let cost: Int

    init(
        _ kind: Kind, _ policyType: PolicyType? = nil, policy: PolicySource? = nil, newName: String? = nil,
        holder: String? = nil, madeBy: String, title: String, statement: String? = nil, before: String? = nil,
        after: String? = nil,
        diff: [String] = [], commands: [String] = [], alsoAllows: [String] = [], risks: [String] = [], cost: Int
    ) {
        self.kind = kind
        self.policyType = policyType
        self.policy = policy
        self.newName = newName
        self.holder = holder
        self.madeBy = madeBy
        self.title = title
        self.statement = statement
        self.before = before
        self.after = after
        self.diff = diff
        self.commands = commands
        self.alsoAllows = alsoAllows
        self.risks = risks
        self.cost = cost
    }

    /// The same change has the same key.
    var key: String {
        "\(kind) \(policy?.summary ?? "") \(holder ?? "") \(after ?? "") \(title)"
    }
}

/// What can be done about a denial.
public struct RemedyReport: Sendable {
    /// What the engine says to the request as things are.
    public let decision: Decision
    /// AWS's message for the decision; "" if it is an allow.
    public let message: String
    /// The ways to have the request allowed, the smallest change first.
    public let remedies: [Remedy]
    /// What stands in the way and can't be changed, or not in a way that is known here: in sentences.
    public let obstacles: [String]
}
