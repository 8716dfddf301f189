public import WAF

/// A queue that serves clients in turn, however much each of them has put in: deficit round robin, first among networks, then
/// among the addresses of each.
///
/// It is bounded. When it is full, the client that has most in it loses its last element, so that whoever asks for little gets in
/// at any time.
///
/// <https://doi.org/10.1109/90.502236> (Shreedhar and Varghese, Efficient Fair Queuing Using Deficit Round Robin)
/// - Complexity: O(1) for each element put in or taken out; O(clients) where one has to be put out.
public struct FairQueue<Element> {
    private struct Flow {
        var elements: [(element: Element, cost: Int)] = []
        var head = 0
        var deficit = 0

        var count: Int { elements.count - head }

        mutating func take() -> (element: Element, cost: Int)? {
            guard head < elements.count else { return nil }
            let first = elements[head]
            head += 1
            if head > 32, head * 2 > elements.count {
                elements.removeFirst(head)
                head = 0
            }
            return first
        }
    }

    private struct Network {
        var flows: [ClientKey: Flow] = [:]
        var turns = Turns()
        var deficit = 0
        var count = 0
    }

    /// Who is to be served, in turn.
    private struct Turns {
        private var keys: [ClientKey] = []
        private var head = 0

        var first: ClientKey? { head < keys.count ? keys[head] : nil }

        mutating func append(_ key: ClientKey) { keys.append(key) }

        mutating func removeFirst() {
            head += 1
            if head > 32, head * 2 > keys.count {
                keys.removeFirst(head)
                head = 0
            }
        }

        mutating func rotate() {
            guard let key = first else { return }
            removeFirst()
            append(key)
        }

        mutating func remove(_ key: ClientKey) {
            if let index = keys[head...].firstIndex(of: key) { keys.remove(at: index) }
        }
    }

    private var networks: [ClientKey: Network] = [:]
    private var turns = Turns()
    /// How much each is served in a turn.
    private let quantum: Int
    private let capacity: Int
    /// How many elements wait.
    public private(set) var count = 0

    /// - Parameters:
    ///   - capacity: how many elements may wait.
    ///   - quantum: how much cost a client is served in its turn; the cost of a usual element.
    public init(capacity: Int, quantum: Int = 1) {
        self.capacity = max(1, capacity)
        self.quantum = max(1, quantum)
    }

    /// Puts an element in.
    /// - Returns: the element that has lost its place: one of whoever has most in the queue, or this one; nil: none has.
    public mutating func append(_ element: Element, from address: IPAddress, cost: Int = 1) -> Element? {
        let (client, network) = (ClientKey.client(address), ClientKey.neighbourhood(address))
        if networks[network] == nil {
            networks[network] = Network()
            turns.append(network)
        }
        if networks[network]?.flows[client] == nil {
            networks[network]?.flows[client] = Flow()
            networks[network]?.turns.append(client)
        }
        networks[network]?.flows[client]?.elements.append((element, max(1, cost)))
        networks[network]?.count += 1
        count += 1
        return count > capacity ? dropLast() : nil
    }

    /// Takes the last element of the client that has most in the network that has most.
    private mutating func dropLast() -> Element? {
        guard let network = networks.max(by: { $0.value.count < $1.value.count })?.key,
            let client = networks[network]?.flows.max(by: { $0.value.count < $1.value.count })?.key,
            let last = networks[network]?.flows[client]?.elements.popLast()
        else { return nil }
        count -= 1
        networks[network]?.count -= 1
        if networks[network]?.flows[client]?.count == 0 { remove(client, network) }
        return last.element
    }

    private mutating func remove(_ client: ClientKey, _ network: ClientKey) {
        networks[network]?.flows[client] = nil
        networks[network]?.turns.remove(client)
        if networks[network]?.count == 0 {
            networks[network] = nil
            turns.remove(network)
        }
    }

    /// Takes out the element whose turn it is; nil: the queue is empty.
    public mutating func popFirst() -> Element? {
        while let key = turns.first, count > 0 {
            guard let found = serve(key) else {
                // Its turn is over: it keeps what it could not use.
                networks[key]?.deficit += quantum
                turns.rotate()
                continue
            }
            return found
        }
        return nil
    }

    private mutating func serve(_ key: ClientKey) -> Element? {
        while let client = networks[key]?.turns.first, let flow = networks[key]?.flows[client] {
            guard flow.head < flow.elements.count else {
                remove(client, key)
                continue
            }
            let cost = flow.elements[flow.head].cost
            guard let deficit = networks[key]?.deficit, deficit >= cost else { return nil }
            guard flow.deficit >= cost else {
                networks[key]?.flows[client]?.deficit += quantum
                networks[key]?.turns.rotate()
                continue
            }
            let taken = networks[key]?.flows[client]?.take()
            networks[key]?.flows[client]?.deficit -= cost
            networks[key]?.deficit -= cost
            networks[key]?.count -= 1
            count -= 1
            if networks[key]?.flows[client]?.count == 0 { remove(client, key) }
            return taken?.element
        }
        return nil
    }
}
