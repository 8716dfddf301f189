import Synchronization
public import WAF

/// Divides the requests that an application answers at a time among those who ask.
///
/// As long as there is room, everybody gets in. As it runs out, nobody gets more than a fair part: first it is divided among the
/// networks that have requests, then among the addresses of each. So many from one network can't crowd out the few from others,
/// and one address can't crowd out its neighbours. When there is too much, those come first who were there before it began.
///
/// How much room there is shows in how long answers take: where they take much longer than usual, more at a time helps nobody.
///
/// - Complexity: O(1); memory is bounded by the requests that there are, and by a table of fixed size.
public final class FairShare: Sendable {
    private struct State {
        /// How many requests an application works on: the heads of their answers are not there yet.
        var total = 0
        /// The same with those whose answers are on their way.
        var open = 0
        var clients: [ClientKey: Client] = [:]
        /// How many are of clients that come first.
        var preferred = 0
        var networks: [ClientKey: Network] = [:]
        var limit: Double
        /// The second that is being measured, and what it has had so far.
        var second = 0
        var changed = 0.0
        var area = 0.0
        var answered = 0
        var peak = 0
        var refused = 0
        /// Of how many clients there were requests at a time, at most.
        var mostClients = 0
        /// How many were answered in the second before, and how many were let in since of clients that don't come first.
        var answeredBefore = 0
        var others = 0
        /// Seconds that an answer takes when there is not much to do; nil: not known yet.
        var usual: Double?
        /// When there began to be too much, and when there last was.
        var pressureSince: Double?
        var pressureLast = 0.0
    }

    private struct Client {
        /// With those whose answers are on their way.
        var open = 0
        var requests = 0
        var preferred = 0
    }

    private struct Network {
        /// With those whose answers are on their way.
        var open = 0
        var requests = 0
        var clients = 0
    }

    /// How many requests there may be at a time at least and at most, as the limit changes.
    private static let least = 16.0
    private static let most = 65_536.0
    /// How much longer than usual answers may take, and how many seconds besides.
    private static let slower = 3.0
    private static let slack = 0.05
    /// Which part what is usual changes by in a second at most: some quick answers don't make all others slow.
    private static let falling = 0.05
    private static let rising = 0.002
    /// How many seconds before there was too much a client has to have been there.
    private static let before = 3.0
    /// How long it is remembered that there was too much, in seconds.
    private static let memory = 60.0
    /// How many answers may be on their way to a client at least: more than a browser has streams of HTTP/2. And how many times as
    /// many to a network.
    private static let answers = 128
    private static let neighbours = 4

    private let state: Mutex<State>
    private let seen = FirstSeen(capacity: 1 << 16)

    /// - Parameter limit: how many requests there may be at a time to begin with; at least 4.
    public init(limit: Int) { state = Mutex(State(limit: Double(min(max(4, limit), 1 << 16)))) }

    /// Lets a request in, if its client has not more than its part already. Whoever is let in has to ``leave(_:at:)``.
    /// - Parameter time: seconds since 1970; nil: the limit does not change.
    public func enter(_ address: IPAddress, at time: Double? = nil) -> Bool {
        let (client, network) = (ClientKey.client(address), ClientKey.neighbourhood(address))
        let first = time.map { seen.first(client, at: $0) }
        return state.withLock { state in
            if let time { Self.advance(&state, to: time) }
            let own = state.clients[client] ?? Client()
            var isPreferred = false
            let isIn: Bool
            if let since = state.pressureSince, let first {
                isPreferred = first < since - Self.before
                // Others get some of what the application can do at any time, even if what it has to do does not end: bodies
                // that hardly come, say.
                isIn =
                    isPreferred
                    ? Double(state.preferred) < state.limit * 1.25 && own.preferred < max(4, Int(state.limit / 4))
                    : state.others < state.answeredBefore / 4 + 2
                        || Double(state.total) < state.limit / 2
                            && Self.fits(state, own.open, state.networks[network])
                if isIn, !isPreferred { state.others += 1 }
            } else {
                isIn =
                    Double(state.total) < state.limit / 2
                    || Self.fits(state, own.open, state.networks[network])
            }
            guard isIn else {
                state.refused += 1
                return false
            }
            Self.add(&state, client, network, isPreferred: isPreferred)
            return true
        }
    }

    /// Whether so many answers are on their way to a client, or to its network, that it has to take some of them before it asks for
    /// more. The application may have a worker busy with each, and nobody else has anything of that room.
    public func isBehind(_ address: IPAddress) -> Bool {
        let (client, network) = (ClientKey.client(address), ClientKey.neighbourhood(address))
        return state.withLock { state in
            let most = max(Self.answers, Int(state.limit) / 2)
            let (own, all) = (state.clients[client] ?? Client(), state.networks[network] ?? Network())
            return own.open - own.requests >= most || all.open - all.requests >= most * Self.neighbours
        }
    }

    /// Counts a request as one that is being answered, whether or not there is room.
    public func enterRegardless(_ address: IPAddress) {
        let (client, network) = (ClientKey.client(address), ClientKey.neighbourhood(address))
        state.withLock { Self.add(&$0, client, network, isPreferred: false) }
    }

    private static func add(_ state: inout State, _ client: ClientKey, _ network: ClientKey, isPreferred: Bool) {
        let isNew = state.clients[client] == nil
        state.total += 1
        state.open += 1
        state.peak = max(state.peak, state.total)
        state.clients[client, default: Client()].requests += 1
        state.clients[client]?.open += 1
        if isPreferred {
            state.clients[client]?.preferred += 1
            state.preferred += 1
        }
        state.networks[network, default: Network()].open += 1
        state.networks[network]?.requests += 1
        if isNew {
            state.networks[network]?.clients += 1
            state.mostClients = max(state.mostClients, state.clients.count)
        }
    }

    private static func fits(_ state: State, _ own: Int, _ network: Network?) -> Bool {
        guard Double(state.total) < state.limit * 1.25 else { return false }
        let isNew = own == 0
        let networks = state.networks.count + (network == nil ? 1 : 0)
        let part = max(1, Int(state.limit) / max(1, networks))
        guard network?.open ?? 0 < part else { return false }
        let ownPart = max(1, part / max(1, (network?.clients ?? 0) + (isNew ? 1 : 0)))
        return own < ownPart && (Double(state.total) < state.limit || isNew)
    }

    /// A request that was let in has been answered, or given up, and nothing follows.
    /// - Parameters: see ``answer(_:at:isMeasured:)``.
    public func leave(_ address: IPAddress, at time: Double? = nil, wasAnswered: Bool = true) {
        answer(address, at: time, isMeasured: wasAnswered)
        end(address)
    }

    /// The head of an answer is there: the application has done its work, and the rest is on its way. Its client has less of its part
    /// until ``end(_:)`` follows; how much room there is for all is another matter, since whoever takes an answer slowly keeps the
    /// application from nothing.
    /// - Parameters:
    ///   - time: see ``enter(_:at:)``.
    ///   - isMeasured: false: how long it took tells nothing.
    public func answer(_ address: IPAddress, at time: Double? = nil, isMeasured: Bool = true) {
        let (client, network) = (ClientKey.client(address), ClientKey.neighbourhood(address))
        state.withLock { state in
            guard let own = state.clients[client], own.requests > 0 else { return }
            if let time { Self.advance(&state, to: time) }
            if isMeasured { state.answered += 1 }
            state.total -= 1
            // Others of the client leave first: what was let in regardless gives back no place that it never had.
            if own.preferred == own.requests {
                state.preferred -= 1
                state.clients[client]?.preferred -= 1
            }
            state.clients[client]?.requests -= 1
            state.networks[network]?.requests -= 1
        }
    }

    /// All of an answer is there, or was given up.
    public func end(_ address: IPAddress) {
        let (client, network) = (ClientKey.client(address), ClientKey.neighbourhood(address))
        state.withLock { state in
            guard let own = state.clients[client], own.open > own.requests else { return }
            state.open -= 1
            state.clients[client]?.open -= 1
            state.networks[network]?.open -= 1
            guard own.open == 1 else { return }
            state.clients[client] = nil
            state.networks[network]?.clients -= 1
            if state.networks[network]?.open == 0 { state.networks[network] = nil }
        }
    }

    /// How many requests are being answered.
    public var count: Int { state.withLock { $0.open } }

    /// How many there may be at a time, as things are.
    public var limit: Int { state.withLock { Int($0.limit) } }

    /// Looks, at the end of a second, how long answers have taken: as many requests as there were on average, divided by how many
    /// were answered (Little's law).
    private static func advance(_ state: inout State, to time: Double) {
        guard time.isFinite, time > 0, time < 1e12 else { return }
        if state.changed > 0, time > state.changed { state.area += Double(state.total) * min(60, time - state.changed) }
        state.changed = max(state.changed, time)
        let passed = Int(time) - state.second
        guard passed > 0 else { return }
        defer {
            state.second = Int(time)
            state.answeredBefore = passed == 1 ? state.answered : 0
            (state.area, state.answered, state.peak, state.refused, state.others) = (0, 0, state.total, 0, 0)
            state.mostClients = state.clients.count
            if time - state.pressureLast > memory { state.pressureSince = nil }
        }
        guard state.second > 0, state.answered > 0 else { return }
        let took = state.area / Double(state.answered)
        let before = state.usual ?? took
        let usual = max(before * (1 - falling), min(before * (1 + rising), took))
        state.usual = usual
        let isLong = took > usual * slower + slack && state.area / Double(passed) > least
        // As long as more at a time has more answered, it does help.
        let hasRisen = passed == 1 && state.answeredBefore > 0 && state.answered > state.answeredBefore * 5 / 4
        // Whoever is alone takes room from nobody.
        let isSlow = isLong && !hasRisen && state.mostClients > 1
        if isSlow {
            state.limit = max(least, state.limit * 0.7)
        } else if !isLong, Double(state.peak) > state.limit / 2 {
            state.limit = min(most, state.limit * 1.5)
        }
        if isSlow || state.refused > 0 {
            state.pressureSince = state.pressureSince ?? time
            state.pressureLast = time
        }
    }
}

/// When clients were first seen, in a table of fixed size. Of too many those are forgotten who came last.
private final class FirstSeen: Sendable {
    private struct Slot {
        var key: UInt64 = 0
        var time = 0.0
    }

    private static let ways = 8
    private let slots: Mutex<ContiguousArray<Slot>>
    private let sets: Int

    init(capacity: Int) {
        sets = max(1, capacity / Self.ways)
        slots = Mutex(ContiguousArray(repeating: Slot(), count: sets * Self.ways))
    }

    /// When a client was first seen: now, if it is not known.
    func first(_ client: ClientKey, at time: Double) -> Double {
        let hash = client.hash | 1
        let start = Int((hash >> 1) % UInt64(sets)) * Self.ways
        return slots.withLock { slots in
            var last = start
            for index in start..<start + Self.ways {
                if slots[index].key == hash { return slots[index].time }
                guard slots[index].key != 0 else {
                    last = index
                    break
                }
                if slots[index].time >= slots[last].time { last = index }
            }
            slots[last] = Slot(key: hash, time: time)
            return time
        }
    }
}
