// Rules are numbered as in Documentation/PolicyRules.md.

/// Everything that binds a request. nil: that type does not apply. An empty array: it applies and allows nothing.
public struct PolicyInputs: Sendable {
    /// The caller's own policies, inline and managed: a set of its own, and one of each of its groups.
    public var identitySets: [PolicySet]
    public var resource: CompiledPolicy?
    /// The trust policy of the role that is to be assumed (the action is sts:AssumeRole or the like).
    public var roleTrust: CompiledPolicy?
    public var boundaries: [CompiledPolicy]?
    public var session: [CompiledPolicy]?
    /// One set for each level, root first; what a level allows is the union of its policies, and every level must
    /// allow (rule 23).
    public var serviceControlLevels: [PolicySet]?
    /// As `serviceControlLevels`, of the resource's account.
    public var resourceControlLevels: [PolicySet]?
    /// Where in its organization the caller's account is, as `aws:PrincipalOrgPaths` says it; for explanations alone.
    public var serviceControlPath: String?
    /// As `serviceControlPath`, of the resource's account.
    public var resourceControlPath: String?
    public var endpoint: [CompiledPolicy]?
    /// The type of policy that the resource can't be without: `.resource` or `.roleTrust`. It has to allow the request
    /// also in the same account (rule 11), and where there is none nobody is allowed. Of KMS keys and of roles that are
    /// to be assumed the engine knows it by itself, and nil takes nothing from that; of others whoever knows their type
    /// says it here.
    public var requiredPolicy: PolicyType?
    /// Whether nothing is known of the resource's policies, so that the decision is that of the caller's own alone: for
    /// a simulation of identity-based policies, as IAM's simulator is. Never for a request that is carried out.
    public var ignoresResourceSide = false
    /// The grants of the KMS key that is the resource, as far as they are in effect for this request: consistent by
    /// now, or named by a grant token that it carries (rule 13).
    public var grants: [KeyGrant] = []
    /// S3 Block Public Access's RestrictPublicBuckets, of the bucket, its access point, its account or organization,
    /// whichever is strictest: a public bucket policy allows nothing to callers outside the bucket's account but
    /// AWS's services. (BlockPublicPolicy refuses such a policy when it is put: see `PolicyDocument.isPublic`.)
    ///
    /// AWS: "Blocking public access to your Amazon S3 storage", `access-control-block-public-access.html`.
    public var restrictsPublicBuckets = false

    /// - Parameters: see the properties of the same names.
    public init(
        identitySets: [PolicySet], resource: CompiledPolicy? = nil, roleTrust: CompiledPolicy? = nil,
        boundaries: [CompiledPolicy]? = nil, session: [CompiledPolicy]? = nil,
        serviceControlLevels: [PolicySet]? = nil, resourceControlLevels: [PolicySet]? = nil,
        endpoint: [CompiledPolicy]? = nil, grants: [KeyGrant] = [], restrictsPublicBuckets: Bool = false
    ) {
        self.identitySets = identitySets
        self.resource = resource
        self.roleTrust = roleTrust
        self.boundaries = boundaries
        self.session = session
        self.serviceControlLevels = serviceControlLevels
        self.resourceControlLevels = resourceControlLevels
        self.endpoint = endpoint
        self.grants = grants
        self.restrictsPublicBuckets = restrictsPublicBuckets
    }

    /// - Parameters:
    ///   - identity: becomes one set; costs an index if it is large, so keep the inputs or the set.
    ///   - serviceControl: one array for each level, each of which becomes a set.
    ///   - resourceControl: as `serviceControl`.
    public init(
        identity: [CompiledPolicy] = [], resource: CompiledPolicy? = nil, roleTrust: CompiledPolicy? = nil,
        boundaries: [CompiledPolicy]? = nil, session: [CompiledPolicy]? = nil,
        serviceControl: [[CompiledPolicy]]? = nil, resourceControl: [[CompiledPolicy]]? = nil,
        endpoint: [CompiledPolicy]? = nil, grants: [KeyGrant] = [], restrictsPublicBuckets: Bool = false
    ) {
        self.init(
            identitySets: identity.isEmpty ? [] : [PolicySet(identity)], resource: resource, roleTrust: roleTrust,
            boundaries: boundaries, session: session,
            serviceControlLevels: serviceControl?.map { PolicySet($0) },
            resourceControlLevels: resourceControl?.map { PolicySet($0) }, endpoint: endpoint, grants: grants,
            restrictsPublicBuckets: restrictsPublicBuckets)
    }

    /// The policies of all `identitySets`. Setting them makes one set.
    public var identity: [CompiledPolicy] {
        get { identitySets.flatMap(\.policies) }
        set { identitySets = newValue.isEmpty ? [] : [PolicySet(newValue)] }
    }

    /// The policies of `serviceControlLevels`. Setting them makes a set of each level.
    public var serviceControl: [[CompiledPolicy]]? {
        get { serviceControlLevels?.map(\.policies) }
        set { serviceControlLevels = newValue?.map { PolicySet($0) } }
    }

    /// The policies of `resourceControlLevels`. Setting them makes a set of each level.
    public var resourceControl: [[CompiledPolicy]]? {
        get { resourceControlLevels?.map(\.policies) }
        set { resourceControlLevels = newValue?.map { PolicySet($0) } }
    }
}
