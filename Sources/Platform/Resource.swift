public import Directory
public import Policy

/// What is known of a resource when a request asks for it: the resource's side of a decision.
///
/// A ``ResourceType`` looks it up, from memory. What a type does not have is left at its default.
public struct Resource: Sendable {
    /// The account that owns it; nil: the one in its ARN.
    public var owner: String?
    /// The resource's tags, from which `aws:ResourceTag/…` is made.
    public var tags: [Tag] = []
    /// Its resource-based policy, compiled; nil if it has none, which means what the type's ``ResourceType/PolicyRule``
    /// says.
    public var policy: CompiledPolicy?
    /// What an access control list of S3 grants, as a policy that is asked beside ``policy``.
    public var accessControlList: CompiledPolicy?
    /// The account whose word counts for the request, where it is another than ``owner``: of an object in a bucket of
    /// somebody else. The resource's policy can then only deny. nil: the owner's.
    public var authority: String?
    /// The grants of a KMS key that are in effect for the request.
    public var grants: [KeyGrant] = []
    /// Whether S3 Block Public Access takes from outsiders what a public policy allows.
    public var restrictsPublicBuckets = false
    /// The policies of the VPC endpoint or access point that the request came through; nil: of none.
    public var endpointPolicies: [CompiledPolicy]?
    /// Whether resource control policies have no say about it: AWS's own keys, which its services use for an account.
    public var isBeyondResourceControl = false
    /// What carries the tags that events show, and those tags, where it is not the resource itself with ``tags``: of an object
    /// the bucket.
    public var tagged: (arn: String, tags: [Tag])?
    /// Further condition keys that the resource brings, in lower case.
    public var context: [String: ContextValue] = [:]

    /// Makes a resource; see the properties of the same names.
    public init(owner: String? = nil, tags: [Tag] = [], policy: CompiledPolicy? = nil) {
        self.owner = owner
        self.tags = tags
        self.policy = policy
    }
}

/// A type of resource, as its module declares it: how the gate fetches the resource's side of every request by the ARN
/// alone. An operation can't forget it.
///
/// ```swift
/// extension ResourceType {
///     static let box = ResourceType("vault", "box/", policy: .required) { access, _, call in
///         call.environment.projection(BoxIndex.self).policy(ofBox: access.resource).map { Resource(policy: $0) }
///     }
/// }
/// ```
public struct ResourceType: Sendable {
    /// Whether resources of the type have resource-based policies, and what it means if one has none.
    ///
    /// The policy engine knows by itself that KMS keys and roles to be assumed need a policy.
    public enum PolicyRule: Sendable {
        /// It has none, or can do without: then the policies of its account's principals decide.
        case optional
        /// It can't be without: where none is found, nobody is allowed.
        case required
    }

    /// The service in the ARN: `kms`.
    public let service: String
    /// What the ARN's last part begins with: `key/`. Empty for all resources of the service, and for `*`, which is what
    /// actions without a resource ask for.
    public let prefix: String
    /// What it means if a resource has no policy.
    let policyRule: PolicyRule
    /// Whether the service has a condition key of its own for the resource's tags, as `iam:ResourceTag/…` is, besides
    /// `aws:ResourceTag/…`.
    let hasOwnTagKey: Bool
    /// Whether what the ARN ends with may be any text, as with objects, whose keys have spaces and letters of all scripts. The
    /// names of other resources are printable ASCII: for what is not, no resource is looked up.
    let hasFreeNames: Bool
    /// Looks up a resource, from memory; nil when there is no such resource. Then the ARN's account owns it, and it has
    /// no tags.
    public let find: @Sendable (_ access: Access, _ arn: ARN, _ call: Call) -> Resource?

    /// Makes a type; put it into the module's ``ServiceModule/resourceTypes``.
    public init(
        _ service: String, _ prefix: String, policy: PolicyRule = .optional, hasOwnTagKey: Bool = true,
        hasFreeNames: Bool = false, find: @escaping @Sendable (_ access: Access, _ arn: ARN, _ call: Call) -> Resource?
    ) {
        self.service = service
        self.prefix = prefix
        policyRule = policy
        self.hasOwnTagKey = hasOwnTagKey
        self.hasFreeNames = hasFreeNames
        self.find = find
    }
}

/// The resource types of all modules, found by ARN.
struct ResourceTypes: Sendable {
    /// By the ARN's service, the longest prefix first.
    private let types: [String: [ResourceType]]

    init(_ types: [ResourceType]) {
        self.types = Dictionary(grouping: types, by: \.service).mapValues { types in
            types.sorted { $0.prefix.utf8.count > $1.prefix.utf8.count }
        }
    }

    /// - Complexity: linear in the types of one service.
    func type(of arn: ARN) -> ResourceType? {
        types[arn.service]?.first { arn.resource.utf8.starts(with: $0.prefix.utf8) }
    }
}

extension Access {
    /// What the policies are to be asked about: an access with the resource's side, looked up as the type of resource
    /// says.
    public final class Resolved: Sendable {
        /// The access, with the resource's owner filled in.
        public let access: Access
        /// What the access names; for an action that has no resource (`*`), the service in the caller's account. nil
        /// for what is no ARN.
        public let arn: ARN?
        /// The resource's side; nil where the access names no resource, or one that doesn't exist, or whose type no
        /// module declares.
        public let resource: Resource?
        /// The type of policy without which nobody is allowed; nil where the type of resource can do without.
        public let requiredPolicy: PolicyType?
        /// What the service's own condition key for the resource's tags begins with; nil: it has none.
        let tagKeyPrefix: String?

        fileprivate init(
            access: consuming Access, arn: ARN?, resource: Resource?, requiredPolicy: PolicyType?, tagKeyPrefix: String?
        ) {
            self.access = access
            self.arn = arn
            self.resource = resource
            self.requiredPolicy = requiredPolicy
            self.tagKeyPrefix = tagKeyPrefix
        }

        /// The account that the resource is in; the caller's for an action that has no resource.
        public func owner(_ call: Call) -> String {
            if let account = access.resourceAccount { return account }
            guard let account = arn?.account, account.utf8.count == 12 else { return call.accountID }
            return account
        }

        /// A condition key of the access or of the resource; those that the operation gave take precedence.
        /// - Parameter key: in lower case.
        public func value(of key: String) -> ContextValue? {
            if let value = access.context[key] { return value }
            guard let resource else { return nil }
            if let value = resource.context[key] { return value }
            guard !resource.tags.isEmpty, let tag = ConditionKeys.resourceTag(in: key, service: tagKeyPrefix) else {
                return nil
            }
            return resource.tags.last { ConditionKeys.folded($0.key) == tag }.map { .one($0.value) }
        }

        /// All condition keys of the access and of the resource, in lower case; for the event and for `gatehouse why`.
        public var context: [String: ContextValue] {
            guard let resource else { return access.context }
            return access.context.merging(resource.context) { own, _ in own }
                .merging(ConditionKeys.resourceTags(resource.tags, service: tagKeyPrefix)) { own, _ in own }
        }
    }

    /// Looks up the resource, with the type that its module declares.
    /// - Complexity: one look-up in memory, and what the type's `find` costs.
    public consuming func resolved(_ call: Call) -> Resolved {
        let types = call.environment.resourceTypes
        var arn = resourceARN(call)
        if arn == nil, let free = ARN(parsingFreely: resource), types.type(of: free)?.hasFreeNames == true {
            arn = free
        }
        guard !isOfNewResource, let arn, var type = types.type(of: arn) else {
            return Resolved(access: self, arn: arn, resource: nil, requiredPolicy: nil, tagKeyPrefix: nil)
        }
        var resource: Resource?
        // What lies behind Gatehouse may be of a service that Gatehouse has as well: then the call says which is meant.
        if call.module.isPassedOn, call.module.signingName == arn.service,
            let outer = call.environment.outerResourceTypes.type(of: arn)
        {
            resource = outer.find(self, arn, call)
            if resource != nil { type = outer }
        }
        if resource == nil { resource = type.find(self, arn, call) }
        if resourceAccount == nil { resourceAccount = resource?.owner }
        let required = type.policyRule == .required ? PolicyType.resource : nil
        return Resolved(
            access: self, arn: arn, resource: resource, requiredPolicy: required,
            tagKeyPrefix: type.hasOwnTagKey ? arn.service : nil)
    }

    private func resourceARN(_ call: Call) -> ARN? {
        if resource == "*" {
            let service = action.utf8.prefix { $0 != UInt8(ascii: ":") }
            return ARN(service: String(Substring(service)), account: call.accountID, resource: "*")
        }
        return ARN(parsing: resource)
    }
}
