public import Directory
public import Ledger
public import OIDC

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
    /// Seconds since 1970; tests hold it still.
    public let now: @Sendable () -> Double
    /// Who used what last, and when.
    public let usage = UsageFold()
    /// What goes on after the answer: reports in the making.
    public let background = BackgroundTasks()
    /// The names of the operations of a service that Gatehouse answers (`iam`), and so records; empty for others.
    public let operationsOfService: @Sendable (String) -> [String]

    public init(
        ledger: Ledger, directory: IdentityDirectory, sessionTokens: SessionTokens,
        authorizationMessages: AuthorizationMessages, openIDProviders: OpenIDProviders,
        publicAddress: PublicAddress, quotas: Quotas, region: String,
        operationsOfService: @escaping @Sendable (String) -> [String] = { _ in [] },
        now: @escaping @Sendable () -> Double
    ) {
        self.ledger = ledger
        self.directory = directory
        self.sessionTokens = sessionTokens
        self.authorizationMessages = authorizationMessages
        self.openIDProviders = openIDProviders
        self.publicAddress = publicAddress
        self.quotas = quotas
        self.region = region
        self.operationsOfService = operationsOfService
        self.now = now
    }
}
