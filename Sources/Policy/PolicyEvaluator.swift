// Rules are numbered as in Documentation/PolicyRules.md.

/// Decides requests by policies.
///
/// The evaluator is a pure function of three values: the ``AuthorizationRequest``, the ``PolicyInputs`` that bind it,
/// and a ``RequestContext`` for its condition keys. It knows no clock, no storage and no services.
///
/// - ``evaluate(_:_:_:)`` decides and gives the reason: what a server needs, since AWS's messages name it.
/// - ``allows(_:_:_:)`` answers yes or no.
/// - ``explain(_:_:_:)`` decides and tells everything that was looked at.
///
/// AWS: "Policy evaluation logic", IAM User Guide, `reference_policies_evaluation-logic.html`. The types of policy are
/// asked in the order of AWS's flow chart; of several types that deny, or lack an allow, the first is named. Rule by
/// rule: `Documentation/PolicyRules.md`.
public enum PolicyEvaluator {
    /// Decides a request.
    ///
    /// ```swift
    /// let context = DictionaryContext(["aws:username": .one("alice")])
    /// let decision = PolicyEvaluator.evaluate(request, PolicyInputs(identity: [policy]), context)
    /// ```
    ///
    /// - Parameters:
    ///   - request: who asks for what.
    ///   - inputs: every policy that binds the request.
    ///   - context: the request's condition keys; asked only for those that a policy mentions, on the way.
    /// - Complexity: grows with the statements that could match the action, not with the number of policies. Allocates
    ///   nothing unless the context does.
    public static func evaluate(
        _ request: AuthorizationRequest, _ inputs: PolicyInputs, _ context: some RequestContext
    ) -> Decision {
        Query.with(request, hasBoundary: inputs.boundaries != nil) { query in
            decide(query, inputs) { context.value(of: $0) }.decision
        }
    }

    /// Whether a request is allowed: decides as ``evaluate(_:_:_:)``, but doesn't say why.
    ///
    /// Naming a statement counts a reference to its policy, which is the one thing that threads deciding by the same
    /// policies at the same time have to wait for each other for. This does without: it is for filters that ask about
    /// many resources.
    public static func allows(
        _ request: AuthorizationRequest, _ inputs: PolicyInputs, _ context: some RequestContext
    ) -> Bool {
        Query.with(request, hasBoundary: inputs.boundaries != nil) { query in
            decide(query, inputs) { context.value(of: $0) }.outcome == .allowed
        }
    }

    private static func decide(_ query: Query, _ inputs: PolicyInputs, _ context: Lookup) -> Ruling {
        if query.needsNoPermission { return .allowedWithoutPolicy }
        let bindings = inputs.bindings(of: query)

        // Every deny is looked for before any allow counts (rule 1).
        let resourceControl =
            bindings.resourceControlBinds ? .intersection(inputs.resourceControlLevels, query, context) : Tally()
        if let deny = resourceControl.denial(.resourceControl) { return deny }
        let serviceControl =
            bindings.serviceControlBinds ? .intersection(inputs.serviceControlLevels, query, context) : Tally()
        if let deny = serviceControl.denial(.serviceControl) { return deny }
        var resource = Tally()
        inputs.roleTrust?.answer(query, context, into: &resource)
        if resource.deny == nil { inputs.resource?.answer(query, context, into: &resource) }
        if let deny = resource.denial(bindings.resourceType) { return deny }
        var identity = Tally()
        inputs.identitySets.withUncounted { sets in
            for set in sets where identity.deny == nil {
                set._withUnsafeGuaranteedRef { $0.answer(query, context, into: &identity) }
            }
        }
        if let deny = identity.denial(.identity) { return deny }
        let boundary = Tally.union(inputs.boundaries, query, context)
        if let deny = boundary.denial(.permissionsBoundary) { return deny }
        let session = Tally.union(inputs.session, query, context)
        if let deny = session.denial(.session) { return deny }
        let endpoint = Tally.union(inputs.endpoint, query, context)
        if let deny = endpoint.denial(.endpoint) { return deny }

        // What filters for everybody.
        if !resourceControl.allows { return .missingAllow(.resourceControl) }
        if !serviceControl.allows { return .missingAllow(.serviceControl) }
        if inputs.resourceOnlyDenies || inputs.ignoresPublicPolicy(query, bindings) { resource = Tally() }
        inputs.accessControlList?.answer(query, context, into: &resource)
        let granted = inputs.grants.isEmpty ? Reach.none : inputs.reachOfGrants(query, context)
        if bindings.needsResourceAllow, resource.reach == .none, granted == .none {
            return .missingAllow(bindings.resourceType)
        }

        // What the caller's own policies must grant, and what the resource's policy spares it (rules 2 to 8, 10).
        // A grant spares a caller of another account its identity-based policies, too, but nothing more.
        let isRoot = query.caller == .root
        if query.caller.isInAccount {
            let spares =
                bindings.isCrossAccount
                ? (granted >= .role ? Reach.role : .none) : max(resource.reach, granted)
            if spares < .role, !isRoot, identity.allow == nil { return .missingAllow(.identity) }
            if spares < .full, !boundary.allows { return .missingAllow(.permissionsBoundary) }
            if spares < .full, !session.allows || bindings.hasEmptySession { return .missingAllow(.session) }
        }
        if !endpoint.allows { return .missingAllow(.endpoint) }

        if bindings.needsResourceAllow, let allow = resource.allowance(bindings.resourceType) { return allow }
        if let allow = identity.allowance(.identity) { return allow }
        if isRoot { return .allowedWithoutPolicy }
        if let allow = resource.allowance(bindings.resourceType) { return allow }
        return granted == .none ? .missingAllow(.identity) : .allowedWithoutPolicy
    }
}

/// Which policies bind one request, and how: the part of the rules that depends on who asks for what, where.
struct Bindings {
    let resourceControlBinds: Bool
    let serviceControlBinds: Bool
    /// A federated user session without a session policy has only what resource-based policies grant it (rule 16):
    /// as if its session policies allowed nothing.
    let hasEmptySession: Bool
    /// The type that the resource's side is called by.
    let resourceType: PolicyType
    /// Whether the resource's side must allow, whatever the caller's own policies say.
    let needsResourceAllow: Bool
    let isCrossAccount: Bool
}

extension PolicyInputs {
    func bindings(of query: Query) -> Bindings {
        let isInAccount = query.caller.isInAccount
        let isCrossAccount = isInAccount && query.isCrossAccount
        // Service control policies govern principals of accounts only (rule 14), neither kind of control policy
        // governs service-linked roles, and resource control policies not kms:RetireGrant (rules 22 and 25).
        let isControlled = !query.request.pointee.principal.isServiceLinkedRole
        // Trust policies and key policies must allow even in the same account (rule 11), and deny where they are
        // missing. A key policy that was given binds whatever the resource is called.
        let required = requiredPolicy(for: query) ?? (resource != nil && query.hasService("kms:") ? .resource : nil)
        return Bindings(
            resourceControlBinds: isControlled && resourceControlLevels != nil && !query.isAction("kms:retiregrant"),
            serviceControlBinds: isControlled && isInAccount,
            hasEmptySession: query.caller == .federatedUser && session == nil,
            resourceType: roleTrust != nil || required == .roleTrust ? .roleTrust : .resource,
            needsResourceAllow: roleTrust != nil || required != nil || isCrossAccount || !isInAccount,
            isCrossAccount: isCrossAccount)
    }

    /// The type of policy without which nobody is allowed.
    private func requiredPolicy(for query: Query) -> PolicyType? {
        if ignoresResourceSide { return nil }
        return requiredPolicy ?? query.requiredPolicy
    }

    /// Whether S3 Block Public Access takes from the caller what the bucket's policy allows: all callers but those of
    /// the bucket's account and AWS's services, also those that the policy names.
    fileprivate func ignoresPublicPolicy(_ query: Query, _ bindings: Bindings) -> Bool {
        guard restrictsPublicBuckets, let resource, query.hasService("s3:") else { return false }
        let isOutsider = query.caller.isInAccount ? bindings.isCrossAccount : query.caller != .service
        return isOutsider && resource.document.isPublic
    }
}

extension Query {
    /// sts:GetCallerIdentity cannot be denied to whoever has credentials (rule 17).
    var needsNoPermission: Bool { isAction("sts:getcalleridentity") && caller != .anonymous }

    /// Whether the resource belongs to another account than the caller. An ARN without an account number says
    /// nothing about that, and what belongs to "aws" (managed policies) belongs to everybody.
    fileprivate var isCrossAccount: Bool {
        if hasNoResource, request.pointee.resourceAccount == nil { return false }
        return request.pointee.principal.accountID.withBytes { own in
            if let owner = request.pointee.resourceAccount {
                return PrincipalName.isAccountID(owner) && !own.hasSameBytes(as: owner)
            }
            let bytes = resource.span
            guard let start = bytes.index(afterColon: 4), start &+ 12 < bytes.count,
                bytes[start &+ 12] == UInt8(ascii: ":")
            else { return false }
            let owner = bytes.extracting(start..<start &+ 12)
            return !owner.hasSameBytes(as: own.span) && owner.number(0..<12, maximum: 999_999_999_999) != nil
        }
    }

    /// Whether it is about a KMS key, which may have grants.
    var isOfKeys: Bool { hasService("kms:") }

    /// What the engine knows by itself: all that is done with a key needs its key policy, and all that makes a session
    /// of a role its trust policy. The action says it, so that no other resource (`*`, a key's alias) leads around it;
    /// what KMS may come to do is taken to need a key.
    fileprivate var requiredPolicy: PolicyType? {
        if hasService("kms:") { return needsNoKey ? nil : .resource }
        if hasService("sts:") { return makesSessionOfRole ? .roleTrust : nil }
        return nil
    }

    /// Whether an action of KMS's is about no key, or about the alias alone: the key that an alias is made for is asked
    /// about by itself.
    /// AWS: `https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html`.
    private var needsNoKey: Bool {
        if isResource("key/") { return false }
        if isAction("kms:createalias") || isAction("kms:updatealias") || isAction("kms:deletealias") {
            return isResource("alias/")
        }
        return isAction("kms:createkey") || isAction("kms:listkeys") || isAction("kms:listaliases")
            || isAction("kms:listretirablegrants") || isAction("kms:generaterandom")
            || isAction("kms:createcustomkeystore") || isAction("kms:updatecustomkeystore")
            || isAction("kms:deletecustomkeystore") || isAction("kms:connectcustomkeystore")
            || isAction("kms:disconnectcustomkeystore") || isAction("kms:describecustomkeystores")
    }

    /// Whether the action is sts:AssumeRole or its kin, or what is asked for together with them; GetFederationToken's
    /// sessions, which are of no role, have tags too.
    private var makesSessionOfRole: Bool {
        if hasPrefix("sts:assumerole") { return true }
        guard isAction("sts:tagsession") || isAction("sts:setsourceidentity") else { return false }
        return !isResource("federated-user/") && !isResource("user/")
    }

    /// Whether the last part of the resource's ARN begins so.
    private func isResource(_ prefix: StaticString) -> Bool {
        let bytes = resource.span
        guard let start = bytes.index(afterColon: 5) else { return false }
        let length = prefix.utf8CodeUnitCount
        guard start &+ length <= bytes.count else { return false }
        return bytes.extracting(start..<start &+ length)
            .hasSameBytes(as: Bytes(start: prefix.utf8Start, count: length).span)
    }

    /// - Parameter name: in lower case.
    fileprivate func isAction(_ name: StaticString) -> Bool {
        action.count == name.utf8CodeUnitCount && hasPrefix(name)
    }

    /// - Parameter prefix: a service with its colon, in lower case.
    fileprivate func hasService(_ prefix: StaticString) -> Bool { hasPrefix(prefix) }

    private func hasPrefix(_ prefix: StaticString) -> Bool {
        let bytes = Bytes(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount)
        return action.span.hasPrefixIgnoringCase(bytes.span)
    }
}

extension Tally {
    // Functions rather than initializers, whose arguments would be counted.

    /// The union of policies; nil does not apply, and an empty list allows nothing.
    fileprivate static func union(_ policies: [CompiledPolicy]?, _ query: Query, _ context: Lookup) -> Tally {
        var verdict = Tally()
        guard let policies else { return verdict }
        verdict.take(policies, query, context)
        verdict.allows = verdict.allow != nil
        return verdict
    }

    /// The intersection of levels, each the union of its policies (rule 23).
    fileprivate static func intersection(_ levels: [PolicySet]?, _ query: Query, _ context: Lookup) -> Tally {
        var verdict = Tally()
        guard let levels else { return verdict }
        levels.withUncounted { levels in
            for level in levels where verdict.deny == nil {
                verdict.allow = nil
                verdict.reach = .none
                level._withUnsafeGuaranteedRef { $0.answer(query, context, into: &verdict) }
                if verdict.allow == nil { verdict.allows = false }
            }
        }
        return verdict
    }

    @inline(__always)
    private mutating func take(_ policies: [CompiledPolicy], _ query: Query, _ context: Lookup) {
        policies.withUncounted { policies in
            for policy in policies where deny == nil {
                policy._withUnsafeGuaranteedRef { $0.answer(query, context, into: &self) }
            }
        }
    }

    fileprivate func denial(_ type: PolicyType) -> Ruling? {
        deny.map { Ruling(outcome: .explicitlyDenied, policyType: type, statement: $0) }
    }

    fileprivate func allowance(_ type: PolicyType) -> Ruling? {
        allow.map { Ruling(outcome: .allowed, policyType: type, statement: $0) }
    }
}

/// A decision before its statement is named. Valid as long as the policies are.
private struct Ruling {
    let outcome: Decision.Outcome
    let policyType: PolicyType?
    let statement: UnsafePointer<CompiledStatement>?

    static var allowedWithoutPolicy: Ruling { Ruling(outcome: .allowed, policyType: nil, statement: nil) }

    static func missingAllow(_ type: PolicyType) -> Ruling {
        Ruling(outcome: .implicitlyDenied, policyType: type, statement: nil)
    }

    var decision: Decision {
        Decision(outcome: outcome, policyType: policyType, statement: statement?.pointee.reference)
    }
}
