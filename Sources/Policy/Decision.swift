// Rules are numbered as in Documentation/PolicyRules.md.

/// The statement of a policy that decided, by its policy's source and its place.
///
/// It costs no copying, and keeps only the names of the policy alive, not the policy.
public struct StatementReference: Sendable, Hashable, CustomStringConvertible {
    /// One object for each policy: to name a statement costs no copying.
    private let origin: PolicyOrigin
    /// The statement's place in its document, counted from 0. Messages count from 1.
    public let index: Int

    init(_ origin: PolicyOrigin, index: Int) {
        self.origin = origin
        self.index = index
    }

    /// Where the statement's policy comes from.
    public var policy: PolicySource { origin.source }
    /// The same in words, made once for each policy.
    var policySummary: String { origin.summary }
    /// `statement 1 "Sid"`
    var name: String {
        origin.names.indices.contains(index) ? origin.names[index] : statementName(index, nil)
    }
    /// The statement's Sid; nil if it has none.
    public var sid: String? { origin.sids.indices.contains(index) ? origin.sids[index] : nil }

    /// For people: "identity-based policy ReadHome, statement 1".
    public var description: String { "\(policySummary), statement \(index + 1)" }

    public static func == (left: StatementReference, right: StatementReference) -> Bool {
        left.index == right.index
            && (left.origin === right.origin || (left.sid == right.sid && left.policy == right.policy))
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(policy)
        hasher.combine(index)
    }
}

/// The answer to a request, with its reason.
///
/// There is one reason, as in AWS's answers: the first deny in the order of evaluation, or the first type of policy
/// that had to allow and did not, or the statement that allowed. AWS's AccessDenied messages, `gatehouse why`,
/// `SimulatePrincipalPolicy` and `DecodeAuthorizationMessage` all print from this value.
///
/// ```swift
/// let decision = PolicyEvaluator.evaluate(request, inputs, context)
/// switch decision.outcome {
/// case .allowed: print("yes")
/// case .explicitlyDenied, .implicitlyDenied: print(decision.message(for: request))
/// }
/// ```
///
/// For every policy, statement and condition that was looked at, see ``PolicyEvaluator/explain(_:_:_:)``.
public struct Decision: Sendable, Hashable {
    /// The three outcomes of AWS's evaluation logic. The raw values are Gatehouse's own; APIs spell them in their own
    /// ways.
    public enum Outcome: String, Sendable, Hashable {
        /// Every type of policy that had to allow the request does, and none denies it.
        case allowed
        /// A statement with the effect Deny applies to the request.
        case explicitlyDenied
        /// No statement denies the request, but some type of policy that had to allow it does not.
        case implicitlyDenied
    }

    /// Whether the request is allowed, and if not, in which of the two ways it is denied.
    public let outcome: Outcome
    /// The type of the policy that decided, or that lacked an allow; nil for what is allowed without any policy
    /// (root, rule 1; sts:GetCallerIdentity, rule 17) and by a grant of a KMS key (rule 13).
    public let policyType: PolicyType?
    /// The deciding statement; nil for implicit denies and for what is allowed without any policy.
    public let statement: StatementReference?

    /// Makes a decision. For whoever decides without policies, or prints a decision that was recorded.
    public init(outcome: Outcome, policyType: PolicyType?, statement: StatementReference?) {
        self.outcome = outcome
        self.policyType = policyType
        self.statement = statement
    }

    /// Whether the outcome is `allowed`. For callers that need no reason, ``PolicyEvaluator/allows(_:_:_:)`` is
    /// cheaper.
    public var isAllowed: Bool { outcome == .allowed }

    /// The text of AWS's AccessDenied error (rules 57 and 58); "" for an allowed request.
    ///
    /// ```text
    /// User: arn:aws:iam::111122223333:user/ann is not authorized to perform: iam:CreateUser on resource:
    /// arn:aws:iam::111122223333:user/bob because no identity-based policy allows the iam:CreateUser action
    /// ```
    ///
    /// The resource is named unless the request has none ("*"). A policy's ARN is shown for the types for which AWS
    /// shows it, where the policy has one.
    ///
    /// AWS: "Troubleshoot access denied error messages", `troubleshoot_access-denied.html`.
    /// - Parameter request: the one that was decided; the decision itself keeps no copy of it.
    public func message(for request: AuthorizationRequest) -> String {
        guard outcome != .allowed else { return "" }
        let type = policyType ?? .identity
        // Anonymous callers have no ARN: AWS writes "User: anonymous".
        let caller = request.principal.kind == .anonymous ? "anonymous" : request.principal.displayARN
        var text = "User: \(caller) is not authorized to perform: \(request.action)"
        if request.resource != "*", !request.resource.isEmpty { text += " on resource: \(request.resource)" }
        if outcome == .implicitlyDenied {
            return text + " because no \(type.displayName) allows the \(request.action) action"
        }
        text += " with an explicit deny in \(type.displayNameWithArticle)"
        if type.showsARN, let arn = statement?.policy.arn { text += ": \(arn)" }
        return text
    }
}

extension PolicyType {
    /// Whether AWS's messages show the ARN of a policy of this type that denied explicitly (rule 58).
    fileprivate var showsARN: Bool {
        switch self {
        case .serviceControl, .resourceControl, .identity, .permissionsBoundary, .session: true
        case .resource, .endpoint, .roleTrust: false
        }
    }
}

extension Principal {
    /// What stands after "User:" in messages.
    fileprivate var displayARN: String { arn.isEmpty ? service ?? arn : arn }
}
