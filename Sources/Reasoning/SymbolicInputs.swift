public import Policy

/// Everything that binds the requests of one caller, made ready for questions about all of them at once.
///
/// The same as ``PolicyInputs``, whose rules of evaluation it follows one by one: service and resource control policies
/// at each level, identity-based policies, boundary, session policies, the resource's policy or the role's trust policy,
/// access control list, grants of a KMS key, and the policy of a VPC endpoint.
public final class SymbolicInputs: Sendable {
    /// What the engine is asked by.
    public let inputs: PolicyInputs
    fileprivate let identity: [SymbolicPolicy]
    fileprivate let resource: SymbolicPolicy?
    fileprivate let accessControlList: SymbolicPolicy?
    fileprivate let roleTrust: SymbolicPolicy?
    fileprivate let boundaries: [SymbolicPolicy]?
    fileprivate let session: [SymbolicPolicy]?
    fileprivate let serviceControl: [[SymbolicPolicy]]?
    fileprivate let resourceControl: [[SymbolicPolicy]]?
    fileprivate let endpoint: [SymbolicPolicy]?
    /// Whether anything but the caller's own policies may allow.
    fileprivate let hasResourceSide: Bool

    /// Makes inputs ready.
    ///
    /// - Parameters:
    ///   - inputs: the policies.
    ///   - symbolic: gives a policy that is made ready already, where many callers share it.
    public init(
        _ inputs: PolicyInputs, symbolic: (CompiledPolicy) -> SymbolicPolicy = { SymbolicPolicy($0) }
    ) {
        self.inputs = inputs
        identity = inputs.identity.map(symbolic)
        resource = inputs.resource.map(symbolic)
        accessControlList = inputs.accessControlList.map(symbolic)
        roleTrust = inputs.roleTrust.map(symbolic)
        boundaries = inputs.boundaries?.map(symbolic)
        session = inputs.session?.map(symbolic)
        serviceControl = inputs.serviceControl?.map { $0.map(symbolic) }
        resourceControl = inputs.resourceControl?.map { $0.map(symbolic) }
        endpoint = inputs.endpoint?.map(symbolic)
        hasResourceSide =
            inputs.resource != nil || inputs.accessControlList != nil || inputs.roleTrust != nil
            || !inputs.grants.isEmpty
    }

    /// The condition keys that the policies speak of, in lower case.
    var keys: Set<String> {
        let lists =
            [identity, boundaries ?? [], session ?? [], endpoint ?? []] + (serviceControl ?? [])
            + (resourceControl ?? [])
        let single = [resource, accessControlList, roleTrust].compactMap { $0 }
        return (lists.flatMap { $0 } + single).reduce(into: ["aws:sourcearn"]) { $0.formUnion($1.keys) }
    }

    /// All policies.
    var all: [SymbolicPolicy] {
        let lists = [identity, boundaries ?? [], session ?? [], endpoint ?? []]
        let levels = (serviceControl ?? []) + (resourceControl ?? [])
        return (lists + levels).flatMap { $0 } + resourcePolicies
    }

    /// The policies of the resource that can let somebody in.
    var resourcePolicies: [SymbolicPolicy] { [roleTrust, resource, accessControlList].compactMap { $0 } }

    /// The caller's own policies.
    var identityPolicies: [SymbolicPolicy] { identity }

    /// The policies that can take away, in groups of which each has to allow by itself or need not.
    var filters: [(type: PolicyType, policies: [SymbolicPolicy], mustAllow: Bool)] {
        var groups: [(type: PolicyType, policies: [SymbolicPolicy], mustAllow: Bool)] = []
        groups += (resourceControl ?? []).map { (.resourceControl, $0, true) }
        groups += (serviceControl ?? []).map { (.serviceControl, $0, true) }
        groups.append((.resource, [resource, roleTrust].compactMap { $0 }, false))
        groups.append((.identity, identity, false))
        if let boundaries { groups.append((.permissionsBoundary, boundaries, true)) }
        if let session { groups.append((.session, session, true)) }
        if let endpoint { groups.append((.endpoint, endpoint, true)) }
        return groups
    }

    /// The requests of a caller that are allowed.
    ///
    /// - Parameters:
    ///   - resourceAccount: the account that owns the resource; nil: the one in its ARN, or the caller's own.
    ///   - target: the only actions and resources that it is asked about.
    ///   - known: the values of the caller's condition keys that can have no other.
    /// - Returns: nil where the answer depends on what formulas don't say: an encryption context.
    func allowed(
        _ principal: Principal, resourceAccount: String?, of target: Relevance = Relevance(),
        knowing known: Bindings = [:]
    ) -> Formula? {
        Building(policies: self, principal: principal, resourceAccount: resourceAccount, target: target, known: known)
            .allowed
    }
}

/// The rules of evaluation for one caller, as a formula. `PolicyEvaluator.decide` says them for one request; the order
/// of the parts is the same.
private struct Building {
    let policies: SymbolicInputs
    let principal: Principal
    let resourceAccount: String?
    let target: Relevance
    let known: Bindings

    private var hasBoundary: Bool { policies.boundaries != nil }
    private var isInAccount: Bool { principal.isInAccount }
    private var inputs: PolicyInputs { policies.inputs }

    var allowed: Formula? {
        guard let granted = granted() else { return nil }
        let decided = decided(granted)
        if principal.kind == .anonymous || !target.mayBe(Self.callerIdentity) { return decided }
        return .either([decided, .action(Self.callerIdentity, true)], isSource: true)
    }

    /// What most often allows nothing comes first: then the rest is not looked at.
    private func decided(_ granted: (Reach) -> Formula) -> Formula {
        var own: [Formula] = []
        if isInAccount, principal.kind != .root {
            for policy in policies.identity { own += allows(policy) }
            if own.isEmpty, !policies.hasResourceSide { return .always(false) }
        }
        var parts: [Formula] = []
        let fromResource = resourceAllows()
        let isCross = isCrossAccount
        let sparesAll = Formula.both([isCross.negated, .either([.either(fromResource(.full)), granted(.full)])])
        if isInAccount {
            if principal.kind != .root {
                // What spares the caller the silence of its own policies.
                let sparesIdentity = Formula.either([
                    .both([isCross, granted(.role)]),
                    .both([isCross.negated, .either([.either(fromResource(.role)), granted(.role)])]),
                ])
                parts.append(.either(own + [sparesIdentity], isSource: true))
            }
            if let boundaries = policies.boundaries {
                parts.append(.either([.either(boundaries.flatMap(allows)), sparesAll]))
            }
            let hasEmptySession = principal.kind == .federatedUser && inputs.session == nil
            if hasEmptySession {
                parts.append(sparesAll)
            } else if let session = policies.session {
                parts.append(.either([.either(session.flatMap(allows)), sparesAll]))
            }
        }
        parts.append(
            .either([needsResourceAllow(isCross).negated, .either(fromResource(.account)), granted(.account)]))
        if let endpoint = policies.endpoint { parts.append(.either(endpoint.flatMap(allows))) }
        if parts.contains(where: \.isNever) { return .always(false) }
        let isControlled = !principal.isServiceLinkedRole
        if isControlled, let levels = policies.resourceControl {
            parts.append(.either([.isAction("kms:RetireGrant"), .both(levels.flatMap(filter))]))
        }
        if isControlled, isInAccount, let levels = policies.serviceControl { parts += levels.flatMap(filter) }
        for policy in [policies.roleTrust, policies.resource] { if let policy { parts += denies(policy) } }
        for policy in policies.identity { parts += denies(policy) }
        for group in [policies.boundaries, policies.session, policies.endpoint] {
            for policy in group ?? [] { parts += denies(policy) }
        }
        // That something allows is said already: by the caller's own policies, by what spares them, or by the resource's
        // side, which callers without an account need.
        return .both(parts)
    }

    private static let callerIdentity = PatternSet([.action("sts:GetCallerIdentity")])

    private func allows(_ policy: SymbolicPolicy) -> [Formula] {
        policy.allowing(principal, hasBoundary: hasBoundary, of: target, knowing: known)
    }

    private func denies(_ policy: SymbolicPolicy) -> [Formula] {
        policy.notDenying(principal, hasBoundary: hasBoundary, of: target)
    }

    /// One level of control policies: one of them must allow, and none deny.
    private func filter(_ level: [SymbolicPolicy]) -> [Formula] {
        [.any(level.flatMap(allows))] + level.flatMap(denies)
    }

    /// What the resource's side allows with at least so much reach.
    private func resourceAllows() -> (Reach) -> [Formula] {
        let isPublic = inputs.restrictsPublicBuckets && inputs.resource?.document.isPublic == true
        return { least in
            var statements: [Formula] = []
            if let trust = policies.roleTrust {
                statements += trust.allowing(principal, hasBoundary: hasBoundary, atLeast: least, of: target)
            }
            if let resource = policies.resource {
                statements += resource.allowing(principal, hasBoundary: hasBoundary, atLeast: least, of: target)
            }
            if inputs.resourceOnlyDenies { statements = [] }
            if isPublic, principal.kind != .service {
                // Block Public Access takes it from whoever is not of the bucket's account.
                let isOutside = isInAccount ? isCrossAccount : .always(true)
                let isBlocked = Formula.all([isOutside, .action(Self.s3, true)])
                statements = statements.map { .all([$0, isBlocked.negated]) }
            }
            if let list = policies.accessControlList {
                statements += list.allowing(principal, hasBoundary: hasBoundary, atLeast: least, of: target)
            }
            return statements
        }
    }

    /// What grants of the key allow with at least so much reach.
    private func granted() -> ((Reach) -> Formula)? {
        var grants: [(Reach, Formula)] = []
        for grant in inputs.grants {
            let reach = grant.reach(principal, hasBoundary: hasBoundary)
            guard reach != .none else { continue }
            let constraints = grant.constraints
            guard constraints.encryptionContextEquals == nil, constraints.encryptionContextSubset == nil else {
                return nil
            }
            var parts: [Formula] = [
                .action(PatternSet(grant.operations.map { Pattern.text("kms:" + $0.lowercasedASCII) }), true)
            ]
            if let source = constraints.sourceARN {
                parts.append(
                    .any([
                        .isAction("kms:RetireGrant"),
                        .key(KeyTest(key: "aws:sourcearn", isOneOf: [.text(source)]), true),
                    ]))
            }
            grants.append((reach, .all(parts)))
        }
        return { least in .either(grants.filter { $0.0 >= least }.map(\.1)) }
    }

    // MARK: What the request itself says

    private func needsResourceAllow(_ isCross: Formula) -> Formula {
        if inputs.roleTrust != nil || !isInAccount { return .always(true) }
        var parts = [isCross]
        if !inputs.ignoresResourceSide {
            if inputs.requiredPolicy != nil { return .always(true) }
            if target.mayBe(Self.kms) { parts.append(Self.needsKeyPolicy) }
            if target.mayBe(Self.sts) { parts.append(Self.needsTrustPolicy) }
        }
        if inputs.resource != nil { parts.append(.action(Self.kms, true)) }
        return .either(parts)
    }

    /// Whether the resource is in another account than the caller.
    private var isCrossAccount: Formula {
        guard isInAccount else { return .always(false) }
        if let resourceAccount {
            return .always(PrincipalName.isAccountID(resourceAccount) && resourceAccount != principal.accountID)
        }
        return .both([
            target.isResource(target.resources(of: "############")),
            target.isResource(target.resources(of: principal.accountID)).negated,
        ])
    }

    private static func resource(_ prefix: String) -> Formula {
        .resource(PatternSet([.parts("*:*:*:*:*:\(prefix)", then: [.many])]), true)
    }

    private static let s3 = PatternSet([.action("s3:*")])
    private static let kms = PatternSet([.action("kms:*")])
    private static let sts = PatternSet([.action("sts:*")])

    /// See `Query.requiredPolicy`: what KMS does needs a key and its policy, with exceptions.
    private static let needsKeyPolicy: Formula = {
        let ofAliases = PatternSet(["CreateAlias", "UpdateAlias", "DeleteAlias"].map { .action("kms:" + $0) })
        let withoutKey = PatternSet(
            """
            CreateKey ListKeys ListAliases ListRetirableGrants GenerateRandom CreateCustomKeyStore \
            UpdateCustomKeyStore DeleteCustomKeyStore ConnectCustomKeyStore DisconnectCustomKeyStore \
            DescribeCustomKeyStores
            """.split(separator: " ").map { .action("kms:" + $0) })
        let needsNone = Formula.all([
            resource("key/").negated,
            .any([
                .all([.action(ofAliases, true), resource("alias/")]),
                .all([.action(ofAliases, false), .action(withoutKey, true)]),
            ]),
        ])
        return .all([.action(kms, true), needsNone.negated])
    }()

    /// See `Query.makesSessionOfRole`.
    private static let needsTrustPolicy: Formula = {
        let ofSessions = PatternSet([.action("sts:TagSession"), .action("sts:SetSourceIdentity")])
        return .any([
            .action(PatternSet([.action("sts:AssumeRole*")]), true),
            .all([.action(ofSessions, true), resource("federated-user/").negated, resource("user/").negated]),
        ])
    }()
}

extension Formula {
    fileprivate static func isAction(_ name: String) -> Formula { .action(PatternSet([.action(name)]), true) }
}

extension Pattern {
    /// Parts of an ARN, whose wildcards cross no colon, and what follows.
    fileprivate static func parts(_ text: String, then rest: [Symbol]) -> Pattern {
        Pattern(Pattern.wild(text, bounded: true).symbols + rest)
    }
}
