// Rules are numbered as in Documentation/PolicyRules.md.

/// The statement of a policy that decided.
public struct StatementReference: Sendable, Hashable, CustomStringConvertible {
    /// One object for each policy: to name a statement costs no copying.
    private let origin: PolicyOrigin
    /// Counted from 0.
    public let index: Int

    init(_ origin: PolicyOrigin, index: Int) {
        self.origin = origin
        self.index = index
    }

    public var policy: PolicySource { origin.source }
    public var sid: String? { origin.sids.indices.contains(index) ? origin.sids[index] : nil }

    public var description: String { "\(policy.summary), statement \(index + 1)" }

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
public struct Decision: Sendable, Hashable {
    public enum Outcome: String, Sendable, Hashable {
        case allowed
        case explicitlyDenied
        case implicitlyDenied
    }

    public let outcome: Outcome
    /// The type of the policy that decided, or that lacked an allow; nil for what is allowed without any policy
    /// (root, rule 1; sts:GetCallerIdentity, rule 17) and by a grant of a KMS key (rule 13).
    public let policyType: PolicyType?
    /// The deciding statement; nil for implicit denies and for what is allowed without any policy.
    public let statement: StatementReference?

    public init(outcome: Outcome, policyType: PolicyType?, statement: StatementReference?) {
        self.outcome = outcome
        self.policyType = policyType
        self.statement = statement
    }

    public var isAllowed: Bool { outcome == .allowed }

    /// AWS's AccessDenied text (rules 57 and 58; `troubleshoot_access-denied.html`); "" for an allowed request.
    ///
    /// The resource is named unless the request has none ("*"). A policy's ARN is shown for the types for which AWS
    /// shows it, where the policy has one.
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
