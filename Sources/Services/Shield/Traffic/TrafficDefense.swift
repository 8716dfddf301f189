public import Ledger
public import Platform
public import Shield
import Synchronization
public import WAF

/// What Shield has seen of the traffic of this process's web front, and what it lets through. It is in memory alone; of each
/// minute ``SharedTraffic`` takes what it has brought.
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
        /// How many packets were dropped since that was last told.
        let dropped = Atomic<Int>(0)
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
    /// Minutes that the ledger could not take.
    private let untold = Mutex<[StoredMinute]>([])
    private static let mostUntold = 256
    /// This process, among those that share a ledger.
    private let node = Identifiers.mixed(12)
    /// What was done since the start that counts for all applications: each takes it in when its minute ends, so that no connection
    /// asks for all of them.
    private let common = Mutex<[AttackVector: Int]>([:])
    private let connections = ClientBudgets(client: Limits.connections, network: Limits.connectionsOfNetwork)
    private let strays = ClientBudgets(client: Limits.strays, network: Limits.straysOfNetwork)
    private let offenses = TokenBuckets(capacity: 1 << 14)
    private let refusedConnections = Atomic<Int>(0)
    private let refusedRequests = Atomic<Int>(0)
    /// Connections that the system handed over since packets were counted.
    private let arrived = Atomic<Int>(0)
    private let packets = Mutex<(filter: (any PacketFiltering)?, sum: PacketCounts)>((nil, PacketCounts()))

    public init() {}

    /// How many connections a client may open.
    public static var connectionsOfClient: Budget { Limits.connections }

    public func apply(_ changes: [Change]) {}
    public func replaceAll(with changes: [Change]) {
        guarded.withLock { $0 = [:] }
        untold.withLock { $0 = [] }
    }

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

    /// Takes note of a connection that is there, whatever becomes of it.
    public func connectionArrived() { arrived.add(1, ordering: .relaxed) }

    /// Whether a client may open a connection.
    /// - Parameter time: seconds since 1970.
    /// - Complexity: O(1).
    public func admitsConnection(from address: IPAddress, at time: Double) -> Bool {
        let isAdmitted =
            offenses.level(.client(address), Limits.offenses, at: time) >= 1
            && connections.admits(address, at: time)
        if !isAdmitted {
            refusedConnections.add(1, ordering: .relaxed)
            // It is part of the attack all the same.
            noted(.connectionFlood, for: nil)
        }
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
        // Who takes nothing of what it has asked for does not show that there is no room for others.
        guard guarded.budgets.admits(address, at: time), !guarded.share.isBehind(address) else {
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
        let client = ClientKey.client(address)
        _ = offenses.take(client, Limits.offenses, at: time)
        let missing = 1 - offenses.level(client, Limits.offenses, at: time)
        guard missing > 0 else { return }
        packets.withLock { $0.filter }?.ban(client, for: missing / Limits.offenses.perSecond)
    }

    // MARK: Packets

    /// Has a filter keep packets back before the system answers them.
    public func use(_ filter: any PacketFiltering) { packets.withLock { $0.filter = filter } }

    /// Reads what the filter has counted: packets that it let through, and of which no connection came, are a SYN flood.
    func countPackets(for applications: [String]) async {
        guard let filter = packets.withLock({ $0.filter }), let counts = await filter.counts() else { return }
        let opened = arrived.exchange(0, ordering: .relaxed)
        packets.withLock { packets in
            packets.sum.asked += counts.asked
            packets.sum.banned += counts.banned
            packets.sum.tooMany += counts.tooMany
        }
        // What was dropped can't become a connection; its senders repeat it several times.
        let dropped = counts.banned + counts.tooMany
        let unanswered = max(0, counts.asked - dropped - opened)
        for arn in applications where unanswered > 0 { guarded(arn)?.watch.note(.synFlood, count: unanswered) }
        for arn in applications where dropped > 0 { guarded(arn)?.dropped.add(dropped, ordering: .relaxed) }
    }

    /// What the filter has counted since the start; nil: there is none.
    var packetCounts: PacketCounts? { packets.withLock { $0.filter == nil ? nil : $0.sum } }

    // MARK: What is told

    /// Ends the minutes that have passed.
    /// - Parameters:
    ///   - applications: their ARNs.
    ///   - time: seconds since 1970, by the clock that tests may move.
    /// - Returns: what they have brought, and what could not be told of the minutes before.
    func untoldMinutes(of applications: [String], at time: Double) -> [StoredMinute] {
        var taken: [(application: String, minute: Int, traffic: MinuteSummary)] = []
        for application in applications {
            guard let guarded = guarded(application) else { continue }
            takeCommon(guarded)
            guard var passed = guarded.watch.takeMinute(at: time) else { continue }
            passed.traffic.noteRefused(guarded.refused.exchange(0, ordering: .relaxed))
            passed.traffic.noteDropped(guarded.dropped.exchange(0, ordering: .relaxed))
            taken.append((application, passed.minute, passed.traffic))
        }
        // A connection is of all applications as long as nobody knows of which, and no flood if a request has come by it.
        let requests = taken.reduce(0) { $0 + $1.traffic.requests }
        let minutes = taken.compactMap { taken -> StoredMinute? in
            var traffic = taken.traffic
            traffic.discount(.connectionFlood, by: requests)
            return traffic.isEmpty
                ? nil
                : StoredMinute(application: taken.application, minute: taken.minute, node: node, traffic: traffic)
        }
        return untold.withLock { untold in
            defer { untold = [] }
            return untold + minutes
        }
    }

    /// Has minutes told the next time. Of too many the first are forgotten.
    func keep(untold minutes: [StoredMinute]) {
        untold.withLock { $0 = (minutes + $0).suffix(Self.mostUntold) }
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
