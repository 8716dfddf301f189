public import Directory
public import Ledger
public import Policy
public import Wire

// How a service hands its resources, with all that guards them, to whoever asks about every request at once: Access
// Analyzer.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-resources.html>

/// A resource with all that decides who may reach it, from the resource's side.
public struct AnalyzedResource: Sendable {
    /// A way to a bucket besides its own name. It has to allow a request as well as the bucket.
    public struct AccessPoint: Sendable {
        /// `arn:aws:s3:us-east-1:111122223333:accesspoint/reports`
        public var arn: String
        /// The account that it is in.
        public var owner: String
        /// Its policy, which speaks of it by its own ARN: `…:accesspoint/reports/object/*`. nil: it has none, and lets nobody in
        /// from outside.
        public var policy: CompiledPolicy?
        /// Whether Block Public Access takes from outsiders what a public policy of it allows.
        public var restrictsPublicBuckets: Bool
        /// The condition keys that it brings to every request, in lower case.
        public var context: [String: ContextValue]

        /// Makes an access point; see the properties.
        public init(
            arn: String, owner: String, policy: CompiledPolicy?, restrictsPublicBuckets: Bool,
            context: [String: ContextValue]
        ) {
            self.arn = arn
            self.owner = owner
            self.policy = policy
            self.restrictsPublicBuckets = restrictsPublicBuckets
            self.context = context
        }
    }

    /// Its ARN.
    public var arn: String
    /// `AWS::S3::Bucket`
    public var type: String
    /// The account that owns it.
    public var owner: String
    /// Its tags, from which `aws:ResourceTag/…` is made.
    public var tags: [Tag] = []
    /// Its resource-based policy, or its trust policy: the type of the policy says which. nil: it has none. Users and roles may
    /// be named by their unique ids.
    public var policy: CompiledPolicy?
    /// What an access control list allows, as a policy. Block Public Access has taken its part already.
    public var accessControlList: CompiledPolicy?
    /// Whether Block Public Access takes from outsiders what a public policy allows.
    public var restrictsPublicBuckets = false
    /// The ways to it besides its own name.
    public var accessPoints: [AccessPoint] = []
    /// The grants of a KMS key.
    public var grants: [KeyGrant] = []
    /// The condition keys that it brings to every request, in lower case.
    public var context: [String: ContextValue] = [:]
    /// Whether resource control policies have no say about it.
    public var isBeyondResourceControl = false

    /// Makes a resource of which nothing else is known.
    public init(arn: String, type: String, owner: String, policy: CompiledPolicy? = nil) {
        self.arn = arn
        self.type = type
        self.owner = owner
        self.policy = policy
    }
}

/// A type of resource whose exposure can be analysed, as its module declares it (``ServiceModule/analyzedResources``): how its
/// resources are found, which changes of records concern which of them, and what guards one.
public struct AnalyzedResourceType: Sendable {
    /// What a change of a record means to the type.
    public enum Concern: Sendable, Hashable {
        /// One resource, by its ARN.
        case resource(String, account: String, region: String)
        /// All of an account; in all Regions.
        case account(String)
    }

    /// `AWS::KMS::Key`
    public let name: String
    /// What its actions begin with in policies: `kms`.
    public let actionPrefix: String
    /// What the Service Authorization Reference calls what its actions are about: `bucket` and `object`.
    public let catalogueTypes: [String]
    /// Further actions, by their full names, where those of the reference are not what its policy is about: `sts:AssumeRole`.
    public let otherActions: [String]
    /// What the ARNs in its policies end with besides nothing: a bucket's objects have `/*`.
    public let innerResources: [String]
    /// Whether it is the same in all Regions, and so is analysed in each: roles.
    public let isGlobal: Bool
    /// The kinds of records whose changes concern its resources.
    public let kinds: Set<String>
    /// Which resources a change of one of those records concerns.
    /// - Throws: for a record that can't be read.
    public let concerned: @Sendable (Change, Environment) throws(LedgerError) -> [Concern]
    /// Some of the resources of an account in a Region, by their ARNs, and where to go on; nil there: those were all.
    public let list:
        @Sendable (_ account: String, _ region: String, _ after: String?, _ limit: Int, Environment)
            async throws(ServiceError) -> (arns: [String], next: String?)
    /// One resource, as it is now; nil: there is none of that ARN.
    public let fetch: @Sendable (_ arn: String, Environment) async throws(ServiceError) -> AnalyzedResource?

    /// How one of its resources would be with what is proposed for it; nil: the module has no such resources, which it alone
    /// can make. It gives nil for what can't be. See ``proposed(by:)``.
    public internal(set) var propose: (@Sendable (ProposedBucket, Environment) -> ProposedBucket.Outcome?)?

    /// Makes a type; see the properties.
    public init(
        _ name: String, actions prefix: String, of catalogueTypes: [String], and otherActions: [String] = [],
        innerResources: [String] = [], isGlobal: Bool = false, kinds: Set<String>,
        concerned: @escaping @Sendable (Change, Environment) throws(LedgerError) -> [Concern],
        list:
            @escaping @Sendable (_ account: String, _ region: String, _ after: String?, _ limit: Int, Environment)
            async throws(ServiceError) -> (arns: [String], next: String?),
        fetch: @escaping @Sendable (_ arn: String, Environment) async throws(ServiceError) -> AnalyzedResource?
    ) {
        self.name = name
        actionPrefix = prefix
        self.catalogueTypes = catalogueTypes
        self.otherActions = otherActions
        self.innerResources = innerResources
        self.isGlobal = isGlobal
        self.kinds = kinds
        self.concerned = concerned
        self.list = list
        self.fetch = fetch
    }
}
