public import Policy

/// A request that was denied, with everything that binds it and what is known around it: what remedies are searched for.
///
/// ```swift
/// let denied = DeniedRequest(request, PolicyInputs(identity: [policy]), context: ["aws:username": .one("alice")])
/// for remedy in RemedySearch(denied).report().remedies { print(remedy.title) }
/// ```
///
/// ``DecisionStages`` draws the decision of any request, also of one that is allowed, from the same value.
public struct DeniedRequest: Sendable {
    /// Who asks for what.
    public var request: AuthorizationRequest
    /// Every policy that binds the request.
    public var inputs: PolicyInputs
    /// The condition keys of the request, in lower case.
    public var context: [String: ContextValue]
    /// Roles as which the caller may perhaps act instead.
    public var otherRoles: [OtherRole] = []
    /// How a document is shown, since users and roles are kept by their unique ids.
    public var shown: @Sendable (String, PolicyType) -> String = { text, _ in text }

    /// Makes a request. `aws:PrincipalArn`, which every request has that can be signed, is filled in where it is missing.
    public init(_ request: AuthorizationRequest, _ inputs: PolicyInputs, context: [String: ContextValue]) {
        self.request = request
        self.inputs = inputs
        self.context = Dictionary(
            context.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
        if self.context["aws:principalarn"] == nil, let arn = request.principal.lastingARN {
            self.context["aws:principalarn"] = .one(arn)
        }
    }

    /// What the policies say to it.
    public var decision: Decision { PolicyEvaluator.evaluate(request, inputs, DictionaryContext(context)) }

    /// The same, with everything that was looked at.
    public var trace: Trace { PolicyEvaluator.explain(request, inputs, DictionaryContext(context)) }
}

/// A role of an account, as which somebody may act.
public struct OtherRole: Sendable {
    /// One of its sessions.
    public var principal: Principal
    /// What binds the role's sessions: their policies, boundary and control policies. What guards the resource is not read.
    public var inputs: PolicyInputs
    /// Who may make sessions of it.
    public var trust: CompiledPolicy?
    /// The resource control policies of its account; nil: none bind.
    public var resourceControlLevels: [PolicySet]?
    /// The condition keys that its sessions have, in lower case.
    public var context: [String: ContextValue]
    /// The condition keys that the role has as the resource of `sts:AssumeRole`, in lower case.
    public var resourceContext: [String: ContextValue]

    /// Makes a role; see the properties.
    public init(
        _ principal: Principal, inputs: PolicyInputs, trust: CompiledPolicy?, resourceControlLevels: [PolicySet]? = nil,
        context: [String: ContextValue] = [:], resourceContext: [String: ContextValue] = [:]
    ) {
        self.principal = principal
        self.inputs = inputs
        self.trust = trust
        self.resourceControlLevels = resourceControlLevels
        self.context = context
        self.resourceContext = resourceContext
    }
}

extension Principal {
    /// `aws:PrincipalArn`: of a session its role's. nil for who is of no account.
    var lastingARN: String? {
        switch kind {
        case .root, .user, .role, .federatedUser: arn
        case .roleSession: roleARN ?? arn
        case .webIdentity, .saml, .service, .anonymous: nil
        }
    }

    /// The user or role whose identity-based policies bind the caller; nil: none do.
    var policyHolder: String? {
        switch kind {
        case .user, .role: arn
        case .roleSession: roleARN
        case .federatedUser: parentUserARN
        case .root, .webIdentity, .saml, .service, .anonymous: nil
        }
    }
}
