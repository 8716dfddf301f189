import WAF

/// What one minute has brought: counts, who had most part in it, and samples. Its memory is bounded, however much comes.
struct MinuteTraffic: Sendable {
    /// How many requests are looked at one by one. Of more, only some are, and count for the others.
    private static let closely = 4096
    private static let sampled = 16
    private static let mostSamples = 512

    private(set) var requests = 0
    private(set) var events: [AttackVector: Int] = [:]
    private(set) var composition = Composition()
    private(set) var samples: [SampledRequest] = []
    private var addresses = HeavyHitters(capacity: 512)
    private var paths = HeavyHitters(capacity: 128)
    private var agents = HeavyHitters(capacity: 128)
    private var referrers = HeavyHitters(capacity: 64)
    private var countries = HeavyHitters(capacity: 64)
    private var random: Randomness

    init(random: Randomness) { self.random = random }

    mutating func add(_ event: AttackVector, count: Int = 1) { events[event, default: 0] += count }

    /// Counts a request, and looks at it if it is one of those.
    /// - Parameter sample: makes what is looked at.
    mutating func add(_ sample: () -> SampledRequest?) {
        requests += 1
        let weight = requests <= Self.closely ? 1 : Self.sampled
        guard weight == 1 || requests % Self.sampled == 0, let request = sample() else { return }
        composition.add(request, weight: Double(weight))
        // Of version 6 a client has as many addresses as it likes.
        let source = request.address.version == 4 ? request.address : ClientKey.client(request.address).network
        addresses.add(Array(source.description.utf8), count: weight)
        paths.add(Array(request.path.utf8), count: weight)
        agents.add(Array((request.userAgent ?? "").utf8), count: weight)
        if let referrer = request.referrer { referrers.add(Array(referrer.utf8), count: weight) }
        if let country = request.country { countries.add(Array(country.utf8), count: weight) }
        if samples.count < Self.mostSamples {
            samples.append(request)
        } else if random.below(max(1, requests / weight)) < Self.mostSamples {
            let place = random.below(samples.count)
            if samples.indices.contains(place) { samples[place] = request }
        }
    }

    /// What attacks tell of requests, in their order.
    static let properties = [
        "SOURCE_IP_ADDRESS", "DESTINATION_URL", "SOURCE_USER_AGENT", "SOURCE_COUNTRY", "REFERRER",
    ]

    /// What had most part in it, by those identifiers.
    var contributors: [String: [(value: String, count: Int)]] {
        let all = [addresses.top(512), paths.top(32), agents.top(32), countries.top(32), referrers.top(32)]
        return Dictionary(zip(Self.properties, all).map { ($0, $1) }) { first, _ in first }
    }
}

/// Numbers by which samples are chosen; nothing secret depends on them (SplitMix64).
public struct Randomness: Sendable {
    private var state: UInt64

    /// - Parameter seed: the same one gives the same numbers.
    public init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }

    mutating func below(_ bound: Int) -> Int { bound <= 1 ? 0 : Int(next() % UInt64(bound)) }
}
