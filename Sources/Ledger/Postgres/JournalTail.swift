import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Follows what other nodes commit, on a thread and a connection of its own.
///
/// The database says when there is something new, and in case that gets lost, or a request has to know that it knows
/// everything, the journal is read from where this node is. Whoever waits for that shares one look with all who have come
/// before it began: so many requests cost the database no more than a few.
final class JournalTail: Sendable {
    private struct State {
        var waiting: [CheckedContinuation<Result<Void, LedgerError>, Never>] = []
        var isAsleep = false
        var hasBegun = false
        var isClosed = false
        /// When the database answered last, milliseconds since 1970; 0: never.
        var lastAnswer: Int64 = 0
        var isConnected = false

        func isTolerable(_ seconds: Double) -> Bool {
            seconds > 0 && lastAnswer > 0 && Double(Writer.milliseconds &- lastAnswer) <= seconds * 1000
        }
    }

    private let address: PostgresAddress
    private let node: String
    private let database: PostgresWriter
    private let schema: PostgresSchema
    private let writer: Writer
    private let state = Mutex(State())
    /// Wakes the thread: what is written into the second comes out of the first.
    private let alarm: (read: Int32, write: Int32)

    /// How long it sleeps at most when nobody says anything.
    private static let interval: Int32 = 1000
    /// Seconds that the database may take to answer.
    private static let patience = 3.0
    /// Where so many have shared a look, the next begins after a rest, in microseconds: looking without a pause for whoever
    /// comes would take as much of the processors as what they have come for.
    private static let crowd = 8
    private static let rest: UInt32 = 500

    /// - Throws: `io` when there are no file descriptors left.
    init(_ node: PostgresWriter, _ writer: Writer) throws(LedgerError) {
        address = node.address
        self.node = node.node
        database = node
        schema = node.schema
        self.writer = writer
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw LedgerError(.io, "The ledger can't make a pipe: \(String(cString: strerror(errno))).")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        alarm = (ends[0], ends[1])
    }

    /// Begins to follow, unless it has begun.
    ///
    /// - Parameters:
    ///   - sequence: the observer knows of everything up to this entry.
    ///   - kinds, keys: all records of these kinds that were there then.
    /// - Throws: `io` when there is no thread left to do it on.
    func begin(after sequence: Int64, _ kinds: Set<String>, _ keys: [RecordKey]) throws(LedgerError) {
        guard !state.withLock({ $0.hasBegun || $0.isClosed }) else { return }
        writer.following.begin(after: sequence) { writer.keys?.begin(kinds, keys, after: sequence) }
        try DatabaseThreads.start { self.run() }
        state.withLock { $0.hasBegun = true }
    }

    /// Waits until the observer has heard of everything that was committed, on any node, before this was called.
    /// - Parameter seconds: for how long the database may have been away.
    func catchUp(toleratingAbsence seconds: Double) async throws(LedgerError) {
        let result = await withCheckedContinuation { continuation in
            let (answer, isAsleep) = state.withLock { state -> (Result<Void, LedgerError>?, Bool) in
                if state.isClosed { return (.failure(Self.closed), false) }
                // Nobody observes, so nobody is behind.
                guard state.hasBegun else { return (.success(()), false) }
                if !state.isConnected, state.isTolerable(seconds) { return (.success(()), false) }
                state.waiting.append(continuation)
                defer { state.isAsleep = false }
                return (nil, state.isAsleep)
            }
            if let answer { continuation.resume(returning: answer) }
            if isAsleep { wake() }
        }
        if case .failure(let error) = result {
            guard error.kind == .unavailable, state.withLock({ $0.isTolerable(seconds) }) else { throw error }
        }
    }

    var isConnected: Bool { state.withLock { $0.isConnected } }

    func close() {
        let (waiting, hasBegun) = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [] }
            return (state.waiting, state.hasBegun)
        }
        for continuation in waiting { continuation.resume(returning: .failure(Self.closed)) }
        if hasBegun { wake() }
    }

    deinit {
        for end in [alarm.read, alarm.write] { Self.closeDescriptor(end) }
    }

    private static let closed = LedgerError(.closed, "The ledger is closed.")

    // MARK: On its thread

    private func run() {
        var failures = 0
        while !state.withLock({ $0.isClosed }) {
            do {
                try follow { failures = 0 }
            } catch {
                failures += 1
                fail(LedgerError(error))
                sleep(failures)
            }
        }
    }

    /// Follows on one connection, until that breaks.
    private func follow(_ succeeded: () -> Void) throws {
        let connection = try PostgresStore.connect(address, name: "gatehouse follower", patience: Self.patience)
        try connection.send("LISTEN \(PostgresNotice.channel)")
        // Goes with the connection: the database knows which nodes there are.
        try connection.send("SELECT pg_advisory_lock_shared(\(PostgresSession.nodesLock))")
        database.isCounted.store(true, ordering: .releasing)
        defer { database.isCounted.store(false, ordering: .releasing) }
        let session = PostgresSession(connection)
        var work = CommittedWork()
        // Nobody knows what was missed.
        work.hasScheduled = true
        work.hasEvents = true
        var checked: Int64 = 0
        var served = 0
        while true {
            if served >= Self.crowd { usleep(Self.rest) }
            // Taken before the journal is read: those who come meanwhile wait for the next look.
            let waiting: [CheckedContinuation<Result<Void, LedgerError>, Never>]? = state.withLock { state in
                if state.isClosed { return nil }
                defer { state.waiting = [] }
                return state.waiting
            }
            guard let waiting else { return }
            served = waiting.count
            do {
                if Writer.milliseconds &- checked >= Int64(Self.interval) {
                    try database.check(epoch: schema.check(session).epoch)
                    checked = Writer.milliseconds
                }
                try writer.follow(in: session, work)
            } catch {
                let failure = LedgerError(error)
                for continuation in waiting { continuation.resume(returning: .failure(failure)) }
                throw error
            }
            succeeded()
            state.withLock { state in
                state.lastAnswer = Writer.milliseconds
                state.isConnected = true
            }
            for continuation in waiting { continuation.resume(returning: .success(())) }
            work = CommittedWork()
            guard !take(try connection.notifications(), &work) else { continue }
            let mustSleep = state.withLock { state in
                state.isAsleep = state.waiting.isEmpty && !state.isClosed
                return state.isAsleep
            }
            guard mustSleep else { continue }
            try connection.sleep(milliseconds: Self.interval, or: alarm.read)
            state.withLock { $0.isAsleep = false }
            emptyPipe()
            _ = take(try connection.notifications(), &work)
        }
    }

    /// - Returns: whether there is anything new.
    private func take(_ notifications: [String], _ work: inout CommittedWork) -> Bool {
        var isNews = false
        for text in notifications {
            guard let notice = PostgresNotice(text, except: node) else { continue }
            work.hasScheduled = work.hasScheduled || notice.hasScheduled
            work.hasEvents = work.hasEvents || notice.hasEvents
            isNews = true
        }
        return isNews
    }

    private func fail(_ error: LedgerError) {
        let waiting = state.withLock { state in
            state.isConnected = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: .failure(error)) }
    }

    /// Between two attempts to connect: no longer than somebody would wait for an answer.
    private func sleep(_ failures: Int) {
        state.withLock { $0.isAsleep = true }
        var socket = pollfd(fd: alarm.read, events: Int16(POLLIN), revents: 0)
        _ = poll(&socket, 1, Int32(min(50 << min(failures, 4), 500)))
        state.withLock { $0.isAsleep = false }
        emptyPipe()
    }

    private func wake() {
        var byte: UInt8 = 0
        // It is full only when nobody has taken what is in it: then whoever does will look.
        _ = write(alarm.write, &byte, 1)
    }

    private func emptyPipe() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(alarm.read, &bytes, bytes.count) == bytes.count {}
    }

    /// Outside of this type's own `close()`.
    private static let closeDescriptor: @Sendable (Int32) -> Void = { descriptor in
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
    }
}
