public import Policy

/// One request with everything that binds it.
///
/// ```swift
/// let simulated = SimulatedCase(
///     request: AuthorizationRequest(
///         principal: try Principal(simulating: "arn:aws:iam::111122223333:user/alice"), action: "s3:GetObject",
///         resource: "arn:aws:s3:::home/x"),
///     inputs: PolicyInputs(identity: [policy]), context: ["aws:username": .one("alice")])
/// print(simulated.decision.isAllowed)
/// ```
///
/// It is evaluated by the same engine that guards a server's requests; only where the values come from differs.
public struct SimulatedCase: Sendable {
    /// Who asks for what.
    public var request: AuthorizationRequest
    /// The policies that bind the request.
    public var inputs: PolicyInputs
    /// The condition keys of the request, in any case, and no others: none is derived from the request, not even
    /// `aws:username`.
    public var context: [String: ContextValue]

    /// Makes a case of its three parts.
    public init(request: AuthorizationRequest, inputs: PolicyInputs, context: [String: ContextValue]) {
        self.request = request
        self.inputs = inputs
        self.context = context
    }

    /// The decision, worked out anew each time.
    public var decision: Decision { PolicyEvaluator.evaluate(request, inputs, DictionaryContext(context)) }

    /// The decision with everything that was looked at; slower than ``decision``.
    public var trace: Trace { PolicyEvaluator.explain(request, inputs, DictionaryContext(context)) }

    /// Whether a resource's policy is a role's trust policy in this case: the resource is a role, and the action is one
    /// of those of STS that make sessions of it.
    public static func isAboutTrust(action: String, resource: String) -> Bool {
        let parts = resource.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return action.lowercased().hasPrefix("sts:") && parts.count == 6 && parts[2] == "iam"
            && parts[5].hasPrefix("role/")
    }
}
