public import Policy
public import Reasoning

/// A way by which a principal can reach more than it has.
///
/// Every request in it is one that the policy engine has allowed, in the state that the steps before it leave.
public struct EscalationPath: Sendable {
    /// A request with the policies that it was decided by.
    public struct Request: Sendable {
        /// Who asks for what, and with which condition keys.
        public let witness: Witness
        /// What bound it at that moment.
        public let inputs: PolicyInputs
    }

    /// What is done, by one request or by several that belong together.
    public struct Step: Sendable {
        /// The actions: "iam:PassRole, lambda:CreateFunction, lambda:InvokeFunction".
        public let method: String
        /// In their order.
        public let requests: [Request]
        /// What comes of it, in words: "attaches AdministratorAccess to itself".
        public let effect: String
        /// What is taken for granted where nothing is known of it.
        public let assumptions: [String]
        /// The user or the role as which requests can be made after it.
        public let actor: String
    }

    /// The user or the role that it begins with.
    public let principal: String
    /// In their order; at least one.
    public let steps: [Step]
    /// A request that none of those on the way could make before the last step.
    public let gain: Request
    /// Whether nothing is left to be reached: all that the account's service control policies leave.
    public let reachesAll: Bool
    /// The ARNs of others that the last step can reach just so, each of which gives more as well.
    public internal(set) var others: [String] = []
    /// Whether there are more of them.
    public internal(set) var hasMore = false

    /// The methods of all steps.
    public var method: String { steps.map(\.method).joined(separator: " > ") }

    /// What is taken for granted on the way.
    public var assumptions: [String] { steps.flatMap(\.assumptions) }
}

/// What was found of one user or role.
public struct EscalationReport: Sendable {
    /// The user or the role.
    public let principal: String
    /// The shortest first.
    public internal(set) var paths: [EscalationPath] = []
    /// What could not be decided, in words.
    public internal(set) var undecided: [String] = []

    /// Whether something could not be decided, and nothing was found that needs no more than that.
    public var isUndecided: Bool { paths.isEmpty && !undecided.isEmpty }
}

extension EscalationReport {
    /// Leaves paths out that are of no interest.
    public mutating func leaveOut(where isUnwanted: (EscalationPath) -> Bool) { paths.removeAll(where: isUnwanted) }
}
