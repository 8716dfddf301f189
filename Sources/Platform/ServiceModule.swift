public import Ledger
public import Signature
import Synchronization
public import Wire

/// Everything that Gatehouse knows about one AWS service. A service is a folder of its own, a value of this type in it,
/// and one line in the list of modules (`Sources/Server/Modules.swift`); nothing else knows it by name.
///
/// ```swift
/// extension ServiceModule {
///     …
///     public static let vault = ServiceModule(
///         Vault.self, operations: [Vault.CreateBox.self, Vault.PutBox.self, Vault.GetBox.self],
///         events: EventParticulars(
///             source: "vault.amazonaws.com", resources: ["Arn": "AWS::Vault::Box"], listsResources: true),
///         records: [Box.self], projections: [BoxIndex.self], resourceTypes: [.box], metrics: [.openings, .boxes])
/// }
/// ```
///
/// All parameters but the model and its operations have defaults, so that a service states only what is particular
/// about it. Making the value reads no model: that happens when the service is first asked for.
public final class ServiceModule: Sendable {
    /// The service in a credential scope: `iam`.
    public let signingName: String
    /// Whether another endpoint answers the service, and Gatehouse stands before it: it decides on requests, records them,
    /// and passes them on.
    public let isPassedOn: Bool
    /// The service, by its model's id, that lists count the operations to, of a module with the model of another; nil: they are
    /// the model's own.
    public let partOf: String?
    /// What the service's actions begin with in policies: `iam`. For most services that is the signing name.
    public let actionPrefix: String
    /// Whether the service is the same in all regions, and counts as being in `us-east-1` whichever region a request
    /// was signed for. Its records then have no region.
    public let isGlobal: Bool
    /// Whether what stands before the service's own host name is the first segment of the path, as S3's buckets are:
    /// `bucket.s3.localhost/key` is `s3.localhost/bucket/key`.
    public let hasVirtualHosts: Bool
    /// Further endpoints below which names of another kind stand, by the endpoint's first label; and what then comes before
    /// that name in the path, to tell it from the usual ones. S3's access points have such an endpoint.
    public let otherHosts: [String: String]
    /// How requests for it are signed; only S3 has rules of its own.
    public let signing: SigningRules
    /// Whether requests may come without a signature: policies decide on anonymous callers, as with S3.
    public let admitsAnonymous: Bool
    /// How CloudTrail records its calls.
    public let events: EventParticulars
    /// What it checks of a request whose body is there as a whole, before the body is read: S3's checksums.
    /// - Throws: the service's own error.
    public let proves: @Sendable (WireRequest, OperationShape) throws(ServiceError) -> Void
    /// What it adds to an answer to a page of another origin, by which the browser decides whether the page may see it: for a
    /// request with an `Origin`, with all that names the resource in its path. nil: nothing.
    public let crossOrigin: (@Sendable (WireRequest, Environment) -> [(name: String, value: String)])?
    /// What it does with a request from the network that has been answered, before the answer is sent; it must not take long.
    /// It asks for the request if it wants to know. nil: nothing.
    public let answered: (@Sendable (Environment, _ request: () -> AnsweredRequest) -> Void)?
    /// What is answered to an operation of the model that the service has not, and AWS's has not either: of two services of one
    /// model. nil: all that is absent is only not built.
    public let refused: (@Sendable (OperationShape) -> ServiceError)?
    /// How it words its complaints about inputs that break the model's constraints.
    public let validation: ValidationRules
    /// The kinds of records that belong to the service alone.
    public let records: [any Record.Type]
    /// The kinds of rows of its tables, for what grows without bound.
    public let tables: [any TableRow.Type]
    /// What is kept in memory of the ledger's records for it; see ``Projection``.
    public let projections: [any Projection.Type]
    /// The types of resources that are looked up when a request names one; see ``ResourceType``.
    public let resourceTypes: [ResourceType]
    /// The types of resources whose exposure Access Analyzer looks at; see ``AnalyzedResourceType``.
    public let analyzedResources: [AnalyzedResourceType]
    /// The types of resources that AWS Config records, and how they look there; see ``ConfiguredResourceType``.
    public let configuredResources: [ConfiguredResourceType]
    /// What audits look at besides those, and AWS Config does not record: credentials, settings, how much of quotas is used.
    public let auditedResources: [ConfiguredResourceType]
    /// What it does at a given time: see ``Job``.
    public let jobs: [any Job.Type]
    /// What it does after the fact, as changes or events come in: see ``Follower``.
    public let followers: [any Follower.Type]
    /// Runs at each start, when the ledger has been read: schedules what earlier versions left undone.
    public let begin: @Sendable (Environment) async throws(ServiceError) -> Void
    /// The quotas that `gatehouse serve --quota` can raise.
    public let quotas: [Quota]
    /// Paths outside of the AWS API that the service answers: documents that anybody may read.
    public let paths: [PublicPath]
    /// Ways in besides the API: see ``Front``.
    public let fronts: [Front]
    private let makeSamples: @Sendable () -> Samples
    /// What `GET /metrics` shows of it, besides its calls.
    public let metrics: [Metric]
    /// Refuses calls that a kind of temporary credentials can't be used for, such as IAM's with a GetFederationToken
    /// session.
    /// - Throws: the service's own error.
    public let admits: @Sendable (Call) throws(ServiceError) -> Void
    /// What it wants the events of an account to tell besides; see ``EventContextKeys``. nil: it never wants anything.
    public let contextKeys: (@Sendable (Environment, _ account: String) -> EventContextKeys?)?
    /// Whether web ACLs can protect what it has: its operations get their requests as they were sent, in
    /// ``Call/Source/request``.
    public let isScreened: Bool
    /// Decides on requests to what others have: see ``Environment/refusal(of:)``. nil: it does no such thing.
    public let screens: (@Sendable (Environment, ResourceRequest) -> ResourceRefusal?)?
    /// The longest body of a request whose operation only the body itself says, in bytes.
    public let usualBodyLimit: Int
    /// What it signs that other services take as a proof; nil: nothing.
    public let tokens: ServiceTokens?
    /// Whether clients may compress bodies, by a `Content-Encoding` of `gzip`: Smithy's trait `requestCompression`.
    public let takesCompressedBodies: Bool
    /// Takes data points of metrics into the account and Region of some records; CloudWatch's alone does. See
    /// ``MutableRecords/publish(_:_:)``.
    public let takesMetricData: MetricDataTaker?
    /// What it does with a request that is allowed, before it is handled; see ``Preparation``. nil: nothing.
    public let prepares: Preparation?
    /// Makes the error of a denial from its text, where the service has an error of its own for all; see ``Refusal``. nil:
    /// AccessDenied.
    public let refuses: Refusal?
    private let readShape: @Sendable () -> ServiceShape
    private let makeOperations: @Sendable (ServiceShape) -> [AnyOperation]
    private let lazy = Mutex<Lazy?>(nil)

    private final class Lazy: Sendable {
        let operations: [String: AnyOperation]
        let secretMembers: Set<String>
        let takesUnusualBodies: Bool

        init(_ all: [AnyOperation]) {
            operations = Dictionary(all.map { ($0.shape.name, $0) }) { first, _ in first }
            secretMembers = all.reduce(into: []) { $0.formUnion($1.secretMembers) }
            takesUnusualBodies = all.contains { $0.isUpload || $0.bodyLimit != AnyOperation.usualBodyLimit }
        }
    }

    /// What comes between the permit and the handling of each request of a service.
    /// - Throws: what the request is answered with instead of being handled, such as EC2's DryRunOperation.
    public typealias Preparation = @Sendable (_ input: Structure, _ call: Call) async throws(ServiceError) -> Void

    /// Makes a denial.
    /// - Parameters:
    ///   - text: what every service says.
    ///   - encoded: the encoded authorization message, which says more to whoever may decode it; empty if it can't be sealed.
    public typealias Refusal = @Sendable (_ text: String, _ encoded: () -> String) -> ServiceError

    /// Makes a module. Each parameter is explained at the property of its name.
    ///
    /// `operations` are those that are implemented; the model's others answer `NotImplemented`. Without an
    /// `actionPrefix` it is the signing name, which is the model's where none is given: one model can be of two services. Without `events` the event source is made from the signing name, and
    /// events list no resources.
    public init(
        _ api: any APIModel.Type, signingName: String? = nil, partOf: String? = nil, actionPrefix: String? = nil,
        isGlobal: Bool = false,
        hasVirtualHosts: Bool = false, otherHosts: [String: String] = [:], signing: SigningRules = .standard,
        admitsAnonymous: Bool = false,
        operations: [any Operation.Type],
        events: EventParticulars? = nil,
        proves: @escaping @Sendable (WireRequest, OperationShape) throws(ServiceError) -> Void = { _, _ in },
        crossOrigin: (@Sendable (WireRequest, Environment) -> [(name: String, value: String)])? = nil,
        answered: (@Sendable (Environment, _ request: () -> AnsweredRequest) -> Void)? = nil,
        refused: (@Sendable (OperationShape) -> ServiceError)? = nil,
        validation: ValidationRules = ValidationRules(), records: [any Record.Type] = [],
        tables: [any TableRow.Type] = [], projections: [any Projection.Type] = [], resourceTypes: [ResourceType] = [],
        analyzedResources: [AnalyzedResourceType] = [],
        configuredResources: [ConfiguredResourceType] = [], auditedResources: [ConfiguredResourceType] = [],
        jobs: [any Job.Type] = [],
        followers: [any Follower.Type] = [],
        begin: @escaping @Sendable (Environment) async throws(ServiceError) -> Void = { _ in }, quotas: [Quota] = [],
        paths: [PublicPath] = [], fronts: [Front] = [],
        samples: @autoclosure @escaping @Sendable () -> Samples = Samples(), metrics: [Metric] = [],
        admits: @escaping @Sendable (Call) throws(ServiceError) -> Void = { _ in },
        contextKeys: (@Sendable (Environment, _ account: String) -> EventContextKeys?)? = nil,
        tokens: ServiceTokens? = nil, isScreened: Bool = false,
        screens: (@Sendable (Environment, ResourceRequest) -> ResourceRefusal?)? = nil,
        takesCompressedBodies: Bool = false, takesMetricData: MetricDataTaker? = nil,
        usualBodyLimit: Int = AnyOperation.usualBodyLimit, prepares: Preparation? = nil, refuses: Refusal? = nil
    ) {
        self.prepares = prepares
        self.refuses = refuses
        self.signingName = signingName ?? api.signingName
        isPassedOn = false
        self.partOf = partOf
        self.usualBodyLimit = usualBodyLimit
        readShape = { api.service }
        makeOperations = { _ in operations.map { $0.erased } }
        self.actionPrefix = actionPrefix ?? self.signingName
        self.isGlobal = isGlobal
        self.hasVirtualHosts = hasVirtualHosts
        self.otherHosts = otherHosts
        self.signing = signing
        self.admitsAnonymous = admitsAnonymous
        self.events = events ?? EventParticulars(source: "\(self.signingName).amazonaws.com")
        self.proves = proves
        self.crossOrigin = crossOrigin
        self.answered = answered
        self.refused = refused
        self.validation = validation
        self.records = records
        self.tables = tables
        self.projections = projections
        self.resourceTypes = resourceTypes
        self.analyzedResources = analyzedResources
        self.configuredResources = configuredResources
        self.auditedResources = auditedResources
        self.jobs = jobs
        self.followers = followers
        self.begin = begin
        self.quotas = quotas
        self.paths = paths
        self.fronts = fronts
        makeSamples = samples
        self.metrics = metrics
        self.admits = admits
        self.contextKeys = contextKeys
        self.tokens = tokens
        self.isScreened = isScreened
        self.screens = screens
        self.takesCompressedBodies = takesCompressedBodies
        self.takesMetricData = takesMetricData
    }

    /// Makes a module for a service that another endpoint answers.
    ///
    /// - Parameters:
    ///   - signingName: the service in a credential scope.
    ///   - actionPrefix: what its actions begin with in policies.
    ///   - events: how CloudTrail records its calls.
    ///   - signing: how requests for it are signed.
    ///   - hasVirtualHosts: see ``hasVirtualHosts``.
    ///   - admitsAnonymous: see ``admitsAnonymous``.
    ///   - usualBodyLimit: see ``usualBodyLimit``.
    ///   - shape: the model.
    ///   - operations: makes the model's operations, all of them, at first use.
    public init(
        passingOn signingName: String, actionPrefix: String, events: EventParticulars, signing: SigningRules,
        hasVirtualHosts: Bool, admitsAnonymous: Bool, usualBodyLimit: Int,
        shape: ServiceShape, operations: @escaping @Sendable (ServiceShape) -> [AnyOperation]
    ) {
        self.signingName = signingName
        self.actionPrefix = actionPrefix
        self.events = events
        self.signing = signing
        self.hasVirtualHosts = hasVirtualHosts
        self.admitsAnonymous = admitsAnonymous
        isPassedOn = true
        (prepares, refuses) = (nil, nil)
        partOf = nil
        self.usualBodyLimit = usualBodyLimit
        readShape = { shape }
        makeOperations = operations
        isGlobal = false
        otherHosts = [:]
        proves = { _, _ in }
        crossOrigin = nil
        answered = nil
        refused = nil
        validation = ValidationRules()
        (records, tables, projections, resourceTypes, analyzedResources) = ([], [], [], [], [])
        (configuredResources, auditedResources) = ([], [])
        (jobs, followers, quotas, paths, fronts, metrics) = ([], [], [], [], [], [])
        begin = { _ in }
        makeSamples = { Samples() }
        admits = { _ in }
        contextKeys = nil
        tokens = nil
        isScreened = false
        screens = nil
        takesCompressedBodies = false
        takesMetricData = nil
    }

    /// The model; read at first use.
    public var shape: ServiceShape { readShape() }

    /// Made-up inputs, for generating the reference of operations.
    public var samples: Samples { makeSamples() }

    /// The service as a principal: `s3.amazonaws.com`.
    public var principal: String { "\(signingName).amazonaws.com" }

    /// The operations that are implemented, by their names.
    public var operations: [String: AnyOperation] { read.operations }

    /// The members that any of its operations calls secret.
    public var secretMembers: Set<String> { read.secretMembers }

    /// Whether some operations have bodies that are streams, or limits of their own, so that the operation has to be
    /// known before the body is read.
    public var takesUnusualBodies: Bool { read.takesUnusualBodies }

    private var read: Lazy {
        lazy.withLock { lazy in
            if let lazy { return lazy }
            let made = Lazy(makeOperations(shape))
            lazy = made
            return made
        }
    }

    /// The region that a request counts as made in.
    /// - Parameter region: the one that it was signed for.
    public func region(signedFor region: String) -> String { isGlobal ? "us-east-1" : region }

    /// Where the service's records of an account are. A global service ignores the region.
    public func scope(account: String, region: String) -> Scope {
        Scope(account: account, region: isGlobal ? "" : region)
    }
}

/// How CloudTrail records a service's calls.
///
/// AWS: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
///
/// ```swift
/// events: EventParticulars(
///     source: "sts.amazonaws.com", resources: ["RoleArn": "AWS::IAM::Role"], listsResources: true,
///     hiddenMembers: ["SessionToken"]),
/// ```
public struct EventParticulars: Sendable {
    /// `iam.amazonaws.com`
    public var source: String
    /// Which members of a request name a resource, and of what type; in the order of the members' names.
    public let resources: [(member: String, type: String)]
    /// Whether the service's records have a `resources` list of their own.
    public var listsResources: Bool
    /// The operations whose events are data events; all others' are management events.
    public var dataEvents: Set<String>
    /// What the events of operations are called that CloudTrail calls otherwise than the API does, by the API's names.
    public var eventNames: [String: String]
    /// Which of the secret members of requests and answers appear in the service's events, with a hidden value; the
    /// others are left out. nil: all appear.
    public var hiddenMembers: Set<String>?
    /// The resources that a call was about, where the request alone doesn't name them by their ARNs: from what the
    /// policies were asked about, the request and the answer. They are listed in addition to those of ``resources``.
    public var found: Finder?

    /// - Parameters:
    ///   - call: what was asked, by whom.
    ///   - accesses: what the policies were asked about.
    ///   - input: the request; nil for one that can't be read.
    ///   - output: the answer; nil for a call that failed.
    public typealias Finder =
        @Sendable (
            _ call: Call, _ accesses: [Access.Resolved], _ input: Structure?, _ output: Structure?
        ) -> [Resource]

    /// What the service's events have in `additionalEventData`, in this order; nil: there is none. It gets what was allowed,
    /// with what the operation found out on the way, and the output of a call that succeeded.
    public var additional:
        (@Sendable (_ accesses: [Access.Resolved], _ output: Structure?) -> [(name: String, value: String)])?
    /// What CloudTrail calls members otherwise than the API does, by the API's names.
    public var renamed: [String: String]
    /// Whether CloudTrail writes whose fault an error is before its code, as in `Client.UnauthorizedOperation`.
    public var namesFaults: Bool
    /// What an event has as `requestParameters`, where that is not the input without its secrets: from what the policies were
    /// asked about. nil: the input.
    public var parameters: (@Sendable (_ accesses: [Access.Resolved]) -> JSONValue?)?

    /// A resource that a call was about.
    public struct Resource: Sendable {
        /// Its ARN; or, see ``isPrefix``, what the ARNs of several begin with.
        public let arn: String
        /// `AWS::KMS::Key`
        public let type: String
        /// The account that it is in, where that is known; nil: the ARN says it.
        public let account: String?
        /// Whether it stands for all whose ARNs begin so: what a listing was about.
        public let isPrefix: Bool

        /// - Parameters: see the properties.
        public init(_ arn: String, _ type: String, account: String? = nil, isPrefix: Bool = false) {
            self.isPrefix = isPrefix
            self.arn = arn
            self.type = type
            self.account = account
        }
    }

    /// - Parameters: see the properties of the same names.
    public init(
        source: String, resources: [String: String] = [:], listsResources: Bool = false, dataEvents: Set<String> = [],
        eventNames: [String: String] = [:], hiddenMembers: Set<String>? = nil, found: Finder? = nil,
        additional: (
            @Sendable (_ accesses: [Access.Resolved], _ output: Structure?) -> [(name: String, value: String)]
        )? = nil,
        renamed: [String: String] = [:], parameters: (@Sendable (_ accesses: [Access.Resolved]) -> JSONValue?)? = nil,
        namesFaults: Bool = false
    ) {
        self.namesFaults = namesFaults
        self.parameters = parameters
        self.found = found
        self.additional = additional
        self.renamed = renamed
        self.source = source
        self.resources = resources.sorted { $0.key < $1.key }.map { (member: $0.key, type: $0.value) }
        self.listsResources = listsResources
        self.dataEvents = dataEvents
        self.eventNames = eventNames
        self.hiddenMembers = hiddenMembers
    }
}

/// A path that Gatehouse answers on behalf of a service, outside of the AWS API and without a signature.
///
/// The discovery documents of outbound tokens' issuers are such paths.
///
/// ```swift
/// static let tokenIssuers = PublicPath("GET", PublicAddress.issuersPath) { request, environment in
///     …
/// }
/// ```
public struct PublicPath: Sendable {
    /// The HTTP method, in upper case.
    public let method: String
    /// Whether a path is one of these.
    public let takes: @Sendable (_ path: String) -> Bool
    /// Whether objects of a virtual host may have such a path as well: then requests to one are not for this.
    public let mayBeOfHost: Bool
    /// Answers the request. No policy has been asked.
    public let respond: @Sendable (WireRequest, Environment) async -> WireResponse

    /// All paths with a beginning.
    /// - Parameters:
    ///   - prefix: what the path begins with. It must be one that no bucket, queue or other name of AWS's can have.
    ///   - respond: see the property.
    public init(
        _ method: String, _ prefix: String,
        respond: @escaping @Sendable (WireRequest, Environment) async -> WireResponse
    ) {
        self.method = method
        takes = { $0.hasPrefix(prefix) }
        mayBeOfHost = false
        self.respond = respond
    }

    /// Paths that are told by more than their beginning. They must be none of a bucket's or queue's.
    /// - Parameters: see the properties.
    public init(
        _ method: String, where takes: @escaping @Sendable (_ path: String) -> Bool,
        respond: @escaping @Sendable (WireRequest, Environment) async -> WireResponse
    ) {
        self.method = method
        self.takes = takes
        mayBeOfHost = true
        self.respond = respond
    }
}

extension WireResponse {
    /// An answer in JSON, outside of AWS's protocols.
    public static func json(_ status: Int, _ text: String) -> WireResponse { json(status, Array(text.utf8)) }

    /// An answer in JSON, outside of AWS's protocols.
    public static func json(_ status: Int, _ body: [UInt8]) -> WireResponse {
        WireResponse(status: status, headers: [(name: "content-type", value: "application/json")], body: body)
    }
}
