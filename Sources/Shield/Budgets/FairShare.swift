import Synchronization
public import WAF

/// Divides the requests that an application answers at a time among those who ask.
///
/// As long as there is room, everybody gets in. As it runs out, nobody gets more than a fair part: first it is divided among the
/// networks that have requests, then among the addresses of each network. A part of the room is kept for those who have none. So
/// many from one network can't crowd out the few from others, and one address can't crowd out its neighbours.
///
/// - Complexity: O(1); memory is bounded by the requests that there are.
public final class FairShare: Sendable {
    private struct State {
        var total = 0
        var clients: [ClientKey: Int] = [:]
        var networks: [ClientKey: Network] = [:]
    }

    private struct Network {
        var requests = 0
        var clients = 0
    }

    /// How many requests there may be at a time.
    public let limit: Int
    /// From how many on parts are fair.
    private let free: Int
    /// How many there are at most, with those from newcomers.
    private let most: Int
    private let state = Mutex(State())

    /// - Parameter limit: at least 4.
    public init(limit: Int) {
        let limit = min(max(4, limit), 1 << 20)
        self.limit = limit
        free = limit / 2
        most = limit + max(1, limit / 4)
    }

    /// Lets a request in, if its client has not more than its part already. Whoever is let in has to ``leave(_:)``.
    public func enter(_ address: IPAddress) -> Bool {
        let (client, network) = (ClientKey.client(address), ClientKey.neighbourhood(address))
        return state.withLock { state in
            let own = state.clients[client] ?? 0
            guard state.total < free || fits(state, own, state.networks[network]) else { return false }
            Self.add(&state, client, network, own)
            return true
        }
    }

    /// Counts a request as one that is being answered, whether or not there is room.
    public func enterRegardless(_ address: IPAddress) {
        let (client, network) = (ClientKey.client(address), ClientKey.neighbourhood(address))
        state.withLock { Self.add(&$0, client, network, $0.clients[client] ?? 0) }
    }

    private static func add(_ state: inout State, _ client: ClientKey, _ network: ClientKey, _ own: Int) {
        state.total += 1
        state.clients[client] = own + 1
        state.networks[network, default: Network()].requests += 1
        if own == 0 { state.networks[network]?.clients += 1 }
    }

    private func fits(_ state: State, _ own: Int, _ network: Network?) -> Bool {
        guard state.total < most else { return false }
        let isNew = own == 0
        let networks = state.networks.count + (network == nil ? 1 : 0)
        let part = max(1, limit / max(1, networks))
        let ofNetwork = network?.requests ?? 0
        guard ofNetwork < part else { return false }
        let clients = (network?.clients ?? 0) + (isNew ? 1 : 0)
        let ownPart = max(1, part / max(1, clients))
        return own < ownPart && (state.total < limit || isNew)
    }

    /// A request that was let in has been answered, or given up.
    public func leave(_ address: IPAddress) {
        let (client, network) = (ClientKey.client(address), ClientKey.neighbourhood(address))
        state.withLock { state in
            guard let own = state.clients[client] else { return }
            state.total -= 1
            state.clients[client] = own > 1 ? own - 1 : nil
            state.networks[network]?.requests -= 1
            if own == 1 { state.networks[network]?.clients -= 1 }
            if state.networks[network]?.requests == 0 { state.networks[network] = nil }
        }
    }

    /// How many requests are being answered.
    public var count: Int { state.withLock { $0.total } }
}
