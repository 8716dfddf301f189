import Directory
import Keyring
import Ledger
import Logging
import OIDC
import Synchronization
import Wire

@testable import Platform

let jobScope = Scope(account: "111122223333")

/// A ledger and schedulers on it, by a clock that stands still until it is moved.
final class Workshop: Sendable {
    static let start = 1_800_000_000.0

    let environment: Environment
    let scheduler: Scheduler
    private let real: Moment

    /// - Parameter real: of another workshop on the same ledger.
    init(
        _ ledger: Ledger? = nil, jobs: [any Job.Type] = [Note.self, Other.self], followers: [any Follower.Type] = [],
        real: Moment = Moment()
    ) throws {
        let keyring = EphemeralKeyring()
        environment = Environment(
            ledger: try ledger ?? Ledger(at: .memory, keyring: keyring), directory: IdentityDirectory(),
            sessionTokens: try SessionTokens(keyring: keyring),
            authorizationMessages: try AuthorizationMessages(keyring: keyring), openIDProviders: OpenIDProviders(),
            publicAddress: PublicAddress(fixed: nil), quotas: Quotas(), region: "us-east-1",
            clock: Clock { real.seconds.withLock { $0 } })
        var log = Logger(label: "test")
        log.logLevel = .critical
        scheduler = Scheduler(environment, jobs: jobs, followers: followers, log: log)
        self.real = real
    }

    final class Moment: Sendable {
        let seconds = Mutex(Workshop.start)
    }

    /// Another node on the same ledger.
    func another(jobs: [any Job.Type] = [Note.self, Other.self], followers: [any Follower.Type] = []) throws -> Workshop
    {
        try Workshop(environment.ledger, jobs: jobs, followers: followers, real: real)
    }

    /// Lets real time pass, by which leases are over.
    func pass(_ seconds: Double) {
        real.seconds.withLock { $0 += seconds }
    }

    func schedule(_ job: some Job, id: String, in seconds: Double = 0, of account: String? = nil) async throws {
        let time = environment.clock.now + seconds
        let scope = account.map { Scope(account: $0) } ?? jobScope
        try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            try records.schedule(job, id: id, at: time)
        }
    }

    func cancel<J: Job>(_ job: J.Type, id: String) async throws -> Bool {
        try await environment.write(jobScope, requestID: "") { (records) throws(ServiceError) in
            try records.cancel(job, id: id)
        }
    }

    func put(_ record: some Record) async throws {
        try await environment.write(jobScope, requestID: "") { (records) throws(ServiceError) in try records.put(record)
        }
    }

    /// When a job is due, in seconds from the start; nil when it is not scheduled.
    func due<J: Job>(_ job: J.Type, id: String, in scope: Scope = jobScope) async throws -> Double? {
        try await environment.read(scope) { (records) throws(ServiceError) in
            try records.scheduledTime(of: job, id: id)
        }.map { $0 - Self.start }
    }

    /// What was noted, in order.
    var notes: [String] {
        get async throws {
            try await environment.read(jobScope) { (records) throws(ServiceError) in
                try records.get(Notebook.self, "notes")?.lines ?? []
            }
        }
    }

    /// Takes what is due next, as somebody would who then is gone.
    /// - Parameter seconds: of real time.
    func take(_ kind: String, for seconds: Double) async throws -> Lease? {
        let now = Int64(environment.clock.now * 1000)
        let real = Int64(environment.clock.realTime * 1000)
        return try await environment.ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            .commit(
                try transaction.claimDeadline([kind], now: now, realTime: real, until: real + Int64(seconds * 1000)))
        }
    }
}

struct Notebook: Record {
    static let kind = "Notebook"
    var id = "notes"
    var lines: [String] = []
}

extension MutableRecords {
    func note(_ line: String) throws(ServiceError) {
        var notebook = try of(jobScope).get(Notebook.self, "notes") ?? Notebook()
        notebook.lines.append(line)
        try of(jobScope).put(notebook)
    }
}

/// Notes its text and what the clock says, in seconds from the start.
struct Note: Job {
    static let kind = "Test::Note"
    var text: String
    /// How often it fails first.
    var failures = 0
    /// What is fired when it has begun, and what it then waits for.
    var begun: String?
    var goesOnWith: String?
    /// What is scheduled when it is done.
    var then: String?

    func run(_ context: JobContext) async throws(ServiceError) {
        let (note, clock) = (self, context.environment.clock)
        if let begun { Signal.named(begun).fire() }
        if let goesOnWith { await Signal.named(goesOnWith).wait() }
        try await context.finish { (records) throws(ServiceError) in
            try records.note("\(note.text)@\(Int((clock.now - Workshop.start).rounded()))")
            if let then = note.then { try records.schedule(Note(text: then), id: then, at: clock.now + 10) }
            if context.attempts < note.failures { throw ServiceError.internalFailure }
        }
    }
}

/// Work of another kind.
struct Other: Job {
    static let kind = "Test::Other"
    var text: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let text = text
        try await context.finish { (records) throws(ServiceError) in try records.note(text) }
    }
}

/// Work of a node that leads. It keeps its lease until somebody takes the work off the schedule.
struct Leaders: Job {
    static let kind = "Test::Leaders"

    static func isFor(_ environment: Environment) -> Bool { environment.instances.leads }

    func run(_ context: JobContext) async throws(ServiceError) {
        let isKept = try await context.keep()
        let id = context.id
        try await context.environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
            _ = try records.cancel(Leaders.self, id: id)
        }
        let isKeptStill = try await context.keep()
        try await context.environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
            try records.note("kept \(isKept), then \(isKeptStill)")
        }
    }
}

/// Work of which two are done at a time, and each waits until the other has begun.
struct Pair: Job {
    static let kind = "Test::Pair"
    static let concurrency = 2
    var begun: String
    var goesOnWith: String

    func run(_ context: JobContext) async throws(ServiceError) {
        Signal.named(begun).fire()
        await Signal.named(goesOnWith).wait()
        let text = begun
        try await context.finish { (records) throws(ServiceError) in try records.note(text) }
    }
}

/// Work of which two are done at a time; it waits where it is told to.
struct Shared<Share: Sendable & Codable>: Job {
    static var kind: String { "Test::Shared" }
    static var concurrency: Int { 2 }
    static var share: Int { Share.self == OnePlace.self ? 1 : 2 }
    var text: String
    var goesOnWith: String?

    func run(_ context: JobContext) async throws(ServiceError) {
        Signal.named(text).fire()
        if let goesOnWith { await Signal.named(goesOnWith).wait() }
        let text = text
        try await context.finish { (records) throws(ServiceError) in try records.note(text) }
    }
}

struct OnePlace: Codable {}
struct TwoPlaces: Codable {}

/// Something that happens once, in the test or in a job.
final class Signal: Sendable {
    private let state = Mutex<(hasFired: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))
    private static let all = Mutex<[String: Signal]>([:])

    static func named(_ name: String) -> Signal {
        all.withLock { all in
            let signal = all[name] ?? Signal()
            all[name] = signal
            return signal
        }
    }

    func fire() {
        let waiting = state.withLock { state in
            defer { state = (true, []) }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func wait() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let hasFired = state.withLock { state in
                if !state.hasFired { state.waiting.append(continuation) }
                return state.hasFired
            }
            if hasFired { continuation.resume() }
        }
    }
}
