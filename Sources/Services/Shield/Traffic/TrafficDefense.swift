public import Ledger
public import Platform
public import Shield
import Synchronization
public import WAF

/// What Shield knows of the traffic of this process's web front, and what it lets through. It is in memory alone.
///
/// Every application is defended, with or without a subscription, as AWS's Shield Standard does.
public final class TrafficDefense: Projection {
    public static let kinds: Set<String> = []

    /// What clients may do. The numbers are far above what people and their browsers do, since many may be behind one address;
    /// under pressure they shrink.
    enum Limits {
        static let connections = Budget(perSecond: 50, burst: 500)
        static let connectionsOfNetwork = Budget(perSecond: 500, burst: 4000)
        static let requests = Budget(perSecond: 500, burst: 1000)
        static let requestsOfNetwork = Budget(perSecond: 5000, burst: 10_000)
        /// What is for no application, or no request.
        static let strays = Budget(perSecond: 50, burst: 500)
        static let straysOfNetwork = Budget(perSecond: 500, burst: 4000)
        /// What a request that was too much for the application costs besides.
        static let overload = 10.0
        /// What somebody may do who does what no honest client does.
        static let offenses = Budget(perSecond: 0.1, burst: 6)
        /// How many requests an application answers at a time before they are divided.
        static let concurrency = 256
        /// How many applications are watched: more than an operator's file has.
        static let applications = 1024
    }

    /// One application.
    private final class Guarded: Sendable {
        let watch: ApplicationWatch
        let budgets: ClientBudgets
        let share: FairShare
        let refused = Atomic<Int>(0)
        let rules = Mutex<[MitigationRule]>([])
        /// How many minutes were learnt from when what was learnt was last kept; less than 0: nobody has looked yet what was
        /// kept before the start.
        let kept = Atomic<Int>(-1)
        /// What of ``TrafficDefense/common`` the watch knows.
        let known: Mutex<[AttackVector: Int]>

        init(_ known: [AttackVector: Int]) {
            self.known = Mutex(known)
            watch = ApplicationWatch(seed: UInt64.random(in: 0 ... .max))
            budgets = ClientBudgets(client: Limits.requests, network: Limits.requestsOfNetwork)
            share = FairShare(limit: Limits.concurrency)
        }
    }

    private let guarded = Mutex<[String: Guarded]>([:])
    /// What was done since the start that counts for all applications: each takes it in when its minute ends, so that no connection
    /// asks for all of them.
    private let common = Mutex<[AttackVector: Int]>([:])
    private let connections = ClientBudgets(client: Limits.connections, network: Limits.connectionsOfNetwork)
    private let strays = ClientBudgets(client: Limits.strays, network: Limits.straysOfNetwork)
    private let offenses = TokenBuckets(capacity: 1 << 14)
    private let refusedConnections = Atomic<Int>(0)
    private let refusedRequests = Atomic<Int>(0)

    public init() {}

    public func apply(_ changes: [Change]) {}
    public func replaceAll(with changes: [Change]) { guarded.withLock { $0 = [:] } }

    private func guarded(_ arn: String) -> Guarded? {
        guarded.withLock { all in
            if let found = all[arn] { return found }
            guard all.count < Limits.applications else { return nil }
            let new = Guarded(common.withLock { $0 })
            all[arn] = new
            return new
        }
    }

    // MARK: What is let through

    /// Takes note of a request from where clients have no budgets. Nothing has to follow.
    public func sees(_ request: WebRequest, for application: String) {
        guarded(application)?.watch.note { SampledRequest(request) }
    }

    /// Whether a client may open a connection.
    /// - Parameter time: seconds since 1970.
    /// - Complexity: O(1).
    public func admitsConnection(from address: IPAddress, at time: Double) -> Bool {
        let isAdmitted =
            offenses.level(.client(address), Limits.offenses, at: time) >= 1
            && connections.admits(address, at: time)
        if !isAdmitted { refusedConnections.add(1, ordering: .relaxed) }
        return isAdmitted
    }

    /// Whether another request may be answered that is for no application, or that is none.
    /// - Complexity: O(1).
    public func admitsStray(from address: IPAddress, at time: Double) -> Bool {
        let isAdmitted = strays.admits(address, at: time)
        if !isAdmitted { refusedRequests.add(1, ordering: .relaxed) }
        return isAdmitted
    }

    /// Whether a request may go on. In any case ``answered(from:for:status:wasForwarded:at:)`` has to follow, and then
    /// ``ended(from:for:)``.
    /// - Complexity: O(1).
    public func admits(_ request: WebRequest, for application: String, at time: Double) -> Bool {
        guard let address = request.address, let guarded = guarded(application) else { return true }
        guarded.watch.note { SampledRequest(request) }
        guard guarded.budgets.admits(address, at: time) else {
            refuse(address, guarded)
            return false
        }
        let hasRoom = guarded.share.enter(address, at: time)
        guarded.budgets.noted(hadRoom: hasRoom, for: address, at: time)
        if !hasRoom { refuse(address, guarded) }
        return hasRoom
    }

    /// A refusal is an answer, too: until it is told of, it counts as a request that is being answered.
    private func refuse(_ address: IPAddress, _ guarded: Guarded) {
        guarded.share.enterRegardless(address)
        refusedRequests.add(1, ordering: .relaxed)
        guarded.refused.add(1, ordering: .relaxed)
    }

    /// The head of an answer is there, or the request was given up.
    /// - Parameter wasForwarded: whether the application had it. What was answered before it tells nothing of how long it takes.
    public func answered(
        from address: IPAddress, for application: String, status: Int, wasForwarded: Bool, at time: Double
    ) {
        guard let guarded = guarded(application) else { return }
        let isMeasured = wasForwarded && ![408, 429, 460, 502, 503].contains(status)
        guarded.share.answer(address, at: time, isMeasured: isMeasured)
        // The application has too much to do: all get less if it has so with many of them, and whose requests are so costly
        // gets fewer in any case.
        guard wasForwarded, status == 503 || status == 504 else { return }
        guarded.budgets.noted(hadRoom: false, for: address, at: time)
        guarded.budgets.charge(address, cost: Limits.overload, at: time)
    }

    /// All of an answer is there, or the request was given up.
    public func ended(from address: IPAddress, for application: String) {
        guarded(application)?.share.end(address)
    }

    /// A client has done what no honest one does, or not often.
    /// - Parameter application: nil: nobody knows for which; then it counts for all.
    public func noted(_ event: AttackVector, for application: String?) {
        guard let application else { return common.withLock { $0[event, default: 0] += 1 } }
        guarded(application)?.watch.note(event)
    }

    /// Whoever does so again and again gets no connection for a while.
    public func offended(_ address: IPAddress, at time: Double) {
        _ = offenses.take(.client(address), Limits.offenses, at: time)
    }

    // MARK: What is told

    /// What was told of an application's attack to be done about it.
    func rules(of application: String) -> [MitigationRule] {
        guarded.withLock { $0[application] }?.rules.withLock { $0 } ?? []
    }

    /// Ends the minute of an application; nil: there was nothing to end.
    func endMinute(of application: String, at time: Double) -> ApplicationWatch.Outcome? {
        guard let guarded = guarded(application) else { return nil }
        takeCommon(guarded)
        guard let outcome = guarded.watch.endMinute(at: time) else { return nil }
        guarded.rules.withLock { $0 = outcome.rules }
        guard outcome.attack != nil else {
            guarded.refused.store(0, ordering: .relaxed)
            return outcome
        }
        if guarded.refused.exchange(0, ordering: .relaxed) > 0 { guarded.watch.noteMitigation("RATE_LIMIT") }
        if !outcome.rules.isEmpty { guarded.watch.noteMitigation("WEB_ACL_RULES") }
        var told = outcome
        if told.attack?.end == nil { told.attack = guarded.watch.attack ?? told.attack }
        return told
    }

    private func takeCommon(_ guarded: Guarded) {
        let now = common.withLock { $0 }
        let before = guarded.known.withLock { known in
            defer { known = now }
            return known
        }
        for (event, count) in now {
            let new = count - before[event, default: 0]
            if new > 0 { guarded.watch.note(event, count: new) }
        }
    }

    /// Whether nobody has looked yet what was learnt of an application before the start.
    func needsBaseline(_ application: String) -> Bool {
        guard let guarded = guarded(application) else { return false }
        return guarded.kept.load(ordering: .relaxed) < 0
    }

    /// Takes in what was learnt before the start.
    func take(_ baseline: Baseline, of application: String) {
        guard let guarded = guarded(application) else { return }
        guarded.watch.restore(baseline)
        guarded.kept.store(baseline.minutes, ordering: .relaxed)
    }

    /// What is usual for an application, where there is an hour more than what was kept last; nil: there is not.
    func baselineToKeep(of application: String) -> Baseline? {
        guard let guarded = guarded.withLock({ $0[application] }) else { return nil }
        let baseline = guarded.watch.baseline
        guard baseline.minutes - guarded.kept.load(ordering: .relaxed) >= 60 else { return nil }
        guarded.kept.store(baseline.minutes, ordering: .relaxed)
        return baseline
    }

    /// The attacks that go on, by the applications' ARNs.
    var attacks: [String: AttackReport] { guarded.withLock { $0.compactMapValues { $0.watch.attack } } }

    /// What applications are answering, and how much of their budgets clients have, in thousandths; by the applications' ARNs.
    func loads(at time: Double) -> [String: (requests: Int, permille: Int)] {
        guarded.withLock { all in
            all.mapValues { ($0.share.count, Int((min(1, max(0, $0.budgets.factor(at: time))) * 1000).rounded())) }
        }
    }

    /// How many connections and requests were refused since the start.
    var refusals: (connections: Int, requests: Int) {
        (refusedConnections.load(ordering: .relaxed), refusedRequests.load(ordering: .relaxed))
    }
}
