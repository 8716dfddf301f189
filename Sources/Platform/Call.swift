public import Directory
public import Ledger
import Synchronization
public import Wire

/// One request that an operation answers: who asks, for what, when, and from where.
///
/// It is the one thing that reaches `access` and `handle` besides the input, and knows of no transport: the request may
/// have come from the network or from another service. An operation takes the time from it, never from a clock of its
/// own, so that tests can hold time still.
///
/// ```swift
/// let group = Group(
///     accountID: call.accountID, name: name, path: input.path ?? "/", uniqueID: Identifiers.unique(.group),
///     createDate: call.time)
/// try records.put(group)
/// ```
///
/// The value is immutable. As the request passes through the gate, it is replaced by ones that know more: ``made(by:)``
/// once the caller is known, ``permitted(_:)`` once it is allowed.
public final class Call: Sendable {
    /// What all operations of this Gatehouse share: ledger, directory, clock.
    public let environment: Environment
    /// UUID version 7: the time is inside, by which the ledger finds the event.
    public let requestID: String
    /// When the request arrived, seconds since 1970. All that an operation dates is dated by it.
    public let time: Double
    /// Who asks.
    public let caller: Caller
    /// The service that answers.
    public let module: ServiceModule
    /// The operation's name: `CreateUser`.
    public let operation: String
    /// The region that the request was signed for; without a signature Gatehouse's own.
    public let region: String
    /// Where the request came from.
    public let source: Source
    /// What the operation's `access` learnt, once it is allowed.
    private let learnt: [any Sendable]
    private let isDurable: Durability

    /// One for a call and all that it becomes.
    private final class Durability: Sendable {
        let isNeeded = Atomic<Bool>(false)
        let asked = Mutex<[any Sendable]>([])
    }

    /// Makes a call; the edge does, and ``ServiceCalls`` for calls from one service to another.
    /// - Parameters:
    ///   - environment: what it is decided and answered from.
    ///   - requestID: a UUID of version 7; see ``RequestIDs``.
    ///   - time: when the request arrived, in seconds since 1970.
    ///   - caller: who calls.
    ///   - module: the service that is to answer.
    ///   - operation: the name in the model; empty for a request that names none.
    ///   - region: the one that the request was signed for; a global service's own.
    ///   - source: where the request came from.
    public init(
        environment: Environment, requestID: String, time: Double, caller: Caller, module: ServiceModule,
        operation: String, region: String, source: consuming Source
    ) {
        self.environment = environment
        self.requestID = requestID
        self.time = time
        self.caller = caller
        self.module = module
        self.operation = operation
        self.region = region
        self.source = source
        learnt = []
        isDurable = Durability()
    }

    private init(_ earlier: Call, caller: Caller? = nil, learnt: [any Sendable]) {
        environment = earlier.environment
        requestID = earlier.requestID
        time = earlier.time
        self.caller = caller ?? earlier.caller
        module = earlier.module
        operation = earlier.operation
        region = earlier.region
        source = earlier.source
        self.learnt = learnt
        isDurable = earlier.isDurable
    }

    /// When it arrived by the clocks of the world outside, in seconds since 1970: those of one-time passwords and
    /// identity providers' tokens. It differs from ``time`` only in a Gatehouse whose clock was moved forward.
    public var clientTime: Double { time - environment.clock.moved }
    /// The operation's service as in actions: `iam`.
    public var service: String { module.actionPrefix }

    /// The account of the caller. Operations work on this account unless an ARN names another.
    public var accountID: String { caller.accountID }
    /// Who exists, and what policies bind them; in memory, and up to date with every committed change.
    public var directory: IdentityDirectory { environment.directory }
    /// How much an account may hold.
    public var quotas: Quotas { environment.quotas }
    /// ``time``, as answers spell it.
    public var timestamp: Timestamp { Timestamp(secondsSinceEpoch: time) }

    /// Where the service's records of the caller's account are: for a global service in no region, otherwise in the one
    /// that the request was signed for.
    public var scope: Scope { module.scope(account: accountID, region: region) }

    // MARK: On the way of a request

    /// The same request, once it is known who makes it.
    public func made(by caller: Caller) -> Call { Call(self, caller: caller, learnt: learnt) }

    /// The same request, once it is allowed.
    /// - Parameter accesses: what was allowed.
    public func permitted(_ accesses: [Access]) -> Call {
        var learnt: [any Sendable] = []
        // By their places: an access is much to copy.
        for index in accesses.indices { if let one = accesses[index].learnt { learnt.append(one) } }
        return learnt.isEmpty ? self : Call(self, learnt: learnt)
    }

    /// What `access` found out for `handle`, and the caller was allowed to know: see ``Access/learnt``.
    /// - Returns: nil where no access carried a value of this type.
    public func learnt<Knowledge: Sendable>(_ type: Knowledge.Type) -> Knowledge? {
        // No chain of lazy collections: those of a type that is not known here cost more than all the rest.
        for item in learnt { if let item = item as? Knowledge { return item } }
        return nil
    }

    /// Makes the answer wait until the call's event is on disk: for a call that changed something outside the
    /// transaction in which events are usually recorded.
    public func recordDurably() {
        isDurable.isNeeded.store(true, ordering: .relaxed)
    }

    /// Keeps what the policies said to something that the operation asked on its own, beside what it needs: see ``decision(_:)``.
    public func noteAsked(_ decision: some Sendable) {
        isDurable.asked.withLock { $0.append(decision) }
    }

    /// Keeps something that the operation has found out for `additionalEventData` of the call's event. The last of a name counts.
    public func note(_ name: String, _ value: String) { noteAsked(EventNote(name: name, value: value)) }

    /// What was kept by ``note(_:_:)``.
    public var notes: [(name: String, value: String)] {
        asked.reduce(into: []) { notes, note in
            guard let note = note as? EventNote else { return }
            notes.removeAll { $0.name == note.name }
            notes.append((name: note.name, value: note.value))
        }
    }

    private struct EventNote: Sendable {
        let name: String
        let value: String
    }

    /// What was kept by ``noteAsked(_:)``.
    public var asked: [any Sendable] { isDurable.asked.withLock { $0 } }

    /// Whether ``recordDurably()`` was called, on this value or on one that it came from.
    public var isRecordedDurably: Bool { isDurable.isNeeded.load(ordering: .relaxed) }
}

extension Call {
    /// Where a request comes from: what `aws:SourceIp`, `aws:UserAgent`, `aws:SecureTransport` and `aws:CalledVia` say,
    /// and the `sourceIPAddress` of its event.
    public struct Source: Sendable {
        /// The client's address; nil for a request that an AWS service makes.
        public var address: String?
        /// What the client calls itself: the `User-Agent` header, or the name of the calling service. It proves
        /// nothing.
        public var userAgent: String?
        /// The `Host` that the client named.
        public var host: String?
        /// How the client's connection is encrypted; nil when it is not, and for what an AWS service asks.
        public var tls: TLSDetails?
        /// How the client signed the request; nil for one without a signature, and for what an AWS service asks.
        public var signature: SignatureDetails?
        /// The `DPoP` header of a request without a signature: it proves that the client has a key (RFC 9449). Nobody has verified
        /// it. nil: there is none.
        public var proof: String?
        /// Whether the request is safe from eavesdroppers: `aws:SecureTransport`.
        public var isSecureTransport: Bool
        /// The VPC endpoint that it came through; nil: it came by the internet.
        public var endpoint: EndpointPassage?
        /// The services through which a caller's request came, the first one first: `aws:CalledVia`. Empty for a
        /// request that its caller made directly.
        public var calledVia: [String] = []
        /// Whether a ``Front`` made the request of what a browser sent it.
        public var isOfFront = false
        /// Whether a person asks by the console.
        public var isOfConsole = false
        /// The request as it was sent, with the body as it is proved, for an endpoint to which it may be passed on, or a web ACL
        /// that may be before it; nil where neither can be.
        public var request: WireRequest?
        /// The service that calls with a role that it has assumed, and for what: `aws:SourceArn` and `aws:SourceAccount`.
        public var principal: ServicePrincipal?

        /// Makes the source of a request from the network; `tls` is nil for a connection that is not encrypted.
        public init(
            address: String?, userAgent: String?, host: String? = nil, tls: TLSDetails? = nil,
            signature: SignatureDetails? = nil
        ) {
            self.signature = signature
            self.address = address
            self.userAgent = userAgent
            self.host = host
            self.tls = tls
            isSecureTransport = tls != nil
        }

        /// Makes the source of a request that an AWS service makes, within Gatehouse. `calledVia` is empty for one that
        /// the service makes in its own name.
        public init(service: String, calledVia: [String]) {
            address = nil
            userAgent = service
            isSecureTransport = true
            self.calledVia = calledVia
        }
    }
}
