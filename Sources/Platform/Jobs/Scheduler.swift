public import Ledger
public import Logging
import Synchronization
public import Wire

/// Does what is due: jobs when their time has come, each once; followers as long as there is something to follow.
///
/// What is to be done is in the ledger, and whoever does it takes a lease on it there, so that any number of nodes may
/// do this side by side without knowing of each other. Jobs of one kind are done one after another in the order of
/// their time, if the kind does not allow for more (``Job/concurrency``), those of different kinds beside each other. Where accounts
/// have shares of a kind (``Job/share``), one that has work being done waits for those that have none.
public final class Scheduler: Sendable {
    private struct State {
        /// The kinds of jobs, and the names of followers, that are at work, and how many of each.
        var running: [String: Int] = [:]
        /// How many jobs of kinds of which accounts have shares are at work for whom.
        var held: [AccountWork: Int] = [:]
        /// Followers behind which something has happened.
        var behind: Set<String>
        /// Followers that have failed, and from when on they may try again (real time).
        var resting: [String: (until: Double, failures: Int)] = [:]
        /// Whether somebody is looking for what is to be done next.
        var isClaiming = false
        /// Tasks that wait for something to end.
        var waiting: [CheckedContinuation<Bool, Never>] = []
        /// Until when nothing is taken, because the ledger could not be read or written (real time).
        var pausedUntil = 0.0
        var isStopped = false
        /// How far ahead of the real time the clock is to be, by all that move it on. The way, and not the time at its
        /// end, so that what real time passes meanwhile takes nothing from it.
        var target = 0.0

        /// The kinds of which another job can be begun.
        func free(_ jobs: [String: any Job.Type]) -> Set<String> {
            Set(jobs.lazy.filter { running[$0.key, default: 0] < $0.value.concurrency }.map(\.key))
        }

        /// Who has all of a share.
        func full(_ jobs: [String: any Job.Type]) -> Set<AccountWork> {
            Set(held.lazy.filter { $0.value >= jobs[$0.key.kind]?.share ?? .max }.map(\.key))
        }
    }

    private let environment: Environment
    private let jobs: [String: any Job.Type]
    private let followers: [String: any Follower.Type]
    private let log: Logger
    private let state: Mutex<State>
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    private var leaseSeconds: Double { environment.leaseSeconds }
    /// Those that this node may do now.
    private var ownJobs: [String: any Job.Type] { jobs.filter { $0.value.isFor(environment) } }
    /// Seconds before what failed is tried again, doubled with each time.
    private static let firstRest = 1.0
    private static let longestRest = 300.0
    /// Seconds before a ledger that failed is asked again.
    private static let pause = 5.0

    /// Makes a scheduler that does nothing before ``run()``. The jobs and followers are there in addition to those of
    /// the environment's modules.
    public init(
        _ environment: Environment, jobs: [any Job.Type] = [], followers: [any Follower.Type] = [], log: Logger
    ) {
        self.environment = environment
        let jobs = jobs + environment.modules.flatMap(\.jobs)
        let followers = followers + environment.modules.flatMap(\.followers)
        self.jobs = Dictionary(jobs.map { ($0.kind, $0) }) { first, _ in first }
        self.followers = Dictionary(followers.map { ($0.name, $0) }) { first, _ in first }
        self.log = log
        state = Mutex(State(behind: Set(followers.map { $0.name })))
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        wake.yield()
    }

    /// Tells of a commit; `Ledger.observeWork` calls it.
    public func committed(_ work: CommittedWork) {
        var isNeeded = work.hasScheduled
        for (name, follower) in followers where work.concerns(follower.source(environment)) {
            state.withLock { _ = $0.behind.insert(name) }
            isNeeded = true
        }
        if isNeeded { wake.yield() }
    }

    /// Schedules recurring jobs that are not on the schedule yet, and lets the modules do what they do at each start.
    /// Call it once, before ``run()``.
    /// - Throws: InternalFailure when the ledger can't be written, or the error of a module.
    public func begin() async throws(ServiceError) {
        let now = environment.clock.now
        let recurring = jobs.values.compactMap { $0.recurring }
        try await environment.write(Self.scope, requestID: "") { [environment] (records) throws(ServiceError) in
            for job in recurring { try job.begin(records, at: now, environment) }
        }
        for module in environment.modules { try await module.begin(environment) }
    }

    /// Works until it is cancelled; then it lets what has begun finish.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            var timer: Task<Void, Never>?
            for await _ in wakes {
                while let work = await next() {
                    group.addTask {
                        await self.perform(work)
                        self.wake.yield()
                    }
                }
                timer?.cancel()
                timer = await sleepUntilNext()
            }
            timer?.cancel()
            await group.waitForAll()
        }
    }

    /// Begins nothing more. What has begun goes on.
    public func stop() {
        state.withLock { $0.isStopped = true }
        wake.finish()
    }

    /// Does all that is due now, and waits for what is at work.
    public func runDue() async {
        while true {
            if let work = await next() {
                await perform(work)
                continue
            }
            if await settle() { return }
        }
    }

    /// Waits for what is at work.
    /// - Returns: whether nothing was.
    @discardableResult
    public func settle() async -> Bool {
        await wait { state in state.running.isEmpty && !state.isClaiming }
    }

    /// Waits until something is so.
    /// - Parameter condition: may change the state when it holds.
    /// - Returns: whether it was so at once.
    @discardableResult
    private func wait(until condition: @Sendable (inout State) -> Bool) async -> Bool {
        var isFirst = true
        while true {
            let holds = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let holds = state.withLock { state in
                    if condition(&state) { return true }
                    state.waiting.append(continuation)
                    return false
                }
                if holds { continuation.resume(returning: true) }
            }
            if holds { return isFirst }
            isFirst = false
        }
    }

    /// Something has ended: those that wait look again.
    private func changed(_ change: (inout State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: false) }
    }

    /// Moves the clock forward, and does what falls due on the way: each thing with the clock at its time, in order.
    /// What recurs is done once, however often its time has come.
    ///
    /// - Parameter seconds: not negative.
    /// - Returns: the new time, in seconds since 1970.
    @discardableResult
    public func advance(by seconds: Double) async -> Double {
        let clock = environment.clock
        let target = state.withLock { state in
            state.target = max(state.target, clock.moved) + seconds
            return state.target
        }
        // What sleeps until something is due has to look again.
        defer { wake.yield() }
        await runDue()
        let once = Set(jobs.filter { !$0.value.recurs }.keys)
        while let due = await nextDue(once), due <= clock.realTime + target {
            clock.move(to: due)
            await runDue()
            // What has failed is put off by the clock; it must not keep the clock from going on.
            if let again = await nextDue(once), again <= due { break }
        }
        clock.move(ahead: target)
        await runDue()
        return clock.now
    }

    /// Forgets everything about a ledger that has been reset, puts the clock back to the real time, and begins anew.
    /// - Throws: as ``begin()``.
    public func reset() async throws(ServiceError) {
        environment.clock.reset()
        state.withLock { state in
            state.behind = Set(followers.keys)
            state.resting = [:]
            state.target = 0
        }
        try await begin()
    }

    // MARK: One thing at a time

    private enum Work: Sendable {
        case job(any Job.Type, Lease)
        case follower(any Follower.Type)

        /// Whose share of a kind it takes a place of; nil: there are none.
        var holder: AccountWork? {
            guard case .job(let type, let lease) = self, type.share < .max else { return nil }
            return AccountWork(kind: type.kind, account: lease.deadline.scope.account)
        }

        var name: String {
            switch self {
            case .job(let type, _): type.kind
            case .follower(let type): type.name
            }
        }
    }

    private static let scope = Scope(account: "")

    /// Takes what is to be done next; nil when there is nothing. One at a time: so of no kind too much is taken, and
    /// ``settle()`` sees what is about to begin.
    private func next() async -> Work? {
        await wait { state in
            if state.isClaiming { return false }
            state.isClaiming = true
            return true
        }
        let work = await claim()
        changed { state in
            if let work { state.running[work.name, default: 0] += 1 }
            if let holder = work?.holder { state.held[holder, default: 0] += 1 }
            state.isClaiming = false
        }
        return work
    }

    private func claim() async -> Work? {
        let real = environment.clock.realTime
        guard state.withLock({ !$0.isStopped && $0.pausedUntil <= real }) else { return nil }
        let follower = state.withLock { state -> (any Follower.Type)? in
            let ready = state.behind.subtracting(state.running.keys).sorted().first { name in
                (state.resting[name]?.until ?? 0) <= real
            }
            guard let ready, let follower = followers[ready] else { return nil }
            state.behind.remove(ready)
            return follower
        }
        if let follower { return .follower(follower) }
        let own = ownJobs
        let (free, held, full) = state.withLock { ($0.free(own), Set($0.held.keys), $0.full(jobs)) }
        guard !free.isEmpty else { return nil }
        // Who has nothing being done comes first.
        for without in held == full ? [full] : [held, full] {
            // Where the ledger could not be asked, it is not asked again.
            guard state.withLock({ $0.pausedUntil <= real }) else { return nil }
            if let work = await claim(free, without: without) { return work }
        }
        return nil
    }

    private func claim(_ kinds: Set<String>, without: Set<AccountWork>) async -> Work? {
        let real = environment.clock.realTime
        let now = dueMilliseconds(environment.clock.now)
        let lease: Lease?
        let end = milliseconds(real + leaseSeconds)
        do throws(LedgerError) {
            // Looking costs less than a write, and mostly finds nothing.
            let due = try await environment.ledger.nextDeadline(kinds, realTime: milliseconds(real), without: without)
            guard let due, due <= now else { return nil }
            lease = try await environment.ledger.write(requestID: "") { (transaction) throws(LedgerError) in
                .commit(
                    try transaction.claimDeadline(
                        kinds, now: now, realTime: milliseconds(real), until: end, without: without))
            }
        } catch {
            if Task.isCancelled { return nil }
            log.error("what is due could not be looked up", metadata: ["error": "\(error)"])
            state.withLock { $0.pausedUntil = real + Self.pause }
            return nil
        }
        guard let lease, let job = jobs[lease.deadline.kind] else { return nil }
        return .job(job, lease)
    }

    private func perform(_ work: Work) async {
        switch work {
        case .job(let type, let lease): await run(type, lease)
        case .follower(let type): await run(type)
        }
        changed { state in
            let others = state.running[work.name, default: 1] - 1
            state.running[work.name] = others > 0 ? others : nil
            guard let holder = work.holder else { return }
            let own = state.held[holder, default: 1] - 1
            state.held[holder] = own > 0 ? own : nil
        }
    }

    private func run(_ type: any Job.Type, _ lease: Lease) async {
        do throws(ServiceError) {
            try await withKept(lease) { () async throws(ServiceError) in
                // A job is claimed by any node: what another has answered before it was due, it has to see.
                try await self.environment.catchUpWithOtherNodes()
                let next = type.successor(self.environment, due: Double(lease.deadline.due) / 1000)
                try await type.run(JobContext(self.environment, lease, log: self.log, next: next), lease)
            }
        } catch {
            // The program ends: the work is taken up again when the lease is over, or at the next start.
            if Task.isCancelled { return }
            let rest = min(Self.longestRest, Self.firstRest * pow2(lease.deadline.attempts))
            log.error(
                "work has failed, and will be tried again",
                metadata: [
                    "work": "\(type.kind)", "for": "\(lease.deadline.id)", "error": "\(error.logText)",
                    "seconds": "\(rest)",
                ])
            let due = milliseconds(environment.clock.now + rest)
            do throws(LedgerError) {
                try await environment.ledger.write(requestID: "") { (transaction) throws(LedgerError) in
                    .commit(try transaction.postpone(lease, until: due))
                }
            } catch {
                // It was cancelled or taken over; or the lease ends by itself.
                log.debug("work was not put off", metadata: ["work": "\(type.kind)", "error": "\(error)"])
            }
        }
    }

    private func run(_ type: any Follower.Type) async {
        do throws(ServiceError) {
            while try await type.step(environment) {}
            state.withLock { $0.resting[type.name] = nil }
        } catch {
            // The program ends: the follower goes on from its cursor at the next start.
            if Task.isCancelled { return }
            let failures = state.withLock { state in
                let failures = (state.resting[type.name]?.failures ?? 0) + 1
                let rest = min(Self.longestRest, Self.firstRest * pow2(failures - 1))
                state.resting[type.name] = (environment.clock.realTime + rest, failures)
                state.behind.insert(type.name)
                return failures
            }
            log.error(
                "a follower has failed, and will try again",
                metadata: [
                    "follower": "\(type.name)", "error": "\(error.logText)", "failures": "\(failures)",
                ])
        }
    }

    /// Keeps a lease while something is done.
    private func withKept(
        _ lease: Lease, _ body: @escaping @Sendable () async throws(ServiceError) -> Void
    ) async throws(ServiceError) {
        let (environment, leaseSeconds) = (environment, leaseSeconds)
        let keeper = Task {
            while true {
                try await Task.sleep(for: .seconds(leaseSeconds / 3))
                let until = milliseconds(environment.clock.realTime + leaseSeconds)
                try await environment.ledger.write(requestID: "") { (transaction) throws(LedgerError) in
                    .commit(try transaction.renew(lease, until: until))
                }
            }
        }
        defer { keeper.cancel() }
        try await body()
    }

    // MARK: Until the next

    private func nextDue(_ kinds: Set<String>, without: Set<AccountWork> = []) async -> Double? {
        let real = milliseconds(environment.clock.realTime)
        let next = try? await environment.ledger.nextDeadline(kinds, realTime: real, without: without)
        guard let due = next else { return nil }
        return Double(due) / 1000
    }

    /// Wakes when the next thing is due.
    private func sleepUntilNext() async -> Task<Void, Never>? {
        var delays: [Double] = []
        let real = environment.clock.realTime
        let own = ownJobs
        let (free, full, pausedUntil) = state.withLock { state in
            for name in state.behind { if let rest = state.resting[name] { delays.append(rest.until - real) } }
            return (state.free(own), state.full(jobs), state.pausedUntil)
        }
        if let due = await nextDue(free, without: full) { delays.append(due - environment.clock.now) }
        // What another node has begun is free once its lease is over, and nobody tells when that node is gone.
        if environment.ledger.isShared { delays.append(leaseSeconds) }
        if pausedUntil > real { delays = [pausedUntil - real] }
        guard let delay = delays.min() else { return nil }
        let wake = wake
        return Task {
            // A clock may be set meanwhile: it looks again every hour.
            try? await Task.sleep(for: .seconds(min(max(delay, 0.001), 3600)))
            if !Task.isCancelled { wake.yield() }
        }
    }
}

extension Environment {
    /// Seconds for which a job is taken at a time; a job that takes longer keeps it. Where other nodes can take up what
    /// this one has begun, they need not wait long when it is gone.
    var leaseSeconds: Double { ledger.isShared ? 6 : 60 }
}

/// 2 to the power of a small number.
private func pow2(_ exponent: Int) -> Double { Double(1 << min(max(exponent, 0), 30)) }

extension CommittedWork {
    fileprivate func concerns(_ source: FollowedSource) -> Bool {
        switch source {
        case .events: hasEvents
        case .journal(let kinds): changes.contains { kinds.contains($0.kind) }
        }
    }
}

extension Job {
    fileprivate static func run(_ context: JobContext, _ lease: Lease) async throws(ServiceError) {
        let job: Self
        do { job = try JobPayload.decode(Self.self, from: lease.deadline.payload) } catch {
            throw ServiceError(
                "InternalFailure", "the job \(kind) \(lease.deadline.id) can't be read by this version", status: 500)
        }
        try await job.run(context)
        // Nothing, when the job has ended itself.
        try await context.finish { _ in }
    }

    /// Puts the next one on the schedule, for work that recurs.
    fileprivate static func successor(
        _ environment: Environment, due: Double
    ) -> (@Sendable (MutableRecords) throws(ServiceError) -> Void)? {
        guard let recurring else { return nil }
        // A clock that was moved to when it is due is not before it.
        let start = max(environment.clock.now, due)
        return { (records) throws(ServiceError) in
            let interval = recurring.interval(environment)
            let next =
                recurring.isByTheClock
                ? ((start / interval).rounded(.down) + 1) * interval : environment.clock.now + interval
            try recurring.schedule(records, at: next)
        }
    }
}

extension RecurringJob {
    fileprivate static func begin(
        _ records: MutableRecords, at time: Double, _ environment: Environment
    ) throws(ServiceError) {
        // The operator may want it more often than at the start before.
        if let due = try records.scheduledTime(of: Self.self, id: kind), due <= time + interval(environment) { return }
        try records.schedule(Self(), id: kind, at: time)
    }

    fileprivate static func schedule(_ records: MutableRecords, at time: Double) throws(ServiceError) {
        try records.schedule(Self(), id: kind, at: time)
    }
}
