// Rules are numbered as in Documentation/PolicyRules.md.

/// Everything that binds a request: one property for each type of policy.
///
/// Mind the difference between nil and empty. nil: that type does not apply (a user without a permissions boundary). An
/// empty array: it applies, and allows nothing (a boundary that could not be found). Properties that are not optional
/// always apply.
///
/// ```swift
/// var inputs = PolicyInputs(identity: [readHome], boundaries: [developers])
/// inputs.serviceControl = [[fullAccess], [noBilling]]  // the root's policies, then the account's
/// ```
///
/// Whose policies they are is for the caller to get right: service control policies are those of the *caller's*
/// account, resource control policies those of the *resource's*. Whether they bind this request at all (management
/// account, service-linked roles) the engine knows or is told by leaving them nil.
public struct PolicyInputs: Sendable {
    /// The caller's own policies, inline and managed: a set of its own, and one of each of its groups.
    public var identitySets: [PolicySet]
    /// The policy of the resource, such as a bucket policy or a key policy; nil if it has none or can have none.
    public var resource: CompiledPolicy?
    /// What an access control list of S3 grants, as a policy of allows: beside ``resource``, and out of the reach of
    /// ``restrictsPublicBuckets``. nil where the resource has none, or where lists mean nothing.
    ///
    /// AWS: "How Amazon S3 authorizes a request", `how-s3-evaluates-access-control.html` in the S3 User Guide.
    public var accessControlList: CompiledPolicy?
    /// Whether ``resource`` can only deny: the bucket policy, to an object of S3's that belongs to another account than the
    /// bucket.
    public var resourceOnlyDenies = false
    /// The trust policy of the role that is to be assumed (the action is sts:AssumeRole or the like).
    public var roleTrust: CompiledPolicy?
    /// The permissions boundary of the user or role; more than one only in simulations. All that it does is take away.
    ///
    /// AWS: "Permissions boundaries for IAM entities", `access_policies_boundaries.html`.
    public var boundaries: [CompiledPolicy]?
    /// The session policies that were passed to AssumeRole, GetFederationToken and the like; nil for a session without
    /// any. One of them has to allow the request.
    public var session: [CompiledPolicy]?
    /// The service control policies of the caller's account: one set for each level, root first.
    ///
    /// What a level allows is the union of its policies, and every level must allow (rule 23). nil for accounts outside
    /// an organization and for the management account, which they do not bind.
    ///
    /// AWS: "Service control policies", Organizations User Guide, `orgs_manage_policies_scps.html`.
    public var serviceControlLevels: [PolicySet]?
    /// The resource control policies of the resource's account, one set for each level, as in ``serviceControlLevels``.
    ///
    /// AWS: "Resource control policies", Organizations User Guide, `orgs_manage_policies_rcps.html`.
    public var resourceControlLevels: [PolicySet]?
    /// Where in its organization the caller's account is, in the form of `aws:PrincipalOrgPaths`: "o-…/r-…/ou-…/". Only
    /// explanations use it, to say at which level a policy is attached.
    public var serviceControlPath: String?
    /// Where the resource's account is; see ``serviceControlPath``.
    public var resourceControlPath: String?
    /// The policy of the VPC endpoint that the request came through; nil if it came through none (rule 18).
    public var endpoint: [CompiledPolicy]?
    /// The type of policy that the resource can't be without: `.resource` or `.roleTrust`.
    ///
    /// It has to allow the request even within the same account (rule 11), and where there is none, nobody is allowed.
    /// The engine knows by itself that KMS keys and roles to be assumed are such resources, and nil changes nothing
    /// about that; for other types, whoever knows them says it here.
    public var requiredPolicy: PolicyType?
    /// Whether nothing is known of the resource's policies, so that the caller's own policies alone decide: for
    /// simulations of identity-based policies, as in IAM's policy simulator. Never for a request that is carried out.
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

    /// Makes inputs from sets that are kept elsewhere, as a server does: the sets are shared, and nothing is indexed
    /// again.
    ///
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

    /// Makes inputs from plain arrays, which become sets; what isn't an array here is as in the other initializer.
    ///
    /// `identity` becomes one set. A large set costs an index, so keep the inputs, or the set, rather than making it
    /// for each request. Each array in `serviceControl` and `resourceControl` is a level, and becomes a set.
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

    /// The policies of all ``identitySets``, in one array. Setting them makes one set.
    public var identity: [CompiledPolicy] {
        get { identitySets.flatMap(\.policies) }
        set { identitySets = newValue.isEmpty ? [] : [PolicySet(newValue)] }
    }

    /// The policies of ``serviceControlLevels`` as arrays. Setting them makes a set of each level.
    public var serviceControl: [[CompiledPolicy]]? {
        get { serviceControlLevels?.map(\.policies) }
        set { serviceControlLevels = newValue?.map { PolicySet($0) } }
    }

    /// The policies of ``resourceControlLevels`` as arrays. Setting them makes a set of each level.
    public var resourceControl: [[CompiledPolicy]]? {
        get { resourceControlLevels?.map(\.policies) }
        set { resourceControlLevels = newValue?.map { PolicySet($0) } }
    }
}
