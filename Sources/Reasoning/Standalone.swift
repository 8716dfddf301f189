import Policy

// A policy by itself, with everything beside it that can only take away allowing all: the question is what *it* grants.

extension PolicyInputs {
    /// What binds a request of a caller if there is nothing but one policy.
    init(alone policy: CompiledPolicy, _ principal: Principal) {
        let all = Self.allowAll
        self.init(identity: [all])
        ignoresResourceSide = true
        // Without a session policy, a federated user's session has nothing but what resources grant it (rule 16).
        if principal.kind == .federatedUser { session = [all] }
        switch policy.source.type {
        case .identity: identity = [policy]
        case .permissionsBoundary: boundaries = [policy]
        case .session: session = [policy]
        case .serviceControl: serviceControl = [[policy]]
        case .resourceControl:
            resourceControl = [[policy]]
            resource = Self.openToAll
        case .endpoint:
            endpoint = [policy]
            resource = Self.openToAll
        case .resource:
            resource = policy
            ignoresResourceSide = false
            requiredPolicy = .resource
        case .roleTrust:
            roleTrust = policy
            ignoresResourceSide = false
        }
    }

    private static let allowAll = CompiledPolicy.allowingAll(.identity)
    private static let openToAll = CompiledPolicy.allowingAll(.resource)
}

extension CompiledPolicy {
    /// A policy that allows everything, and to everybody where it names somebody.
    static func allowingAll(_ type: PolicyType) -> CompiledPolicy {
        let principal = type == .resource ? #""Principal":"*","# : ""
        let text =
            #"{"Version":"2012-10-17","Statement":{"Effect":"Allow",\#(principal)"Action":"*","Resource":"*"}}"#
        let source = PolicySource(type: type, name: "everything")
        // The text is constant, and right.
        guard let document = try? PolicyDocument(parsing: text, as: type, strictness: .evaluable) else {
            return .denyingEverything(source)
        }
        return CompiledPolicy(document, source: source)
    }
}
