import Synchronization
public import WAF

/// What clients may do, by their addresses and by their networks.
///
/// A client that has used up its own budget takes nothing from its network's any more, so that it does not use up what its
/// neighbours have. Under pressure, when an application has more to do than it can, all budgets shrink until it can: those who use
/// less than what is left notice nothing.
public final class ClientBudgets: Sendable {
    private struct Pressure {
        var factor = 1.0
        /// The second that is being counted, since 1970.
        var second = 0
        var admitted = 0
        var overload = 0
        /// The networks that had requests, and those whose requests found no room; no more of them are kept than matter.
        var asking: Set<ClientKey> = []
        var overloaded: Set<ClientKey> = []
    }

    /// Of one address, and of the 256 beside it.
    public let client: Budget
    public let network: Budget
    private let clients: TokenBuckets
    private let networks: TokenBuckets
    private let pressure = Mutex(Pressure())
    /// How small budgets become at most.
    private static let least = 1.0 / 64
    private static let shrinking = 0.7
    private static let growing = 1.05
    /// Which part of the requests of a second finds no room before budgets shrink.
    private static let tolerated = 0.02
    /// From how many networks those have to come, and from which part of all that ask: what is too much for some of them is no reason
    /// to give all others less.
    private static let several = 3
    private static let part = 4
    /// How many networks are told apart within a second.
    private static let told = 64

    /// - Parameters:
    ///   - client: of one address.
    ///   - network: of a network.
    ///   - capacity: how many addresses are known at most.
    public init(client: Budget, network: Budget, capacity: Int = 1 << 16) {
        self.client = client
        self.network = network
        clients = TokenBuckets(capacity: capacity)
        networks = TokenBuckets(capacity: capacity / 4)
    }

    /// Whether a client may do one thing more.
    /// - Parameter time: seconds since 1970.
    /// - Complexity: O(1).
    public func admits(_ address: IPAddress, cost: Double = 1, at time: Double) -> Bool {
        let factor = factor(at: time)
        return clients.take(.client(address), client.scaled(by: factor), cost: cost, at: time)
            && networks.take(.neighbourhood(address), network.scaled(by: factor), cost: cost, at: time)
    }

    /// Says whether there was room for what a client was allowed to do.
    public func noted(hadRoom: Bool, for address: IPAddress, at time: Double) {
        let second = Self.second(time)
        pressure.withLock { pressure in
            Self.advance(&pressure, to: second)
            pressure.admitted += 1
            let isKnown = pressure.asking.count >= Self.told
            guard !hadRoom || !isKnown else { return }
            let network = ClientKey.neighbourhood(address)
            if !isKnown { pressure.asking.insert(network) }
            guard !hadRoom else { return }
            pressure.overload += 1
            if pressure.overloaded.count < Self.told { pressure.overloaded.insert(network) }
        }
    }

    /// Takes from a client's own budget what it has caused besides asking, as far as there is so much in it.
    /// - Parameter cost: of a budget that has not shrunk; of one that has it is less in the same measure.
    public func charge(_ address: IPAddress, cost: Double, at time: Double) {
        let factor = factor(at: time)
        let (key, budget) = (ClientKey.client(address), client.scaled(by: factor))
        _ = clients.take(key, budget, cost: min(cost * factor, clients.level(key, budget, at: time)), at: time)
    }

    /// How much smaller budgets are than usual: 1, or less.
    public func factor(at time: Double) -> Double {
        let second = Self.second(time)
        return pressure.withLock { pressure in
            Self.advance(&pressure, to: second)
            return pressure.factor
        }
    }

    private static func advance(_ pressure: inout Pressure, to second: Int) {
        let passed = second - pressure.second
        guard passed > 0 else { return }
        if Double(pressure.overload) > Double(pressure.admitted) * tolerated,
            pressure.overloaded.count >= max(several, pressure.asking.count / part)
        {
            pressure.factor = max(least, pressure.factor * shrinking)
        } else {
            pressure.factor = min(1, pressure.factor * growing)
        }
        // Seconds in which nobody asked.
        for _ in 1..<min(max(1, passed), 128) where pressure.factor < 1 {
            pressure.factor = min(1, pressure.factor * growing)
        }
        pressure.second = second
        pressure.admitted = 0
        pressure.overload = 0
        pressure.asking.removeAll(keepingCapacity: true)
        pressure.overloaded.removeAll(keepingCapacity: true)
    }

    private static func second(_ time: Double) -> Int {
        time.isFinite && time > 0 && time < 1e12 ? Int(time) : 0
    }
}
