public import Bodies
public import Directory
public import HardwareToken
public import Ledger
public import OIDC
import Synchronization
import Wire

/// What the operations of every service share: the ledger, what is kept in memory of it, the clock, and the list of
/// services. There is one for each running Gatehouse.
///
/// Operations reach it through their call: `call.environment`. Tests make one around a ledger in memory.
public final class Environment: Sendable {
    /// All state. Services read and write it through ``Records``.
    public let ledger: Ledger
    /// Who exists, and which policies bind them.
    public let directory: IdentityDirectory
    /// Seals and opens the tokens of temporary credentials.
    public let sessionTokens: SessionTokens
    /// Seals and opens encoded authorization messages.
    public let authorizationMessages: AuthorizationMessages
    /// The OpenID Connect providers outside of AWS, as far as their keys and documents are known.
    public let openIDProviders: OpenIDProviders
    /// Other servers that services call.
    public let outsideServers: OutsideServers
    /// How the world reaches this Gatehouse.
    public let publicAddress: PublicAddress
    /// How much an account may hold.
    public let quotas: Quotas
    /// The region that this Gatehouse is in, for example `us-east-1`.
    public let region: String
    /// The one clock. For a request, take ``Call/time`` instead.
    public let clock: Clock
    /// Who last used what, and when.
    public let usage = UsageFold()
    /// What `GET /metrics` shows.
    public let metrics = Metrics()
    /// The services that this Gatehouse answers, in the order of its list.
    public let modules: [ServiceModule]
    /// The hardware token that holds keys; nil: there is none. It may be gone, and come back.
    public let token: HardwareToken?
    /// Whether the token seals the keys of new private certificate authorities.
    public let keepsAuthorityKeysInToken: Bool
    /// Where the bytes of objects are kept; nil: this Gatehouse has no place for any.
    public let bodies: BodyStore?
    /// What the modules keep in memory of the ledger.
    public let projections: Projections
    /// For how many seconds requests are answered from memory after the database that nodes share has gone away.
    public let toleratedAbsence: Double
    /// The services that other endpoints answer; nil: there are none.
    public let outer: (any OuterServices)?
    /// The web applications that the web front stands before.
    public let applications = FrontedApplications()
    /// What instances of EC2 can run on this machine, and who runs them.
    public let instances = InstanceHosting()
    /// How instances of EC2 reach their metadata.
    public let instanceMetadata = InstanceMetadataDoors()
    /// What was called, and what services have counted of themselves, for their metrics of CloudWatch, until somebody keeps that.
    public let metricCounts = MetricCounts()
    /// What was denied since the start.
    public let denials = Denials()
    /// Whether the server is about to stop.
    public let ending = Ending()
    /// The types of resources whose exposure Access Analyzer looks at: those of all services, and of what lies behind Gatehouse.
    public let analyzedResources: [AnalyzedResourceType]
    /// The kinds of records that they depend on.
    public let analyzedKinds: Set<String>
    /// The types of resources that AWS Config records, by their names.
    public let configuredResources: [String: ConfiguredResourceType]
    /// The kinds of records that they are made from.
    public let configuredKinds: Set<String>
    /// What audits look at besides, by their names.
    let auditedResources: [String: ConfiguredResourceType]
    let resourceTypes: ResourceTypes
    /// Those of what lies behind Gatehouse alone.
    let outerResourceTypes: ResourceTypes
    /// Those of the modules that want events to tell more.
    let contextKeys: [@Sendable (Environment, String) -> EventContextKeys?]
    /// Those of the modules that decide on requests to what others have.
    let screens: [@Sendable (Environment, ResourceRequest) -> ResourceRefusal?]
    let takesMetricData: MetricDataTaker?
    /// By the signing name, which some services share.
    private let byName: [String: [ServiceModule]]
    /// The way for one service to call another; set once, when the gate is there.
    let gate = Mutex<(any ServiceGate)?>(nil)

    /// Puts an environment together; the ledger is not read yet.
    ///
    /// `region` is the one that this Gatehouse is in. Without `projections` there are those that the modules declare. For
    /// `toleratedAbsence` see the property.
    public init(
        ledger: Ledger, directory: IdentityDirectory, sessionTokens: SessionTokens,
        authorizationMessages: AuthorizationMessages, openIDProviders: OpenIDProviders,
        publicAddress: PublicAddress, quotas: Quotas, region: String,
        modules: [ServiceModule] = [], projections: Projections? = nil,
        clock: Clock, token: HardwareToken? = nil, keepsAuthorityKeysInToken: Bool = false,
        outsideServers: OutsideServers = OutsideServers(),
        bodies: BodyStore? = nil, toleratedAbsence: Double = 0, outer: (any OuterServices)? = nil
    ) {
        self.ledger = ledger
        self.directory = directory
        self.sessionTokens = sessionTokens
        self.authorizationMessages = authorizationMessages
        self.openIDProviders = openIDProviders
        self.publicAddress = publicAddress
        self.quotas = quotas
        self.region = region
        self.modules = modules
        self.projections = projections ?? Projections(of: modules)
        self.outer = outer
        resourceTypes = ResourceTypes(modules.flatMap(\.resourceTypes) + (outer?.resourceTypes ?? []))
        analyzedResources = modules.flatMap(\.analyzedResources) + (outer?.analyzedResources ?? [])
        analyzedKinds = analyzedResources.reduce(into: []) { $0.formUnion($1.kinds) }
        configuredResources = Dictionary(modules.flatMap(\.configuredResources).map { ($0.name, $0) }) { first, _ in
            first
        }
        configuredKinds = configuredResources.values.reduce(into: []) { $0.formUnion($1.kinds) }
        auditedResources = Dictionary(modules.flatMap(\.auditedResources).map { ($0.name, $0) }) { first, _ in first }
        outerResourceTypes = ResourceTypes(outer?.resourceTypes ?? [])
        byName = Dictionary(grouping: modules, by: \.signingName)
        contextKeys = modules.compactMap(\.contextKeys)
        screens = modules.compactMap(\.screens)
        takesMetricData = modules.lazy.compactMap(\.takesMetricData).first
        self.clock = clock
        self.toleratedAbsence = toleratedAbsence
        self.token = token
        self.keepsAuthorityKeysInToken = keepsAuthorityKeysInToken
        self.bodies = bodies
        self.outsideServers = outsideServers
    }

    /// The services of a name in a credential scope: S3 and S3 Control both sign as `s3`. Empty for a name whose services
    /// nobody answers.
    public func modules(signingAs name: String) -> [ServiceModule] {
        let own = byName[name] ?? []
        return outer?.modules(signingAs: name, beside: own) ?? own
    }

    /// The services that this Gatehouse answers itself: all of its list but those in whose place an endpoint was set up.
    public var answeredModules: [ServiceModule] {
        guard let outer else { return modules }
        return modules.filter { module in
            let name = module.signingName
            return outer.modules(signingAs: name, beside: byName[name] ?? []).contains { $0 === module }
        }
    }

    /// The service that an operation is of; nil for one that Gatehouse does not answer.
    func module(of operation: OperationShape) -> ServiceModule? {
        modules(signingAs: operation.signingName).first { $0.shape.operation(named: operation.name) === operation }
    }

    /// The projection of a type. One of the modules has to declare it; asking for any other traps.
    public func projection<P: Projection>(_ type: P.Type) -> P { projections[type] }

    /// Sees to it that what is kept in memory of the ledger holds everything that any node has answered so far. Every
    /// request begins with that.
    /// - Throws: ServiceUnavailable when the database that nodes share has been away for too long, or asks for newer
    ///   nodes: others may be there to answer.
    public func catchUp() async throws(ServiceError) {
        do throws(LedgerError) { try await ledger.catchUp(toleratingAbsence: toleratedAbsence) } catch {
            var refusal = ServiceError.serviceUnavailable
            refusal.cause = "\(error)"
            throw refusal
        }
    }

    /// The same, where other nodes work on the same ledger: for work that has read what may be newer than what is in memory.
    /// - Throws: as ``catchUp()``.
    public func catchUpWithOtherNodes() async throws(ServiceError) {
        if ledger.isShared { try await catchUp() }
    }

    /// The time by the ``clock``, in seconds since 1970.
    public func now() -> Double { clock.now }
}
