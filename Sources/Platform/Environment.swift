public import Directory
public import Ledger
public import OIDC
import Synchronization

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
    private let byName: [String: ServiceModule]
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
        byName = Dictionary(modules.map { ($0.signingName, $0) }) { first, _ in first }
        self.clock = clock
    }

    /// The service of a name in a credential scope; nil for one that Gatehouse does not answer.
    public func module(named signingName: String) -> ServiceModule? { byName[signingName] }

    /// A projection of one of the modules.
    public func projection<P: Projection>(_ type: P.Type) -> P { projections[type] }

    /// Seconds since 1970.
    public func now() -> Double { clock.now }
}
