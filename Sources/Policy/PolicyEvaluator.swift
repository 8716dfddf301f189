/// Answers requests.
///
/// AWS: "Policy evaluation logic", IAM User Guide, `reference_policies_evaluation-logic.html`. The types of policy are
/// asked in the order of AWS's flow chart; of several types that deny, or lack an allow, the first is named.
public enum PolicyEvaluator {
    /// Decides a request.
    ///
    /// Looks only at statements that could match, whatever the number of policies. Allocates nothing unless the
    /// context does.
    public static func evaluate(
        _ request: AuthorizationRequest, _ inputs: PolicyInputs, _ context: some RequestContext
    ) -> Decision {
        Query.with(request, hasBoundary: inputs.boundaries != nil) { query in
            query.needsNoPermission ? .allowedWithoutPolicy : decide(query, inputs, context)
        }
    }

    private static func decide(
        _ query: Query, _ inputs: PolicyInputs, _ context: some RequestContext
    ) -> Decision {
        let bindings = inputs.bindings(of: query)

        // Every deny is looked for before any allow counts (rule 1).
        let resourceControl =
            bindings.resourceControlBinds ? Verdict(levels: inputs.resourceControl, query, context) : Verdict()
        if let deny = resourceControl.denial(.resourceControl) { return deny }
        let serviceControl =
            bindings.serviceControlBinds ? Verdict(levels: inputs.serviceControl, query, context) : Verdict()
        if let deny = serviceControl.denial(.serviceControl) { return deny }
        var resource = Verdict()
        inputs.roleTrust?.answer(query, context, into: &resource)
        if resource.deny == nil { inputs.resource?.answer(query, context, into: &resource) }
        if let deny = resource.denial(bindings.resourceType) { return deny }
        var identity = Verdict()
        let sets = inputs.identitySets.span
        for index in sets.indices where identity.deny == nil { sets[index].answer(query, context, into: &identity) }
        if let deny = identity.denial(.identity) { return deny }
        let boundary = Verdict(inputs.boundaries, query, context)
        if let deny = boundary.denial(.permissionsBoundary) { return deny }
        let session = Verdict(inputs.session, query, context)
        if let deny = session.denial(.session) { return deny }
        let endpoint = Verdict(inputs.endpoint, query, context)
        if let deny = endpoint.denial(.endpoint) { return deny }

        // What filters for everybody.
        if !resourceControl.allows { return .missingAllow(.resourceControl) }
        if !serviceControl.allows { return .missingAllow(.serviceControl) }
        if inputs.ignoresPublicPolicy(query, bindings) { resource = Verdict() }
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
        // Trust policies and key policies must allow even in the same account (rule 11).
        let isKeyPolicy = resource != nil && query.hasService("kms:")
        return Bindings(
            resourceControlBinds: isControlled && resourceControl != nil && !query.isAction("kms:retiregrant"),
            serviceControlBinds: isControlled && isInAccount,
            hasEmptySession: query.caller == .federatedUser && session == nil,
            resourceType: roleTrust != nil ? .roleTrust : .resource,
            needsResourceAllow: roleTrust != nil || isKeyPolicy || isCrossAccount || !isInAccount,
            isCrossAccount: isCrossAccount)
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
        let accountID = request.pointee.principal.accountID
        if let resourceAccount = request.pointee.resourceAccount {
            return PrincipalName.isAccountID(resourceAccount) && !resourceAccount.hasSameBytes(as: accountID)
        }
        let bytes = resource.span
        let colon = UInt8(ascii: ":")
        var start = 0
        for _ in 0..<4 {
            guard let next = bytes.firstIndex(of: colon, from: start) else { return false }
            start = next &+ 1
        }
        guard let end = bytes.firstIndex(of: colon, from: start), end &- start == 12,
            bytes.number(start..<end, maximum: 999_999_999_999) != nil
        else { return false }
        let own = accountID.utf8
        return !bytes.extracting(start..<end).hasSameBytes(as: own.span)
    }

    /// - Parameter name: in lower case.
    fileprivate func isAction(_ name: String) -> Bool {
        let other = name.utf8
        return action.count == other.count && action.span.hasPrefixIgnoringCase(other.span)
    }

    /// - Parameter prefix: a service with its colon, in lower case.
    fileprivate func hasService(_ prefix: String) -> Bool {
        let other = prefix.utf8
        return action.span.hasPrefixIgnoringCase(other.span)
    }
}

extension Verdict {
    /// The union of policies; nil does not apply, and an empty list allows nothing.
    fileprivate init(_ policies: [CompiledPolicy]?, _ query: Query, _ context: some RequestContext) {
        guard let policies else { return }
        take(policies.span, query, context)
        allows = allow != nil
    }

    /// The intersection of levels, each the union of its policies (rule 23).
    fileprivate init(levels: [[CompiledPolicy]]?, _ query: Query, _ context: some RequestContext) {
        guard let levels else { return }
        let all = levels.span
        for level in all.indices {
            allow = nil
            reach = .none
            take(all[level].span, query, context)
            if deny != nil { return }
            if allow == nil { allows = false }
        }
    }

    private mutating func take(
        _ policies: Span<CompiledPolicy>, _ query: Query, _ context: some RequestContext
    ) {
        for index in policies.indices {
            // The inputs keep it alive.
            Unmanaged.passUnretained(policies[index])._withUnsafeGuaranteedRef {
                $0.answer(query, context, into: &self)
            }
            if deny != nil { return }
        }
    }

    fileprivate func denial(_ type: PolicyType) -> Decision? {
        guard let deny else { return nil }
        return Decision(
            outcome: .explicitlyDenied, policyType: type, statement: deny._withUnsafeGuaranteedRef { $0.reference })
    }

    fileprivate func allowance(_ type: PolicyType) -> Decision? {
        guard let allow else { return nil }
        return Decision(outcome: .allowed, policyType: type, statement: allow._withUnsafeGuaranteedRef { $0.reference })
    }
}

extension Decision {
    fileprivate static var allowedWithoutPolicy: Decision {
        Decision(outcome: .allowed, policyType: nil, statement: nil)
    }

    fileprivate static func missingAllow(_ type: PolicyType) -> Decision {
        Decision(outcome: .implicitlyDenied, policyType: type, statement: nil)
    }
}
