public import Ledger
import Logging
public import Wire

/// Work that is done at a given time, by whichever node gets to it, exactly once, even if the process ends in the
/// middle of it.
///
/// The value is what the work needs to know. It is scheduled in the transaction that makes it necessary, and stays in
/// the ledger until it is done:
///
/// ```swift
/// struct DeleteKey: Job {
///     static let kind = "KMS::DeleteKey"
///     let keyID: String
///
///     func run(_ context: JobContext) async throws(ServiceError) {
///         let keyID = keyID
///         try await context.finish { (records) throws(ServiceError) in
///             guard let key = try records.get(Key.self, keyID), key.isPendingDeletion else { return }
///             try records.delete(key)
///         }
///     }
/// }
/// …
/// try records.schedule(DeleteKey(keyID: key.id), id: key.id, at: time + 7 * 86_400)
/// ```
///
/// A module lists its jobs (``ServiceModule/jobs``). A job runs with nobody's permissions, by Gatehouse itself. Since
/// it is kept as JSON, what was scheduled by an older version must still decode: give new properties defaults.
public protocol Job: Codable, Sendable {
    /// The job's name, unique among all jobs. It must never change while any is scheduled.
    static var kind: String { get }
    /// Does the work. What is slow comes first; what changes records is done in ``JobContext/finish(_:)``, which ends
    /// the job. A job that returns without calling it has ended, too.
    /// - Throws: an error; the job is then tried again later, after a pause that grows each time.
    func run(_ context: JobContext) async throws(ServiceError)
    /// The type itself where it is a ``RecurringJob``. Asking the type for that is quick, while a cast searches all that the
    /// program consists of.
    static var recurring: (any RecurringJob.Type)? { get }
    /// Whether it comes back in short intervals: when the clock is moved, it is done once, however often its time has come.
    static var recurs: Bool { get }
    /// How many of the kind a node does at a time. More than one is for work that mostly waits for others' servers, and of which
    /// one that hangs must not keep the rest waiting.
    static var concurrency: Int { get }
    /// How many of these may be an account's own. Before an account gets another, others get their first: what an account's further
    /// ones wait for is all work that is due, also of other kinds.
    static var share: Int { get }
    /// Whether this node may do it now; others do until then. It must not take long, and nobody is woken when it becomes so: whoever
    /// makes it so schedules something.
    static func isFor(_ environment: Environment) -> Bool
}

extension Job {
    /// Any node may.
    public static func isFor(_ environment: Environment) -> Bool { true }
    /// One after another, in the order of their time.
    public static var concurrency: Int { 1 }
    /// All.
    public static var share: Int { .max }
    /// nil: it is done once.
    public static var recurring: (any RecurringJob.Type)? { nil }
    /// What is a ``RecurringJob`` does.
    public static var recurs: Bool { recurring != nil }
}

/// A job that recurs, from the first start on. If nobody was there to do it for a long time, it is then done once.
///
/// ```swift
/// struct ForgetOldJournal: RecurringJob {
///     static let kind = "Gatehouse::ForgetOldJournal"
///     static let interval = 24.0 * 3600
///     …
///     func run(_ context: JobContext) async throws(ServiceError) {
///         …
///     }
/// }
/// ```
public protocol RecurringJob: Job {
    /// Makes one: such a job knows nothing but that it is due.
    init()
    /// The seconds from the end of one to the next.
    static var interval: Double { get }
    /// The same, where the operator decides; ``interval`` unless the job says otherwise.
    static func interval(_ environment: Environment) -> Double
    /// Whether it is done at the multiples of its interval instead, as what is done once a day at each midnight of UTC: however long
    /// one takes, the next is not later for that.
    static var isByTheClock: Bool { get }
}

extension RecurringJob {
    /// ``interval``, whatever the operator says.
    public static func interval(_ environment: Environment) -> Double { interval }
    /// After the end of the one before.
    public static var isByTheClock: Bool { false }
    /// The type itself.
    public static var recurring: (any RecurringJob.Type)? { self }
}

/// A job that is being done: for whom, since when, and how it ends.
public final class JobContext: Sendable {
    /// What all operations share.
    public let environment: Environment
    private let lease: Lease
    private let log: Logger?
    private let next: (@Sendable (MutableRecords) throws(ServiceError) -> Void)?

    init(
        _ environment: Environment, _ lease: Lease, log: Logger? = nil,
        next: (@Sendable (MutableRecords) throws(ServiceError) -> Void)? = nil
    ) {
        self.environment = environment
        self.lease = lease
        self.log = log
        self.next = next
    }

    /// For whom it is done: the scope of the records that it was scheduled with.
    public var scope: Scope { lease.deadline.scope }
    /// The id that it was scheduled under.
    public var id: String { lease.deadline.id }
    /// When it was due, seconds since 1970.
    public var due: Double { Double(lease.deadline.due) / 1000 }
    /// How often it was tried before.
    public var attempts: Int { lease.deadline.attempts }
    /// Whether it has failed for a quarter of an hour: what nobody can read will not be otherwise later, while a ledger that was away
    /// is back, and a node of a newer version has had its turn.
    public var hasFailedLong: Bool { attempts >= 10 }

    /// Keeps the work as this node's own, and sees whether it is: for work that must not be done by two, even if the ledger was away
    /// for long.
    /// - Returns: whether it is still this node's.
    /// - Throws: when the ledger can't be asked.
    public func keep() async throws(ServiceError) -> Bool {
        let (lease, environment) = (lease, environment)
        let end = milliseconds(environment.clock.realTime + environment.leaseSeconds)
        do throws(LedgerError) {
            try await environment.ledger.write(requestID: "") { (transaction) throws(LedgerError) in
                .commit(try transaction.renew(lease, until: end))
            }
            return true
        } catch {
            if error.kind == .conflict { return false }
            throw ServiceError(error)
        }
    }

    /// Has the log tell the operator what this work could not do, and will not try again.
    public func report(_ message: String, _ details: [String: String]) {
        let own = ["work": lease.deadline.kind, "for": lease.deadline.id]
        log?.error(
            "\(message)",
            metadata: details.merging(own) { first, _ in first }.mapValues { .string($0) })
    }

    /// Ends the job: what it changes is committed together with the fact that it is done.
    ///
    /// - Parameter body: gets the records of the job's scope. If it throws, everything is undone, and the job is tried
    ///   again.
    /// - Throws: what `body` throws. If somebody else has done the job meanwhile, or it was cancelled, nothing is done
    ///   and nothing is thrown.
    public func finish(
        _ body: @escaping @Sendable (MutableRecords) throws(ServiceError) -> Void
    ) async throws(ServiceError) {
        let (lease, next) = (lease, next)
        let result: Result<Void, ServiceError>
        do throws(LedgerError) {
            result = try await environment.ledger.write(requestID: "") { (transaction) throws(LedgerError) in
                try transaction.complete(lease)
                let records = MutableRecords(transaction, scope: lease.deadline.scope)
                do throws(ServiceError) {
                    try body(records)
                    try next?(records)
                    return .commit(.success(()))
                } catch {
                    return .rollback(.failure(error))
                }
            }
        } catch {
            if error.kind == .conflict { return }
            throw ServiceError(error)
        }
        try result.get()
    }
}

extension MutableRecords {
    /// Schedules a job at a time, in seconds since 1970; one that is past is done at once.
    ///
    /// `id` is unique among the jobs of the kind in these records' scope. What the same kind of job was scheduled for
    /// under that id is replaced.
    ///
    /// - Throws: InternalFailure for a job that can't be encoded, or an id that can't be stored.
    public func schedule<J: Job>(_ job: J, id: String, at time: Double) throws(ServiceError) {
        let payload: [UInt8]
        do { payload = try JobPayload.encode(job) } catch { throw .internalFailure }
        do {
            try transaction.schedule(
                Deadline(kind: J.kind, scope: scope, id: id, due: milliseconds(time), payload: payload))
        } catch {
            throw ServiceError(error)
        }
    }

    /// Takes work off the schedule, even if it is being done: its changes then don't happen.
    /// - Returns: whether it was there.
    @discardableResult
    public func cancel<J: Job>(_ job: J.Type, id: String) throws(ServiceError) -> Bool {
        do { return try transaction.cancelDeadline(J.kind, id, in: scope) } catch { throw ServiceError(error) }
    }
}

extension RecordReading {
    /// When a job is due, in seconds since 1970; nil when it is not scheduled, or done.
    public func scheduledTime<J: Job>(of job: J.Type, id: String) throws(ServiceError) -> Double? {
        do {
            return try reader.deadline(J.kind, id, in: scope).map { Double($0.due) / 1000 }
        } catch {
            throw ServiceError(error)
        }
    }

    /// The job of an id that is to be done or being done; nil when it is not scheduled, or done.
    /// - Throws: InternalFailure for one that this version can't read.
    public func scheduled<J: Job>(_ job: J.Type, id: String) throws(ServiceError) -> J? {
        let deadline: Deadline?
        do { deadline = try reader.deadline(J.kind, id, in: scope) } catch { throw ServiceError(error) }
        guard let deadline else { return nil }
        do { return try JobPayload.decode(J.self, from: deadline.payload) } catch { throw .internalFailure }
    }
}

/// When what is to be done at a time is due, in milliseconds; the ends of time for what is beyond all clocks.
func milliseconds(_ seconds: Double) -> Int64 {
    Int64(exactly: (seconds * 1000 - doubt).rounded(.up)) ?? (seconds > 0 ? .max : 0)
}

/// What is due at a time, in milliseconds. A clock that was moved to when something is due is not before it.
func dueMilliseconds(_ seconds: Double) -> Int64 {
    Int64(exactly: (seconds * 1000 + doubt).rounded(.down)) ?? (seconds > 0 ? .max : 0)
}

/// More milliseconds than a sum of times in seconds is off by, in this century.
private let doubt = 0.01
