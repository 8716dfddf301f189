public import Directory
import Synchronization
public import Wire

/// One request that an operation answers: who asks, when, from where.
public final class Call: Sendable {
    public let environment: Environment
    /// UUID version 7: the time is inside, by which the ledger finds the event.
    public let requestID: String
    /// When the request arrived, seconds since 1970. All that an operation dates is dated by it.
    public let time: Double
    public let caller: Caller
    /// The operation's service as in actions: `iam`.
    public let service: String
    /// The operation's name: `CreateUser`.
    public let operation: String
    /// The region that the request was signed for; without a signature Gatehouse's own.
    public let region: String
    public let sourceIP: String
    public let userAgent: String?
    public let isSecureTransport: Bool
    private let isDurable = Atomic<Bool>(false)
    private let delegator = Mutex<String?>(nil)

    public init(
        environment: Environment, requestID: String, time: Double, caller: Caller, service: String, operation: String,
        region: String, sourceIP: String, userAgent: String?, isSecureTransport: Bool
    ) {
        self.environment = environment
        self.requestID = requestID
        self.time = time
        self.caller = caller
        self.service = service
        self.operation = operation
        self.region = region
        self.sourceIP = sourceIP
        self.userAgent = userAgent
        self.isSecureTransport = isSecureTransport
    }

    /// The same request, once it is known who makes it.
    public func made(by caller: Caller) -> Call {
        Call(
            environment: environment, requestID: requestID, time: time, caller: caller, service: service,
            operation: operation, region: region, sourceIP: sourceIP, userAgent: userAgent,
            isSecureTransport: isSecureTransport)
    }

    /// Makes the answer wait until the call's event is on disk: for a call that changed something outside the
    /// transaction in which events are usually recorded.
    public func recordDurably() {
        isDurable.store(true, ordering: .relaxed)
    }

    /// Says that the resource-based policy of an organization decides over the call, so that a permit means that it
    /// allows what else only the organization's management account may do.
    public func delegate(by managementAccountID: String) {
        delegator.withLock { $0 = managementAccountID }
    }

    /// The management account whose organization's policy has decided; nil when none was asked.
    public var delegatedBy: String? { delegator.withLock { $0 } }

    public var isRecordedDurably: Bool { isDurable.load(ordering: .relaxed) }

    public var accountID: String { caller.accountID }
    public var directory: IdentityDirectory { environment.directory }
    public var quotas: Quotas { environment.quotas }
    public var timestamp: Timestamp { Timestamp(secondsSinceEpoch: time) }
}
