public import Policy

/// One request with all that binds it.
public struct SimulatedCase: Sendable {
    public var request: AuthorizationRequest
    public var inputs: PolicyInputs
    /// The condition keys of the request. Nothing else is: none is worked out from the request.
    public var context: [String: ContextValue]

    public init(request: AuthorizationRequest, inputs: PolicyInputs, context: [String: ContextValue]) {
        self.request = request
        self.inputs = inputs
        self.context = context
    }

    public var decision: Decision { PolicyEvaluator.evaluate(request, inputs, DictionaryContext(context)) }

    /// The decision with everything that was looked at.
    public var trace: Trace { PolicyEvaluator.explain(request, inputs, DictionaryContext(context)) }

    /// Whether the policy of a resource is a role's trust policy: the resource is a role, and the action one of those
    /// that make sessions of it.
    public static func isAboutTrust(action: String, resource: String) -> Bool {
        let parts = resource.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return action.lowercased().hasPrefix("sts:") && parts.count == 6 && parts[2] == "iam"
            && parts[5].hasPrefix("role/")
    }
}
