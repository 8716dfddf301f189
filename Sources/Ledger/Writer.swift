import Dispatch
import FoundationEssentials
import Keyring
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The one writer of a ledger. It commits together what waits together, so that a durable write costs a share of
/// one fsync.
///
/// Writes and events are queued under a lock; whoever finds the writer asleep wakes it on the database's own serial
/// queue, where it works until nothing is left. Each write can be undone alone inside the batch's transaction. Tasks
/// are resumed only when the batch is committed and the observer has seen its changes.
final class Writer: Sendable {
    typealias Observer = @Sendable ([Change]) -> Void

    /// How long an event waits for others at most.
    static let flushInterval = DispatchTimeInterval.milliseconds(200)
    /// As many events make a flush due at once.
    static let flushCount = EventSegment.maximumCount
    static let maximumBatch = 256
    static let maximumEventsOfBatch = 4096

    private let store: any Store
    let records: RecordSealer
    private let events: EventStore
    /// How many bytes of events may wait.
    private let eventCapacity: Int
    private let queue = Mutex(Queue())
    let observers = Mutex(Observers())
    /// Touched on the database's queue alone; the lock is never waited for.
    private let next: Mutex<NextNumbers>
    /// Where other nodes write, too: see `Following`.
    let following = Following()
    /// Where asking for a record takes long: which there are.
    let keys: KnownKeys?
    /// What readers know of rows.
    private let rows: RowCache?
    /// Records as they were read. Touched on the database's queue alone.
    private let readRecords: RecordCache?

    struct NextNumbers {
        var record: Int64
        var segment: Int64
        var deadline: Int64

        /// Of a ledger that is opened for reading alone: none are given.
        static let none = NextNumbers(record: 0, segment: 0, deadline: 0)

        init(record: Int64, segment: Int64, deadline: Int64) {
            self.record = record
            self.segment = segment
            self.deadline = deadline
        }

        /// The numbers that follow what is in a database.
        init(after session: any StoreSession) throws {
            record = try session.lastSequence() &+ 1
            segment = try max(session.lastSegment(), session.number(EventStore.purgedThrough)) &+ 1
            // Numbers that were given, and whose deadlines are gone, are not given again: the clock goes on meanwhile.
            deadline = try max(session.lastDeadlineNumber() &+ 1, Writer.milliseconds &* 1024)
        }
    }

    /// In a structure, because a closure that a lock guards by itself comes out, and goes back in, with one more layer
    /// around it each time that it is looked at.
    struct Observers {
        var changes: Observer?
        var work: (@Sendable (CommittedWork) -> Void)?
    }

    private struct Queue {
        var writes: [PendingWrite] = []
        var events: [Event] = []
        var eventBytes = 0
        /// Tasks that wait until the events that are queued now are on disk.
        var flushes: [CheckedContinuation<Result<Void, LedgerError>, Never>] = []
        var isFlushDue = false
        var isTimerSet = false
        var isAwake = false
        var isClosed = false
        /// Why the last attempt to write events failed; nil again after the next that works.
        var eventFailure: LedgerError?

        /// Moves what can be committed together into a batch, beside what is in it.
        mutating func fill(_ batch: inout Batch) {
            let more = writes.prefix(Writer.maximumBatch - batch.writes.count)
            batch.writes += more
            writes.removeFirst(more.count)
            guard isFlushDue else { return }
            if batch.events.isEmpty, events.count <= Writer.maximumEventsOfBatch {
                // As nearly always; then none is copied.
                swap(&batch.events, &events)
            } else {
                let due = events.prefix(Writer.maximumEventsOfBatch - batch.events.count)
                batch.events += due
                events.removeFirst(due.count)
            }
            guard events.isEmpty else { return }
            isFlushDue = false
            batch.flushes += flushes
            flushes = []
        }
    }

    private struct Batch {
        var writes: [PendingWrite] = []
        var events: [Event] = []
        var flushes: [CheckedContinuation<Result<Void, LedgerError>, Never>] = []

        var isEmpty: Bool { writes.isEmpty && events.isEmpty && flushes.isEmpty }
    }

    init(
        _ store: any Store, key: SealingKey, next: NextNumbers, keys: KnownKeys? = nil, rows: RowCache? = nil,
        eventCapacity: Int = 64 * 1024 * 1024
    ) {
        self.rows = rows
        readRecords = store.isRemote ? nil : RecordCache()
        self.store = store
        self.records = RecordSealer(key: key)
        self.events = EventStore(key: key)
        self.eventCapacity = eventCapacity
        self.next = Mutex(next)
        self.keys = keys
    }

    func observe(_ observer: @escaping Observer) {
        observers.withLock { $0.changes = observer }
    }

    func observeWork(_ observer: @escaping @Sendable (CommittedWork) -> Void) {
        observers.withLock { $0.work = observer }
    }

    // MARK: Queueing

    /// How many writes wait for their turn.
    var waitingWrites: Int { queue.withLock { $0.writes.count } }

    func enqueue(_ write: PendingWrite) {
        let accepted = queue.withLock { queue in
            guard !queue.isClosed else { return false }
            queue.writes.append(write)
            return true
        }
        guard accepted else {
            write.settle(Self.closed)
            return write.resume()
        }
        wake()
    }

    /// Queues an event to be written within the flush interval.
    func enqueue(_ event: Event) throws(LedgerError) {
        let size = event.size
        let outcome: Result<(wake: Bool, timer: Bool), LedgerError> = queue.withLock { queue in
            if queue.isClosed { return .failure(Self.closed) }
            // What a database that is away can't take now, it can take later: until there are too many.
            if let failure = queue.eventFailure, failure.kind != .unavailable { return .failure(failure) }
            guard queue.eventBytes &+ size <= eventCapacity else { return .failure(Self.tooManyEvents) }
            queue.events.append(event)
            queue.eventBytes &+= size
            if queue.events.count >= Self.flushCount { queue.isFlushDue = true }
            let timer = !queue.isTimerSet && !queue.isFlushDue
            if timer { queue.isTimerSet = true }
            return .success((queue.isFlushDue, timer))
        }
        let todo = try outcome.get()
        if todo.wake { wake() }
        if todo.timer { setTimer() }
    }

    /// Waits until all queued events, and `event` too, are on disk.
    func flush(adding event: Event? = nil) async throws(LedgerError) {
        try await flush { queue throws(LedgerError) in
            guard let event else { return }
            let size = event.size
            guard queue.eventBytes &+ size <= eventCapacity else { throw Self.tooManyEvents }
            queue.events.append(event)
            queue.eventBytes &+= size
        }
    }

    /// Refuses all that comes from now on, and waits until what came before is on disk, or cannot be written.
    func close() async {
        try? await flush { queue in queue.isClosed = true }
    }

    private func flush(
        _ change: (inout sending Queue) throws(LedgerError) -> Void
    ) async throws(LedgerError) {
        let result = await withCheckedContinuation { continuation in
            let refusal: LedgerError? = queue.withLock { queue in
                if queue.isClosed { return Self.closed }
                do throws(LedgerError) {
                    try change(&queue)
                } catch {
                    return error
                }
                queue.isFlushDue = true
                queue.flushes.append(continuation)
                return nil
            }
            if let refusal { continuation.resume(returning: .failure(refusal)) } else { wake() }
        }
        try result.get()
    }

    /// Drops the events that wait.
    func forgetEvents() {
        queue.withLock { queue in
            queue.events = []
            queue.eventBytes = 0
            queue.eventFailure = nil
        }
    }

    /// Forgets the records that were read; on the database's queue.
    func forgetRecords() { readRecords?.forgetAll() }

    private static let closed = LedgerError(.closed, "The ledger is closed.")
    private static let tooManyEvents = LedgerError(.unavailable, "Too many events wait to be written to disk.")

    private func setTimer() {
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.flushInterval) { [weak self] in
            guard let self else { return }
            queue.withLock { queue in
                queue.isTimerSet = false
                queue.isFlushDue = true
            }
            wake()
        }
    }

    private func wake() {
        let wasAsleep = queue.withLock { queue in
            defer { queue.isAwake = true }
            return !queue.isAwake
        }
        guard wasAsleep else { return }
        store.enqueue { session in
            while let batch = self.takeBatch() { self.commit(batch, in: session) }
        }
    }

    /// What to commit next; nil, and the writer falls asleep, when there is nothing.
    private func takeBatch() -> Batch? {
        queue.withLock { queue in
            var batch = Batch()
            queue.fill(&batch)
            if batch.isEmpty { queue.isAwake = false }
            return batch.isEmpty ? nil : batch
        }
    }

    // MARK: On the database's queue

    private func commit(_ first: Batch, in session: any StoreSession) {
        var batch = first
        #if DEBUG
            if Self.rehearses { rehearse(&batch, in: session) }
        #endif
        var outcome: Result<CommittedWork, LedgerError>
        var attempts = 0
        repeat {
            outcome = attempt(&batch, in: session)
            attempts += 1
        } while shouldRunAgain(outcome, attempts, session)
        settleEvents(of: batch, outcome.map { _ in })
        switch outcome {
        case .success(let done):
            publish(done)
            for write in batch.writes { write.settle(nil) }
            for flush in batch.flushes { flush.resume(returning: .success(())) }
        case .failure(let error):
            for write in batch.writes { write.settle(error) }
            for flush in batch.flushes { flush.resume(returning: .failure(error)) }
        }
        PendingWrite.resume(batch.writes)
    }

    /// Runs a batch without savepoints, which SQLite copies each page for before it is changed. When one of its writes then
    /// takes back what it has changed, which hardly any does, the batch is undone, and run again with them.
    private func attempt(_ batch: inout Batch, in session: any StoreSession) -> Result<CommittedWork, LedgerError> {
        do {
            do {
                return .success(try transact(&batch, in: session, hasSavepoints: session.changeCount == nil))
            } catch is TakenBack {
                try session.rollback()
                return .success(try transact(&batch, in: session, hasSavepoints: true))
            }
        } catch {
            if session.isInTransaction { try? session.rollback() }
            return .failure(LedgerError(error))
        }
    }

    /// A write without a savepoint has changed something, and is not to be committed.
    private struct TakenBack: Error {}

    #if DEBUG
        /// Whether each transaction is run once and undone before it counts, as happens to one whose connection is lost:
        /// so that whatever does not bear it shows in any test.
        private static let rehearses = getenv("GATEHOUSE_REHEARSE") != nil

        private func rehearse(_ batch: inout Batch, in session: any StoreSession) {
            _ = try? transact(&batch, in: session, hasSavepoints: true, isRehearsal: true)
            if session.isInTransaction { try? session.rollback() }
        }
    #endif

    private func shouldRunAgain(
        _ outcome: Result<CommittedWork, LedgerError>, _ attempts: Int, _ session: any StoreSession
    ) -> Bool {
        guard case .failure(let error) = outcome else { return false }
        return session.shouldRunAgain(after: error, attempts: attempts)
    }

    /// Milliseconds since 1970, of the real clock.
    static var milliseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

    private func transact(
        _ batch: inout Batch, in session: any StoreSession, hasSavepoints: Bool, isRehearsal: Bool = false
    ) throws -> CommittedWork {
        var next = self.next.withLock { $0 }
        var done = CommittedWork()

        try session.begin()
        if let numbers = session.nextNumbers {
            next = numbers
            // Handlers decide by what is kept in memory of the ledger, too.
            try follow(in: session, through: next.record &- 1)
        }
        let time = Self.milliseconds
        var eventsOfWrites: [Event] = []
        var changedRows: [RowCache.Place] = []
        // What this transaction writes has numbers that are given again if it fails.
        readRecords?.committed = next.record &- 1
        var count = 0
        while let write = nextWrite(of: &batch, after: count) {
            let changes = session.changeCount
            if hasSavepoints { try session.beginSavepoint() }
            let transaction = Transaction(
                session, records, requestID: write.requestID, time: time, next: next, readRecords)
            let commits = write.run(transaction)
            transaction.close()
            count += 1
            // A full disk, for one, makes SQLite roll back everything.
            if let failure = session.transactionFailure { throw transaction.failure ?? failure }
            if commits {
                done.changes += transaction.changes
                eventsOfWrites += transaction.events
                changedRows += transaction.changedRows
                if let last = transaction.changes.last { next.record = last.sequence &+ 1 }
                if transaction.nextDeadline != next.deadline { done.hasScheduled = true }
                next.deadline = transaction.nextDeadline
            }
            if hasSavepoints {
                try session.endSavepoint(keeping: commits)
            } else if !commits, transaction.failure != nil || session.changeCount != changes {
                throw TakenBack()
            }
        }
        // Of the two, one is mostly empty, and the other is not copied.
        let events =
            if batch.events.isEmpty { eventsOfWrites } else if eventsOfWrites.isEmpty { batch.events } else {
                batch.events + eventsOfWrites
            }
        done.hasEvents = !events.isEmpty
        let firstSegment = next.segment
        next.segment = try self.events.insert(events, into: session, nextSequence: next.segment)
        if isRehearsal { return done }
        let isShared = session.nextNumbers != nil
        rows?.beginChange(changedRows)
        defer { rows?.endChange(changedRows) }
        try session.commit(next)
        if isShared { following.noteOwn(segments: firstSegment..<next.segment) }

        readRecords?.committed = next.record &- 1
        readRecords?.follow(done.changes)
        self.next.withLock { $0 = next }
        return done
    }

    /// The write that is to be run after so many. What came while those ran is committed with them, since a commit costs more
    /// than a write.
    private func nextWrite(of batch: inout Batch, after count: Int) -> PendingWrite? {
        if count == batch.writes.count { queue.withLock { $0.fill(&batch) } }
        return count < batch.writes.count ? batch.writes[count] : nil
    }

    /// Forgets the events that are on disk, or puts them back to be tried again.
    private func settleEvents(of batch: Batch, _ outcome: Result<Void, LedgerError>) {
        guard !batch.events.isEmpty else { return }
        let tryAgain = queue.withLock { queue in
            switch outcome {
            case .success:
                queue.eventBytes = max(0, queue.eventBytes &- batch.events.reduce(0) { $0 &+ $1.size })
                queue.eventFailure = nil
                return false
            case .failure(let error):
                queue.events.insert(contentsOf: batch.events, at: 0)
                queue.isFlushDue = false
                queue.eventFailure = error
                defer { queue.isTimerSet = true }
                return !queue.isTimerSet && !queue.isClosed
            }
        }
        if tryAgain { setTimer() }
    }
}

/// What a commit may have given somebody to do; see ``Ledger/observeWork(_:)``. It has no details of deadlines and
/// events: whoever is woken looks for itself.
public struct CommittedWork: Sendable {
    /// The changes of records, in their order.
    public internal(set) var changes: [Change] = []
    /// Whether a deadline was scheduled, so that the next one may be due earlier than known.
    public internal(set) var hasScheduled = false
    /// Whether events were written, so that those who follow them have something to read.
    public internal(set) var hasEvents = false

    var isEmpty: Bool { changes.isEmpty && !hasScheduled && !hasEvents }
}
