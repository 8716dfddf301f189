public import Directory
public import Policy

/// What is known of a resource when a request asks for it: the resource's side of a decision.
public struct Resource: Sendable {
    /// The account that owns it; nil: the one in its ARN.
    public var owner: String?
    public var tags: [Tag] = []
    /// Its resource-based policy, compiled.
    public var policy: CompiledPolicy?
    /// The grants of a KMS key that are in effect for the request.
    public var grants: [KeyGrant] = []
    /// Whether S3 Block Public Access takes from outsiders what a public policy allows.
    public var restrictsPublicBuckets = false
    /// The policies of the VPC endpoint or access point that the request came through; nil: of none.
    public var endpointPolicies: [CompiledPolicy]?
    /// Further condition keys that the resource brings, lower-case.
    public var context: [String: ContextValue] = [:]

    /// - Parameters: see the properties of the same names.
    public init(owner: String? = nil, tags: [Tag] = [], policy: CompiledPolicy? = nil) {
        self.owner = owner
        self.tags = tags
        self.policy = policy
    }
}

/// A type of resource, as its module declares it, so that the authoriser can fetch the resource's side of every request
/// by the ARN alone. An operation can't forget it.
public struct ResourceType: Sendable {
    /// Whether resources of the type have resource-based policies, and what it means that one has none. What is done
    /// with KMS keys, and who gets sessions of roles, the policy engine itself knows to need one.
    public enum PolicyRule: Sendable {
        /// It has none; or one without which its account's own policies decide.
        case optional
        /// It can't be without: where none is found, nobody is allowed.
        case required
    }

    /// The service in the ARN: `kms`.
    public let service: String
    /// What the ARN's last part begins with: `key/`; empty for all resources of the service, and for what its actions
    /// ask for that have none (`*`).
    public let prefix: String
    public let policyRule: PolicyRule
    /// Looks a resource up, from memory; nil when there is no such resource.
    public let find: @Sendable (_ access: Access, _ arn: ARN, _ call: Call) -> Resource?

    /// - Parameters: see the properties.
    public init(
        _ service: String, _ prefix: String, policy: PolicyRule = .optional,
        find: @escaping @Sendable (_ access: Access, _ arn: ARN, _ call: Call) -> Resource?
    ) {
        self.service = service
        self.prefix = prefix
        policyRule = policy
        self.find = find
    }
}

/// The resource types of all modules, found by ARN.
struct ResourceTypes: Sendable {
    /// By the ARN's service, the longest prefix first.
    private let types: [String: [ResourceType]]

    init(of modules: [ServiceModule]) {
        types = Dictionary(grouping: modules.flatMap(\.resourceTypes), by: \.service).mapValues { types in
            types.sorted { $0.prefix.utf8.count > $1.prefix.utf8.count }
        }
    }

    /// - Complexity: linear in the types of one service.
    func type(of arn: ARN) -> ResourceType? {
        types[arn.service]?.first { arn.resource.utf8.starts(with: $0.prefix.utf8) }
    }
}

extension Access {
    /// What the policies are to be asked about, with the resource's side: of the access's own ARN, as the type of
    /// resource says that it is found.
    public struct Resolved: Sendable {
        /// With the resource's owner.
        public let access: Access
        /// What the access names; of an action that has no resource (`*`) the service in the caller's account. nil for
        /// what is no ARN.
        public let arn: ARN?
        /// nil where the access names no resource, or one of a type that no module declares, or that is not there.
        public let resource: Resource?
        /// The type of policy without which nobody is allowed; nil where the type of resource may be without.
        public let requiredPolicy: PolicyType?

        /// The account that the resource is in; the caller's for an action that has no resource.
        public func owner(_ call: Call) -> String {
            if let account = access.resourceAccount { return account }
            guard let account = arn?.account, account.utf8.count == 12 else { return call.accountID }
            return account
        }

        /// A condition key of the access's or the resource's; those that the operation gave go before.
        /// - Parameter key: in lower case.
        public func value(of key: String) -> ContextValue? {
            if let value = access.context[key] { return value }
            guard let arn, let resource else { return nil }
            if let value = resource.context[key] { return value }
            guard !resource.tags.isEmpty, let tag = ConditionKeys.resourceTag(in: key, service: arn.service) else {
                return nil
            }
            return resource.tags.last { ConditionKeys.folded($0.key) == tag }.map { .one($0.value) }
        }

        /// All condition keys of the access's and the resource's, lower-case.
        public var context: [String: ContextValue] {
            guard let arn, let resource else { return access.context }
            return access.context.merging(resource.context) { own, _ in own }
                .merging(ConditionKeys.resourceTags(resource.tags, service: arn.service)) { own, _ in own }
        }
    }

    /// Looks the resource up.
    public func resolved(_ call: Call) -> Resolved {
        let arn = resourceARN(call)
        guard !isOfNewResource, let arn, let type = call.environment.resourceTypes.type(of: arn) else {
            return Resolved(access: self, arn: arn, resource: nil, requiredPolicy: nil)
        }
        var access = self
        let resource = type.find(self, arn, call)
        if access.resourceAccount == nil { access.resourceAccount = resource?.owner }
        let required = type.policyRule == .required ? PolicyType.resource : nil
        return Resolved(access: access, arn: arn, resource: resource, requiredPolicy: required)
    }

    private func resourceARN(_ call: Call) -> ARN? {
        if resource == "*" {
            let service = action.utf8.prefix { $0 != UInt8(ascii: ":") }
            return ARN(service: String(Substring(service)), account: call.accountID, resource: "*")
        }
        return ARN(parsing: resource)
    }
}
