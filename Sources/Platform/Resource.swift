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
        /// With the resource's owner and condition keys. Those that the operation gave itself go before.
        public let access: Access
        /// nil where the access names no resource, or one of a type that no module declares, or that is not there.
        public let resource: Resource?
        /// The type of policy without which nobody is allowed; nil where the type of resource may be without.
        public let requiredPolicy: PolicyType?
    }

    /// Looks the resource up.
    public func resolved(_ call: Call) -> Resolved {
        guard !isOfNewResource, let arn = resourceARN(call), let type = call.environment.resourceTypes.type(of: arn)
        else {
            return Resolved(access: self, resource: nil, requiredPolicy: nil)
        }
        var access = self
        let resource = type.find(self, arn, call)
        if let resource {
            if access.resourceAccount == nil { access.resourceAccount = resource.owner }
            if !resource.tags.isEmpty {
                let keys = ConditionKeys.resourceTags(resource.tags, service: arn.service)
                access.context.merge(keys) { own, _ in own }
            }
            if !resource.context.isEmpty { access.context.merge(resource.context) { own, _ in own } }
        }
        let required = type.policyRule == .required ? PolicyType.resource : nil
        return Resolved(access: access, resource: resource, requiredPolicy: required)
    }

    private func resourceARN(_ call: Call) -> ARN? {
        if resource == "*" {
            return action.split(separator: ":", maxSplits: 1).first.map {
                ARN(service: String($0), account: call.accountID, resource: "*")
            }
        }
        return ARN(parsing: resource)
    }
}
