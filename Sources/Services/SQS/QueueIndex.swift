import Directory
import Ledger
import Platform
import Policy
import Synchronization
import Wire

/// A queue as requests are decided by it. It is never changed: a change of the queue makes another.
final class QueueEntry: Sendable {
    let queue: Queue
    let settings: QueueSettings
    /// nil: it has none.
    let policy: CompiledPolicy?

    init(_ queue: Queue) {
        self.queue = queue
        settings = queue.settings
        policy = queue.policy.map { text in
            let source = PolicySource(type: .resource, name: "queue policy")
            guard let document = try? PolicyDocument(parsing: text, as: .resource, strictness: .evaluable) else {
                return .denyingEverything(source)
            }
            return CompiledPolicy(document, source: source)
        }
    }
}

/// All queues, in memory: their settings, tags and policies.
final class QueueIndex: Projection {
    static let kinds: Set<String> = [Queue.kind]

    private struct State {
        /// By ARN.
        var queues: [String: QueueEntry] = [:]
        /// The ARNs of those that have a dead-letter queue, by its ARN.
        var sources: [String: Set<String>] = [:]

        mutating func put(_ entry: QueueEntry?, _ arn: String) {
            if let target = queues[arn]?.settings.redrive?.target {
                sources[target]?.remove(arn)
                if sources[target]?.isEmpty == true { sources[target] = nil }
            }
            queues[arn] = entry
            if let target = entry?.settings.redrive?.target { sources[target, default: []].insert(arn) }
        }
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let entry = try change.decodeAfter(Queue.self).map { QueueEntry($0) }
            let reference = QueueReference(account: change.scope.account, region: change.scope.region, name: change.id)
            state.withLock { $0.put(entry, reference.arn) }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    /// The queue of an ARN; nil: there is none.
    func entry(_ arn: String) -> QueueEntry? { state.withLock { $0.queues[arn] } }

    /// The same of one that has to be there.
    /// - Throws: QueueDoesNotExist.
    func entry(_ queue: QueueReference) throws(ServiceError) -> QueueEntry {
        guard let entry = entry(queue.arn) else { throw .queueDoesNotExist }
        return entry
    }

    /// The queues whose dead letters go to one.
    func sources(of arn: String) -> [QueueReference] {
        state.withLock { state in
            (state.sources[arn] ?? []).sorted().compactMap { state.queues[$0]?.queue.reference }
        }
    }

    /// All queues, for what is done to each now and then.
    var all: [QueueEntry] { state.withLock { Array($0.queues.values) } }
}
