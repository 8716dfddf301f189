public import Directory
public import Ledger
public import OIDC
import Synchronization
import Wire

/// What the operations of every service stand on. One for each running Gatehouse.
public final class Environment: Sendable {
    public let ledger: Ledger
    public let directory: IdentityDirectory
    public let sessionTokens: SessionTokens
    public let authorizationMessages: AuthorizationMessages
    /// The providers outside of AWS whose tokens accounts may take.
    public let openIDProviders: OpenIDProviders
    public let publicAddress: PublicAddress
    public let quotas: Quotas
    /// The region that this Gatehouse is in, for example `us-east-1`.
    public let region: String
    public let clock: Clock
    /// Who used what last, and when.
    public let usage = UsageFold()
    public let metrics = Metrics()
    /// The services that this Gatehouse answers.
    public let modules: [ServiceModule]
    /// What the modules keep in memory of the ledger.
    public let projections: Projections
    let resourceTypes: ResourceTypes
    /// By the signing name, which some services share.
    private let byName: [String: [ServiceModule]]
    /// The way for one service to call another; set once, when the gate is there.
    let gate = Mutex<(any ServiceGate)?>(nil)

    public init(
        ledger: Ledger, directory: IdentityDirectory, sessionTokens: SessionTokens,
        authorizationMessages: AuthorizationMessages, openIDProviders: OpenIDProviders,
        publicAddress: PublicAddress, quotas: Quotas, region: String,
        modules: [ServiceModule] = [], projections: Projections? = nil,
        clock: Clock
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
        resourceTypes = ResourceTypes(of: modules)
        byName = Dictionary(grouping: modules, by: \.signingName)
        self.clock = clock
    }

    /// The services of a name in a credential scope: S3 and S3 Control both sign as `s3`. Empty for a name whose services
    /// Gatehouse does not answer.
    public func modules(signingAs name: String) -> [ServiceModule] { byName[name] ?? [] }

    /// The service that an operation is of; nil for one that Gatehouse does not answer.
    func module(of operation: OperationShape) -> ServiceModule? {
        modules(signingAs: operation.signingName).first { $0.shape.operation(named: operation.name) === operation }
    }

    /// A projection of one of the modules.
    public func projection<P: Projection>(_ type: P.Type) -> P { projections[type] }

    /// Seconds since 1970.
    public func now() -> Double { clock.now }
}
