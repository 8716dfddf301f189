/// Answers requests.
///
/// AWS: "Policy evaluation logic", IAM User Guide, `reference_policies_evaluation-logic.html`. The types of policy are
/// asked in the order of AWS's flow chart; of several types that deny, or lack an allow, the first is named.
public enum PolicyEvaluator {
    /// Decides a request.
    ///
    /// Looks only at statements that the action could match. Allocates nothing unless the context does.
    public static func evaluate(
        _ request: AuthorizationRequest, _ inputs: PolicyInputs, _ context: some RequestContext
    ) -> Decision {
        if request.needsNoPermission { return .allowedWithoutPolicy }
        let query = Query(request, hasBoundary: inputs.boundaries != nil)
        let bindings = inputs.bindings(of: request)

        // Every deny is looked for before any allow counts (rule 1).
        let resourceControl = Verdict(levels: bindings.resourceControl, query, context)
        if let deny = resourceControl.denial(.resourceControl) { return deny }
        let serviceControl = Verdict(levels: bindings.serviceControl, query, context)
        if let deny = serviceControl.denial(.serviceControl) { return deny }
        var resource = Verdict()
        if let policy = inputs.roleTrust { resource.take(policy, query, context) }
        if let policy = inputs.resource { resource.take(policy, query, context) }
        if let deny = resource.denial(bindings.resourceType) { return deny }
        let identity = Verdict(inputs.identity, query, context)
        if let deny = identity.denial(.identity) { return deny }
        let boundary = Verdict(inputs.boundaries, query, context)
        if let deny = boundary.denial(.permissionsBoundary) { return deny }
        let session = Verdict(bindings.session, query, context)
        if let deny = session.denial(.session) { return deny }
        let endpoint = Verdict(inputs.endpoint, query, context)
        if let deny = endpoint.denial(.endpoint) { return deny }

        // What filters for everybody.
        if !resourceControl.allows { return .missingAllow(.resourceControl) }
        if !serviceControl.allows { return .missingAllow(.serviceControl) }
        if bindings.needsResourceAllow, resource.reach == .none { return .missingAllow(bindings.resourceType) }

        // What the caller's own policies must grant, and what the resource's policy spares it (rules 2 to 8, 10).
        let isRoot = request.principal.kind == .root
        if request.principal.isInAccount {
            let spares = bindings.isCrossAccount ? Reach.none : resource.reach
            if spares < .role, !isRoot, identity.allow == nil { return .missingAllow(.identity) }
            if spares < .full, !boundary.allows { return .missingAllow(.permissionsBoundary) }
            if spares < .full, !session.allows { return .missingAllow(.session) }
        }
        if !endpoint.allows { return .missingAllow(.endpoint) }

        if bindings.needsResourceAllow, let allow = resource.allowance(bindings.resourceType) { return allow }
        if let allow = identity.allowance(.identity) { return allow }
        if isRoot { return .allowedWithoutPolicy }
        return resource.allowance(bindings.resourceType) ?? .missingAllow(.identity)
    }
}

/// Which policies bind one request, and how: the part of the rules that depends on who asks for what, where.
struct Bindings {
    /// nil: they do not bind this request.
    let resourceControl: [[CompiledPolicy]]?
    let serviceControl: [[CompiledPolicy]]?
    let session: [CompiledPolicy]?
    /// The type that the resource's side is called by.
    let resourceType: PolicyType
    /// Whether the resource's side must allow, whatever the caller's own policies say.
    let needsResourceAllow: Bool
    let isCrossAccount: Bool
}

extension PolicyInputs {
    func bindings(of request: AuthorizationRequest) -> Bindings {
        let principal = request.principal
        let isInAccount = principal.isInAccount
        let isCrossAccount = isInAccount && request.isCrossAccount
        // Service control policies govern principals of accounts only (rule 14), neither kind of control policy
        // governs service-linked roles, and resource control policies not kms:RetireGrant (rules 22 and 25).
        let isControlled = !principal.isServiceLinkedRole
        // A federated user session without a session policy has only what resource-based policies grant it
        // (rule 16): an empty list of session policies, not none.
        let hasEmptySession = principal.kind == .federatedUser && session == nil
        // Trust policies and key policies must allow even in the same account (rule 11).
        let isKeyPolicy = resource != nil && request.hasService("kms:")
        return Bindings(
            resourceControl: isControlled && !request.isAction("kms:retiregrant") ? resourceControl : nil,
            serviceControl: isControlled && isInAccount ? serviceControl : nil,
            session: hasEmptySession ? [] : session,
            resourceType: roleTrust != nil ? .roleTrust : .resource,
            needsResourceAllow: roleTrust != nil || isKeyPolicy || isCrossAccount || !isInAccount,
            isCrossAccount: isCrossAccount)
    }
}

extension AuthorizationRequest {
    /// sts:GetCallerIdentity cannot be denied to whoever has credentials (rule 17).
    var needsNoPermission: Bool { isAction("sts:getcalleridentity") && principal.kind != .anonymous }

    /// Whether the resource belongs to another account than the caller. An ARN without an account number says
    /// nothing about that, and what belongs to "aws" (managed policies) belongs to everybody.
    fileprivate var isCrossAccount: Bool {
        if let resourceAccount {
            return PrincipalName.isAccountID(resourceAccount) && !resourceAccount.hasSameBytes(as: principal.accountID)
        }
        let utf8 = resource.utf8
        let bytes = utf8.span
        let colon = UInt8(ascii: ":")
        var start = 0
        for _ in 0..<4 {
            guard let next = bytes.firstIndex(of: colon, from: start) else { return false }
            start = next &+ 1
        }
        guard let end = bytes.firstIndex(of: colon, from: start), end &- start == 12,
            bytes.number(start..<end, maximum: 999_999_999_999) != nil
        else { return false }
        let own = principal.accountID.utf8
        return !bytes.extracting(start..<end).hasSameBytes(as: own.span)
    }

    /// - Parameter name: in lower case.
    fileprivate func isAction(_ name: String) -> Bool {
        let own = action.utf8
        let other = name.utf8
        return own.count == other.count && own.span.hasPrefixIgnoringCase(other.span)
    }

    /// - Parameter prefix: a service with its colon, in lower case.
    fileprivate func hasService(_ prefix: String) -> Bool {
        let own = action.utf8
        let other = prefix.utf8
        return own.span.hasPrefixIgnoringCase(other.span)
    }
}

/// What the policies of one type say together.
private struct Verdict {
    private(set) var deny: (policy: CompiledPolicy, statement: Int)?
    private(set) var allow: (policy: CompiledPolicy, statement: Int)?
    private(set) var reach = Reach.none
    /// Whether this type stands in no allow's way: it does not apply, or it allows.
    private(set) var allows = true

    init() {}

    /// The union of policies; nil does not apply, and an empty list allows nothing.
    init(_ policies: [CompiledPolicy]?, _ query: borrowing Query, _ context: some RequestContext) {
        guard let policies else { return }
        take(all: policies, query, context)
        allows = allow != nil
    }

    /// The intersection of levels, each the union of its policies (rule 23).
    init(levels: [[CompiledPolicy]]?, _ query: borrowing Query, _ context: some RequestContext) {
        guard let levels else { return }
        for policies in levels {
            allow = nil
            reach = .none
            take(all: policies, query, context)
            if deny != nil { return }
            if allow == nil { allows = false }
        }
    }

    mutating func take(_ policy: CompiledPolicy, _ query: borrowing Query, _ context: some RequestContext) {
        let answer = policy.answer(query, context)
        if let statement = answer.deny { deny = (policy, statement) }
        if let statement = answer.allow, answer.reach > reach {
            allow = (policy, statement)
            reach = answer.reach
        }
    }

    private mutating func take(
        all policies: [CompiledPolicy], _ query: borrowing Query, _ context: some RequestContext
    ) {
        for policy in policies {
            take(policy, query, context)
            if deny != nil { return }
        }
    }

    func denial(_ type: PolicyType) -> Decision? {
        deny.map {
            Decision(outcome: .explicitlyDenied, policyType: type, statement: $0.policy.reference($0.statement))
        }
    }

    func allowance(_ type: PolicyType) -> Decision? {
        allow.map { Decision(outcome: .allowed, policyType: type, statement: $0.policy.reference($0.statement)) }
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
