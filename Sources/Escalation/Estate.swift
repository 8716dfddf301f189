public import Policy

/// The users and roles of accounts with everything that binds them, and what of it can be changed: groups, managed
/// policies and their versions, boundaries, trust.
///
/// It is made from what `aws iam get-account-authorization-details` prints, or from a Gatehouse's data.
public struct Estate: Sendable {
    /// A policy that somebody has.
    public struct HeldPolicy: Sendable {
        /// What it says.
        public var policy: CompiledPolicy
        /// The ARN of the user, group or role that it is attached to, or part of.
        public var holder: String
        /// The ARN of a managed policy; nil: it is inline.
        public var arn: String?

        /// Makes a policy that somebody has; see the properties.
        public init(_ policy: CompiledPolicy, holder: String, arn: String? = nil) {
            self.policy = policy
            self.holder = holder
            self.arn = arn
        }
    }

    /// A permissions boundary.
    public struct Boundary: Sendable {
        /// The managed policy's ARN.
        public var arn: String
        /// nil: there is no such policy, and nothing is allowed.
        public var policy: CompiledPolicy?

        /// Makes a boundary; see the properties.
        public init(arn: String, policy: CompiledPolicy?) {
            self.arn = arn
            self.policy = policy
        }
    }

    /// A user or a role.
    public struct Member: Sendable {
        /// As whom it asks: of a role, one of its sessions.
        public var principal: Principal
        /// The ARN of the user or the role.
        public var arn: String
        /// Its own policies, then those of its groups.
        public var policies: [HeldPolicy]
        /// The ARNs of the groups that a user is in.
        public var groups: [String] = []
        /// What limits it; nil: nothing does.
        public var boundary: Boundary?
        /// As which `aws:PrincipalTag/…` is known.
        public var tags: [String: String] = [:]
        /// Who may make sessions of a role; nil for a user.
        public var trust: CompiledPolicy?
        /// The names of the instance profiles that a role is in.
        public var instanceProfiles: [String] = []
        /// Whether a user can sign in with a password; nil: it is not known.
        public var hasPassword: Bool?
        /// Whether a user has a second factor; nil: it is not known.
        public var hasSecondFactor: Bool?
        /// The service control policies that bind it, a set for each level, root first; nil: none do.
        public var serviceControl: [PolicySet]?

        /// Makes a member; see the properties.
        public init(_ principal: Principal, arn: String, policies: [HeldPolicy]) {
            self.principal = principal
            self.arn = arn
            self.policies = policies
        }

        /// Everything that binds its requests but what resources say.
        public var inputs: PolicyInputs {
            PolicyInputs(
                identitySets: [PolicySet(policies.map(\.policy))],
                boundaries: boundary.map { $0.policy.map { [$0] } ?? [] },
                serviceControlLevels: principal.isServiceLinkedRole ? nil : serviceControl)
        }

        /// Whether it is a role.
        public var isRole: Bool { trust != nil }

        /// The last part of its ARN.
        var name: String { String(arn.split(separator: "/").last ?? "") }
    }

    /// A customer managed policy.
    public struct ManagedPolicy: Sendable {
        /// The version that counts.
        public var defaultVersion: CompiledPolicy
        /// The other versions that it has, by their ids.
        public var otherVersions: [(id: String, policy: CompiledPolicy)]

        /// Makes a policy; see the properties.
        public init(defaultVersion: CompiledPolicy, otherVersions: [(id: String, policy: CompiledPolicy)]) {
            self.defaultVersion = defaultVersion
            self.otherVersions = otherVersions
        }
    }

    /// In the order in which they are listed.
    public var members: [Member] = []
    /// The policies of each group, by its ARN.
    public var groups: [String: [HeldPolicy]] = [:]
    /// The customer managed policies, by their ARNs.
    public var policies: [String: ManagedPolicy] = [:]

    /// Makes an empty estate.
    public init() {}
}

extension String {
    /// The account in an ARN; "" where there is none.
    var accountInARN: String {
        let parts = split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 ? String(parts[4]) : ""
    }
}
