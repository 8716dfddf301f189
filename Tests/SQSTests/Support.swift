import Directory
import Keyring
import Ledger
import OIDC
import Synchronization
import Wire

@testable import Platform
@testable import SQSService

/// A queue in a ledger in memory, at a time that stands still until it is moved.
final class Workbench: Sendable {
    static let start: Int64 = 1_800_000_000_000

    let environment: Environment
    private let time = Mutex(start)
    private let name: String

    init(isFIFO: Bool = false, _ attributes: [String: String] = [:]) async throws {
        let keyring = EphemeralKeyring()
        let ledger = try Ledger(at: .memory, keyring: keyring)
        let projections = Projections(of: [.sqs])
        ledger.observe { projections.follow($0) }
        environment = Environment(
            ledger: ledger, directory: IdentityDirectory(), sessionTokens: try SessionTokens(keyring: keyring),
            authorizationMessages: try AuthorizationMessages(keyring: keyring), openIDProviders: OpenIDProviders(),
            publicAddress: PublicAddress(fixed: nil), quotas: Quotas(), region: "us-east-1", modules: [.sqs],
            projections: projections, clock: Clock { Double(Workbench.start) / 1000 })
        name = isFIFO ? "q.fifo" : "q"
        try await make(name, attributes)
    }

    /// Makes a queue.
    func make(_ name: String, _ attributes: [String: String] = [:]) async throws {
        let queue = Queue(
            account: Workbench.scope.account, region: Workbench.scope.region, name: name, uniqueID: "id-\(name)",
            messages: "messages-\(name)", created: 0, modified: 0, attributes: attributes)
        try await environment.write(Self.scope, requestID: "") { (records) throws(ServiceError) in
            try records.put(queue)
        }
    }

    static let scope = Scope(account: "111122223333", region: "us-east-1")

    /// Milliseconds since 1970.
    var now: Int64 { time.withLock { $0 } }

    func pass(_ milliseconds: Int64) { time.withLock { $0 += milliseconds } }

    /// Does something with the messages of a queue, in one transaction.
    /// - Parameter other: the queue, where it is not the first one.
    func change<T: Sendable>(
        _ other: String? = nil, _ body: @escaping @Sendable (QueueMessages) throws(ServiceError) -> T
    ) async throws -> T {
        let (name, time) = (other ?? name, Double(now) / 1000 + 0.000_1)
        return try await environment.write(Self.scope, requestID: "") { (records) throws(ServiceError) in
            guard let queue = try records.get(Queue.self, name) else { throw .queueDoesNotExist }
            return try body(QueueMessages(queue, records, at: time))
        }
    }

    /// Changes the queue itself.
    func set(_ attributes: [String: String]) async throws {
        let name = name
        try await environment.write(Self.scope, requestID: "") { (records) throws(ServiceError) in
            guard var queue = try records.get(Queue.self, name) else { throw .queueDoesNotExist }
            queue.attributes.merge(attributes) { _, new in new }
            try records.put(queue)
        }
    }

    /// - Parameter size: bytes of its content.
    func send(
        _ id: String, group: String? = nil, deduplicationID: String? = nil, delay: Int? = nil, size: Int = 10
    ) async throws {
        let message = NewMessage(
            id: id, group: group, deduplicationID: deduplicationID, senderID: "somebody",
            content: Array(repeating: 120, count: size), delay: delay)
        _ = try await change { (messages) throws(ServiceError) in try messages.add(message) }
    }

    /// - Parameter seconds: for which it is hidden.
    func receive(_ most: Int = 10, hiding seconds: Int = 30, from other: String? = nil) async throws -> [StoredMessage]
    {
        let wish = ReceiveWish(most: most, hiding: Int64(seconds) * 1000) { _ in true }
        let received = try await change(other) { (messages) throws(ServiceError) in
            messages.queue.isFIFO ? try messages.receiveInOrder(wish) : try messages.receiveUnordered(wish)
        }
        guard case .messages(let found) = received else { return [] }
        return found.map(\.message)
    }

    func delete(_ message: StoredMessage) async throws {
        try await change { (messages) throws(ServiceError) in
            messages.queue.isFIFO
                ? try messages.deleteInOrder(message.receipt, "handle") : try messages.deleteUnordered(message.receipt)
        }
    }

    func hide(_ message: StoredMessage, for seconds: Int) async throws {
        _ = try await change { (messages) throws(ServiceError) in
            messages.queue.isFIFO
                ? try messages.hideInOrder(message.receipt, for: seconds, "handle")
                : try messages.hideUnordered(message.receipt, for: seconds, "handle")
        }
    }

    func counts(of other: String? = nil) async throws -> QueueCounts {
        try await change(other) { (messages) throws(ServiceError) in
            while try messages.settle(limit: 3) {}
            return try messages.counts()
        }
    }
}
