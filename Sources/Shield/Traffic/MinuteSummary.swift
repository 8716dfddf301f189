/// What one minute has brought to an application: at one node, or at all of them together once it is added up.
public struct MinuteSummary: Codable, Sendable, Equatable {
    /// How many requests came.
    public private(set) var requests = 0
    /// How many of them were refused, since their clients had too many.
    public private(set) var refused = 0
    /// How many packets were dropped before they became a connection, of all applications.
    public private(set) var dropped = 0
    /// What else was counted, by the names of vectors.
    private(set) var events: [String: Int] = [:]
    private(set) var composition = Composition()
    private(set) var samples: [SampledRequest] = []
    /// What had most part in it, with how many requests each had at least; by the identifiers of attacks' properties.
    private(set) var contributors: [String: [String: Int]] = [:]

    /// How many samples there are, of however many nodes.
    private static let mostSamples = 512
    private static let mostContributors = 512
    private static let sources = "SOURCE_IP_ADDRESS"

    /// A minute in which nothing came.
    public init() {}

    init(_ traffic: MinuteTraffic) {
        requests = traffic.requests
        events = Dictionary(traffic.events.map { ($0.key.rawValue, $0.value) }) { first, _ in first }
        composition = traffic.composition
        samples = traffic.samples
        contributors = traffic.contributors.mapValues { values in
            Dictionary(values.map { ($0.value, $0.count) }, uniquingKeysWith: +)
        }
    }

    /// Whether nothing came at all.
    public var isEmpty: Bool { requests == 0 && refused == 0 && dropped == 0 && events.isEmpty }

    /// How often something other than a request came.
    public func count(_ vector: AttackVector) -> Int { events[vector.rawValue] ?? 0 }

    /// Takes in how many requests were refused.
    public mutating func noteRefused(_ number: Int) { refused += max(0, number) }

    /// Takes in how many packets were dropped.
    public mutating func noteDropped(_ number: Int) { dropped += max(0, number) }

    /// Takes something that is usual out of a count: connections that have brought a request, say.
    public mutating func discount(_ vector: AttackVector, by number: Int) {
        guard let count = events[vector.rawValue] else { return }
        events[vector.rawValue] = count > max(0, number) ? count - max(0, number) : nil
    }

    /// Adds what the same minute has brought elsewhere.
    public mutating func add(_ other: MinuteSummary) {
        samples = Self.samples(samples, of: requests, other.samples, of: other.requests)
        requests += other.requests
        refused += other.refused
        dropped += other.dropped
        events.merge(other.events, uniquingKeysWith: +)
        composition.add(other.composition)
        contributors.merge(other.contributors) { own, others in
            let sums = own.merging(others, uniquingKeysWith: +)
            guard sums.count > Self.mostContributors else { return sums }
            let first = sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.mostContributors)
            return Dictionary(first.map { ($0.key, $0.value) }) { first, _ in first }
        }
    }

    /// Requests alone, as if there had been one of so many.
    public func requests(dividedBy number: Int) -> MinuteSummary {
        var part = self
        let number = max(1, number)
        part.events = [:]
        part.requests /= number
        part.refused /= number
        part.contributors = contributors.mapValues { $0.mapValues { $0 / number }.filter { $0.value > 0 } }
        return part
    }

    /// Samples of both, as many of each as it has of the requests.
    private static func samples(
        _ first: [SampledRequest], of requests: Int, _ second: [SampledRequest], of others: Int
    ) -> [SampledRequest] {
        guard !first.isEmpty else { return second }
        guard !second.isEmpty else { return first }
        // How many requests one sample stands for.
        let weight = max(
            Double(max(1, requests)) / Double(first.count), Double(max(1, others)) / Double(second.count),
            Double(max(1, requests + others)) / Double(mostSamples))
        func thinned(_ all: [SampledRequest], _ number: Int) -> [SampledRequest] {
            let count = min(all.count, max(1, Int((Double(number) / weight).rounded())))
            return (0..<count).compactMap { place in
                let index = place * all.count / count
                return all.indices.contains(index) ? all[index] : nil
            }
        }
        return thinned(first, requests) + thinned(second, others)
    }

    /// The addresses that had most requests.
    var busiest: [(address: String, count: Int)] {
        (contributors[Self.sources] ?? [:]).sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { (address: $0.key, count: $0.value) }
    }

    /// Who had most part in it, as attacks tell it.
    var properties: [AttackProperty] {
        MinuteTraffic.properties.compactMap { identifier in
            let top = (contributors[identifier] ?? [:]).filter { !$0.key.isEmpty }
                .sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(AttackProperty.mostContributors)
            guard !top.isEmpty else { return nil }
            return AttackProperty(
                identifier: identifier,
                contributors: top.map { AttackProperty.Contributor(name: $0.key, value: $0.value) }, total: requests)
        }
    }
}
