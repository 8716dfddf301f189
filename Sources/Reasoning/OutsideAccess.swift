public import Policy

/// Who is not asked about: the accounts of a zone of trust.
public struct TrustedZone: Sendable {
    /// Whether an account is trusted.
    public var contains: @Sendable (String) -> Bool
    /// The organization of which all accounts are trusted; nil: there is none.
    public var organization: String?
    /// The organization that an account is in. nil: nothing is known of the account; empty: it is in none.
    public var organizationOfAccount: @Sendable (String) -> String?
    /// The ARN of the user or role with a unique id; nil: nobody has it, or nobody any longer.
    public var arnOfUniqueID: @Sendable (String) -> String?

    /// Makes a zone; see the properties.
    public init(
        contains: @escaping @Sendable (String) -> Bool, organization: String? = nil,
        organizationOfAccount: @escaping @Sendable (String) -> String? = { _ in nil },
        arnOfUniqueID: @escaping @Sendable (String) -> String? = { _ in nil }
    ) {
        self.contains = contains
        self.organization = organization
        self.organizationOfAccount = organizationOfAccount
        self.arnOfUniqueID = arnOfUniqueID
    }
}

/// A question about a resource: who from outside a zone of trust may reach it.
public struct OutsideQuestion: Sendable {
    /// What decides about a request from the resource's side, without policies of the caller.
    public struct Door: Sendable {
        let policies: SymbolicInputs
        /// What the engine decides a found request by.
        var deciding: PolicyInputs
        /// The account that owns what the policies are of.
        let owner: String
        /// The name by which the policies speak of the resource; nil: its own.
        let alias: ResourceAlias?

        /// - Parameters:
        ///   - inputs: the resource's side. Whoever asks is allowed everything by its own policies.
        ///   - owner: the account that owns what the policies are of.
        ///   - alias: the name by which the policies speak of the resource; nil: its own.
        ///   - symbolic: gives a policy that is made ready already.
        public init(
            _ inputs: PolicyInputs, owner: String, alias: ResourceAlias? = nil,
            symbolic: (CompiledPolicy) -> SymbolicPolicy = { SymbolicPolicy($0) }
        ) {
            var inputs = inputs
            inputs.identity = [Self.everything.policy]
            policies = SymbolicInputs(inputs) { $0 === Self.everything.policy ? Self.everything : symbolic($0) }
            deciding = policies.inputs
            self.owner = owner
            self.alias = alias
        }

        private static let everything = SymbolicPolicy(.allowingAll(.identity))
    }

    /// All of them have to allow a request; who is let in by the first is looked for.
    public var doors: [Door]
    /// The resource, and what is in it, as patterns.
    public var resources: [String]
    /// The actions that there are.
    public var actions: AskedActions
    /// The condition keys that every request has, in lower case.
    public var context: [String: ContextValue]
    /// Those that no request has, in lower case.
    public var absentKeys: Set<String>
    /// Who is not asked about.
    public var zone: TrustedZone
    /// The organization that the resource's account is in; nil: none.
    public var ownOrganization: String?

    /// Makes a question; see the properties.
    public init(
        doors: [Door], resources: [String], actions: AskedActions, context: [String: ContextValue] = [:],
        absentKeys: Set<String> = [], zone: TrustedZone, ownOrganization: String? = nil
    ) {
        self.doors = doors
        self.resources = resources
        self.actions = actions
        self.context = context
        self.absentKeys = absentKeys
        self.zone = zone
        self.ownOrganization = ownOrganization
    }
}

/// Access that somebody from outside has, under some conditions.
public struct OutsideAccess: Sendable {
    /// What the principal is named by: `AWS`, or `Federated`.
    public let principalType: String
    /// `*`, an account's number, an ARN, or a provider.
    public let principal: String
    /// In the order of the question.
    public let actions: [String]
    /// What must be so of a request, by the names of condition keys as they are written.
    public let conditions: [String: String]
    /// Whether anybody at all has it.
    public let isPublic: Bool
    /// A request that proves it.
    public let witness: Witness
}

extension Checks {
    /// Who from outside a zone of trust a resource lets in.
    ///
    /// Each principal whom a statement names is looked at by itself; of the conditions that say who asks or from where, each
    /// value is. What a wider access of the same principal contains is left out.
    ///
    /// - Returns: the access, and whether something could not be decided.
    /// - Complexity: linear in the statements, principals and conditions' values; some microseconds for each.
    public func outsideAccess(_ question: OutsideQuestion) -> (access: [OutsideAccess], isUndecided: Bool) {
        guard let first = question.doors.first else { return ([], false) }
        var search = OutsideSearch(question, domain)
        for policy in first.policies.resourcePolicies {
            for statement in policy.statements where !statement.isDeny {
                search.look(at: statement, of: policy)
            }
        }
        return search.result
    }

    /// Whether a grant of a KMS key lets its grantee in from outside.
    ///
    /// - Parameter question: its first door has the key's policy, and no grants.
    public func outsideAccess(
        by grant: KeyGrant, _ question: OutsideQuestion
    ) -> (access: [OutsideAccess], isUndecided: Bool) {
        guard let first = question.doors.first else { return ([], false) }
        var inputs = first.policies.inputs
        inputs.resourceOnlyDenies = true
        let known = Dictionary(first.policies.all.map { (ObjectIdentifier($0.policy), $0) }) { one, _ in one }
        func ready(_ policy: CompiledPolicy) -> SymbolicPolicy {
            known[ObjectIdentifier(policy)] ?? SymbolicPolicy(policy)
        }
        // Encryption contexts are asked of a grant by the engine alone.
        inputs.grants = [
            KeyGrant(
                grantee: grant.grantee, operations: grant.operations,
                constraints: KeyGrant.Constraints(sourceARN: grant.constraints.sourceARN), name: grant.name)
        ]
        var question = question
        var door = OutsideQuestion.Door(inputs, owner: first.owner, symbolic: ready)
        door.deciding.grants = [grant]
        question.doors = [door]
        if let pairs = grant.constraints.encryptionContextEquals ?? grant.constraints.encryptionContextSubset {
            question.context["kms:encryptioncontextkeys"] = .many(pairs.keys.sorted())
        }
        var search = OutsideSearch(question, domain)
        search.look(at: grant)
        return search.result
    }
}
