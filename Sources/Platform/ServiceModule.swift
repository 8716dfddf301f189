public import Directory
public import Ledger
public import Signature
import Synchronization
public import Wire

/// All that Gatehouse knows of one AWS service. A service is a folder of its own, a value of this type in it, and one
/// line in the list of modules; nothing else knows it by name.
///
/// ```swift
/// extension ServiceModule {
///     public static let kms = ServiceModule(
///         KMS.self, operations: [KMS.CreateKey.self, KMS.Encrypt.self], projections: [KeyIndex.self],
///         resourceTypes: [.init("kms", "key/", policy: .required) { arn, call in … }],
///         quotas: [.kmsKeys])
/// }
/// ```
///
/// Making the value reads no model: that happens when the service is first asked for.
public final class ServiceModule: Sendable {
    public let api: any APIModel.Type
    /// What the service's actions begin with in policies: `iam`. The signing name, but for a few services.
    public let actionPrefix: String
    /// Whether the service is the same in all regions and counts as being in `us-east-1`, whichever region a request
    /// was signed for. Its records have no region.
    public let isGlobal: Bool
    /// How requests for it are signed: S3 has rules of its own.
    public let signing: SigningRules
    public let events: EventParticulars
    /// How it words what it has against inputs that break the model's constraints.
    public let validation: ValidationRules
    /// The kinds of records that are the service's own.
    public let records: [any Record.Type]
    /// What is kept in memory of the ledger's records for it.
    public let projections: [any Projection.Type]
    /// The types of resources that are looked up when a request names one.
    public let resourceTypes: [ResourceType]
    /// What is done at a time: see ``Job``.
    public let jobs: [any Job.Type]
    /// What is done behind what happens: see ``Follower``.
    public let followers: [any Follower.Type]
    /// Runs at each start, when the ledger is read: schedules what earlier versions left undone.
    public let begin: @Sendable (Environment) async throws(ServiceError) -> Void
    public let quotas: [Quota]
    /// Paths outside of the AWS API that the service answers: documents that the world may read.
    public let paths: [PublicPath]
    public let samples: Samples
    /// What `GET /metrics` shows of it, besides its calls.
    public let metrics: [Metric]
    /// Refuses calls that temporary credentials of a kind are not good for.
    /// - Throws: the service's own error.
    public let admits: @Sendable (Call) throws(ServiceError) -> Void
    private let operationTypes: [any Operation.Type]
    private let lazy = Mutex<Lazy?>(nil)

    private struct Lazy: Sendable {
        var operations: [String: AnyOperation]
        var secretMembers: Set<String>
        var wireProtocol: any WireProtocol
        var takesUnusualBodies: Bool
    }

    /// - Parameters:
    ///   - api: the generated model.
    ///   - actionPrefix: nil: the signing name.
    ///   - isGlobal, signing: see the properties.
    ///   - operations: those that are built; the model's others answer that they are not.
    ///   - events: nil: the event source is the signing name's, and events list no resources.
    ///   - validation, records, projections, resourceTypes, jobs, followers, begin, quotas, paths, samples, metrics,
    ///     admits: see the properties.
    public init(
        _ api: any APIModel.Type, actionPrefix: String? = nil, isGlobal: Bool = false,
        signing: SigningRules = .standard, operations: [any Operation.Type], events: EventParticulars? = nil,
        validation: ValidationRules = ValidationRules(), records: [any Record.Type] = [],
        projections: [any Projection.Type] = [], resourceTypes: [ResourceType] = [], jobs: [any Job.Type] = [],
        followers: [any Follower.Type] = [],
        begin: @escaping @Sendable (Environment) async throws(ServiceError) -> Void = { _ in }, quotas: [Quota] = [],
        paths: [PublicPath] = [], samples: Samples = Samples(), metrics: [Metric] = [],
        admits: @escaping @Sendable (Call) throws(ServiceError) -> Void = { _ in }
    ) {
        self.api = api
        self.actionPrefix = actionPrefix ?? api.signingName
        self.isGlobal = isGlobal
        self.signing = signing
        self.events = events ?? EventParticulars(source: "\(api.signingName).amazonaws.com")
        self.validation = validation
        self.records = records
        self.projections = projections
        self.resourceTypes = resourceTypes
        self.jobs = jobs
        self.followers = followers
        self.begin = begin
        self.quotas = quotas
        self.paths = paths
        self.samples = samples
        self.metrics = metrics
        self.admits = admits
        operationTypes = operations
    }

    /// The service in a credential scope: `iam`.
    public var signingName: String { api.signingName }

    /// The model; read at first use.
    public var shape: ServiceShape { api.service }

    /// The service as a principal: `s3.amazonaws.com`.
    public var principal: String { "\(signingName).amazonaws.com" }

    /// The operations that are built, by their names.
    public var operations: [String: AnyOperation] { read.operations }

    /// What any of them calls secret.
    public var secretMembers: Set<String> { read.secretMembers }

    public var wireProtocol: any WireProtocol { read.wireProtocol }

    /// Whether bodies of some operations are streams or have limits of their own, so that the operation has to be known
    /// before the body comes.
    public var takesUnusualBodies: Bool { read.takesUnusualBodies }

    private var read: Lazy {
        lazy.withLock { lazy in
            if let lazy { return lazy }
            var made = Lazy(
                operations: Dictionary(operationTypes.map { ($0.shape.name, $0.erased) }) { first, _ in first },
                secretMembers: operationTypes.reduce(into: []) { $0.formUnion($1.secretMembers) },
                wireProtocol: Wire.wireProtocol(for: shape), takesUnusualBodies: false)
            made.takesUnusualBodies = made.operations.values.contains {
                $0.isUpload || $0.bodyLimit != AnyOperation.usualBodyLimit
            }
            lazy = made
            return made
        }
    }

    /// Whether errors and bodies are JSON.
    public var isJSON: Bool { wireProtocol is JSONProtocol || wireProtocol is RESTJSONProtocol }

    /// Whether method and path name the operation; then refusals have HTTP's own statuses too.
    public var isREST: Bool { wireProtocol is RESTJSONProtocol }

    /// The region that a request counts as made in, which was signed for `region`.
    public func region(signedFor region: String) -> String { isGlobal ? "us-east-1" : region }

    /// Where the service's records of an account lie.
    public func scope(account: String, region: String) -> Scope {
        Scope(account: account, region: isGlobal ? "" : region)
    }
}

/// How CloudTrail writes a service's calls down.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
public struct EventParticulars: Sendable {
    /// `iam.amazonaws.com`
    public var source: String
    /// Which members of a request name a resource, and of what type; in the order of the members' names.
    public let resources: [(member: String, type: String)]
    /// Whether the service's records have a `resources` list of their own.
    public var listsResources: Bool
    /// The operations whose events are data events; all others' are management events.
    public var dataEvents: Set<String>
    /// Which members of requests and answers that are secret the service's events have, with a hidden value; the others
    /// they have not at all. nil: they have all.
    public var hiddenMembers: Set<String>?

    /// - Parameters: see the properties of the same names.
    public init(
        source: String, resources: [String: String] = [:], listsResources: Bool = false, dataEvents: Set<String> = [],
        hiddenMembers: Set<String>? = nil
    ) {
        self.source = source
        self.resources = resources.sorted { $0.key < $1.key }.map { (member: $0.key, type: $0.value) }
        self.listsResources = listsResources
        self.dataEvents = dataEvents
        self.hiddenMembers = hiddenMembers
    }
}

/// A path that Gatehouse answers for a service outside of the AWS API, to everybody.
public struct PublicPath: Sendable {
    public let method: String
    /// What the path begins with. No bucket, queue or other name of AWS's can.
    public let prefix: String
    public let respond: @Sendable (WireRequest, Environment) async -> WireResponse

    /// - Parameters: see the properties.
    public init(
        _ method: String, _ prefix: String,
        respond: @escaping @Sendable (WireRequest, Environment) async -> WireResponse
    ) {
        self.method = method
        self.prefix = prefix
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
