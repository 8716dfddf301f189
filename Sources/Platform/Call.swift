public import Directory
public import Ledger
import Synchronization
public import Wire

/// One request that an operation answers: who asks, when, from where. It knows of no transport: it may have come from
/// the network or from another service.
public final class Call: Sendable {
    /// All that is fixed before anybody is asked for a permission.
    private struct Facts: Sendable {
        var environment: Environment
        var requestID: String
        var time: Double
        var caller: Caller
        var module: ServiceModule
        var operation: String
        var region: String
        var source: Source
    }

    private let facts: Facts
    /// What the operation's `access` learnt, once it is allowed.
    private let learnt: [any Sendable]
    private let isDurable: Durability

    /// One for a call and all that it becomes.
    private final class Durability: Sendable {
        let isNeeded = Atomic<Bool>(false)
    }

    /// - Parameters:
    ///   - requestID: UUID version 7.
    ///   - time: when the request arrived, seconds since 1970.
    ///   - region: that the request was signed for; a global service's own.
    public init(
        environment: Environment, requestID: String, time: Double, caller: Caller, module: ServiceModule,
        operation: String, region: String, source: Source
    ) {
        facts = Facts(
            environment: environment, requestID: requestID, time: time, caller: caller, module: module,
            operation: operation, region: region, source: source)
        learnt = []
        isDurable = Durability()
    }

    private init(_ facts: Facts, _ learnt: [any Sendable], _ isDurable: Durability) {
        self.facts = facts
        self.learnt = learnt
        self.isDurable = isDurable
    }

    public var environment: Environment { facts.environment }
    /// UUID version 7: the time is inside, by which the ledger finds the event.
    public var requestID: String { facts.requestID }
    /// When the request arrived, seconds since 1970. All that an operation dates is dated by it.
    public var time: Double { facts.time }
    /// When it arrived by the clocks of the world outside, seconds since 1970: those of one-time passwords and identity
    /// providers' tokens. The same but in a Gatehouse whose clock was moved on.
    public var clientTime: Double { time - environment.clock.moved }
    public var caller: Caller { facts.caller }
    public var module: ServiceModule { facts.module }
    /// The operation's service as in actions: `iam`.
    public var service: String { facts.module.actionPrefix }
    /// The operation's name: `CreateUser`.
    public var operation: String { facts.operation }
    /// The region that the request was signed for; without a signature Gatehouse's own.
    public var region: String { facts.region }
    public var source: Source { facts.source }

    public var accountID: String { caller.accountID }
    public var directory: IdentityDirectory { environment.directory }
    public var quotas: Quotas { environment.quotas }
    public var timestamp: Timestamp { Timestamp(secondsSinceEpoch: time) }

    /// Where the service's records of the caller's account lie: for a global service in no region, else in the one
    /// that the request was signed for.
    public var scope: Scope { module.scope(account: accountID, region: region) }

    // MARK: On the way of a request

    /// The same request, once it is known who makes it.
    public func made(by caller: Caller) -> Call {
        var facts = facts
        facts.caller = caller
        return Call(facts, learnt, isDurable)
    }

    /// The same request, once it is allowed.
    /// - Parameter accesses: what was allowed.
    public func permitted(_ accesses: [Access]) -> Call {
        let learnt = accesses.compactMap(\.learnt)
        return learnt.isEmpty ? self : Call(facts, learnt, isDurable)
    }

    /// What `access` learnt for `handle`, and was allowed to know: see ``Access/learnt``.
    public func learnt<Knowledge: Sendable>(_ type: Knowledge.Type) -> Knowledge? {
        learnt.lazy.compactMap { $0 as? Knowledge }.first
    }

    /// Makes the answer wait until the call's event is on disk: for a call that changed something outside the
    /// transaction in which events are usually recorded.
    public func recordDurably() {
        isDurable.isNeeded.store(true, ordering: .relaxed)
    }

    public var isRecordedDurably: Bool { isDurable.isNeeded.load(ordering: .relaxed) }
}

extension Call {
    /// Where a request comes from.
    public struct Source: Sendable {
        /// The client's address; nil for a request that an AWS service makes.
        public var address: String?
        public var userAgent: String?
        /// The `Host` that the client named.
        public var host: String?
        /// How the client's connection is encrypted; nil when it is not, and for what an AWS service asks.
        public var tls: TLSDetails?
        /// Whether nobody could listen on the way here.
        public var isSecureTransport: Bool
        /// The services through which a caller's request came, the first that it was made to first:
        /// `aws:CalledVia`. Empty for a request that its caller made itself.
        public var calledVia: [String] = []

        public init(address: String?, userAgent: String?, host: String? = nil, tls: TLSDetails? = nil) {
            self.address = address
            self.userAgent = userAgent
            self.host = host
            self.tls = tls
            isSecureTransport = tls != nil
        }

        /// A request that an AWS service makes, within Gatehouse.
        /// - Parameter calledVia: see the property; empty for one that the service makes in its own name.
        public init(service: String, calledVia: [String]) {
            address = nil
            userAgent = service
            isSecureTransport = true
            self.calledVia = calledVia
        }
    }
}
