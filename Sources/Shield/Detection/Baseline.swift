import WAF

/// What is usual for an application: how many requests a minute has, and of what kinds they are. It learns from each minute that
/// is no attack, and can be kept.
public struct Baseline: Codable, Sendable, Equatable {
    /// A mean and how far values are from it, over the last values.
    struct Trend: Codable, Sendable, Equatable {
        private(set) var mean = 0.0
        private(set) var variance = 0.0
        private(set) var count = 0

        var deviation: Double { variance.squareRoot() }

        /// - Parameter memory: how many values back it looks.
        mutating func learn(_ value: Double, memory: Int) {
            count += 1
            let weight = 1 / Double(min(count, max(1, memory)))
            let difference = value - mean
            mean += difference * weight
            variance = (1 - weight) * (variance + weight * difference * difference)
        }
    }

    /// The minutes of a day, over which it learns volumes and compositions.
    public static let memory = 1440
    /// How far compositions are apart is learnt over so many measurements.
    private static let distanceMemory = 240
    /// Each is of so many requests at least, of several minutes where those have few: a handful is always made of something else
    /// than all of a day, and says nothing of how far as many as a flood has would be.
    private static let measured = 300.0
    /// A composition that is no farther from the usual one is usual; one that is farther than that is not, whatever was learnt.
    private static let leastDistance = 0.25
    private static let mostDistance = 0.9
    /// How many requests have to be known before any composition is unusual.
    private static let leastKnown = 100.0
    /// How many minutes without anything are learnt at a time. Of a longer silence nobody knows whether the server was there to see
    /// what came.
    private static let longestQuiet = 60
    /// How many times the usual deviation is unusual.
    private static let deviations = 5.0

    /// How many minutes it has learnt from.
    public private(set) var minutes = 0
    private(set) var requests = Trend()
    private(set) var composition = Composition()
    private var distances: [Trend]
    /// What came since the distances were learnt last.
    private var unmeasured: Composition?
    private(set) var events: [String: Trend] = [:]
    /// The most requests of a minute; it fades over weeks.
    private(set) var peak = 0.0
    /// How many requests the busiest client of a minute has.
    private(set) var busiest = Trend()

    /// Nothing is known.
    public init() { distances = Array(repeating: Trend(), count: Dimension.allCases.count) }

    /// Requests of a minute above which the volume is unusual.
    public var unusualVolume: Double {
        max(
            AttackVector.requestFlood.floor, requests.mean + Self.deviations * requests.deviation, requests.mean * 2,
            peak * 1.2)
    }

    /// Events of a minute above which a vector is unusual.
    func unusual(_ vector: AttackVector) -> Double {
        guard vector != .requestFlood else { return unusualVolume }
        let usual = events[vector.rawValue] ?? Trend()
        return max(vector.floor, usual.mean + Self.deviations * usual.deviation, usual.mean * 3)
    }

    /// The ways to look at requests in which a minute's are made of something else than is usual.
    func unusualDimensions(_ minute: Composition) -> [Dimension] {
        // Nothing is usual yet, so that nothing is unusual: an application that begins to be used is no attack.
        guard composition.total >= Self.leastKnown else { return [] }
        return Dimension.allCases.filter { dimension in
            let usual = distances.indices.contains(dimension.rawValue) ? distances[dimension.rawValue] : Trend()
            return minute.distance(to: composition, dimension)
                > min(Self.mostDistance, max(Self.leastDistance, usual.mean + Self.deviations * usual.deviation))
        }
    }

    /// Learns from a minute.
    mutating func learn(
        _ minute: Composition, requests number: Double, busiest most: Double, _ seen: [AttackVector: Int]
    ) {
        minutes += 1
        requests.learn(number, memory: Self.memory)
        peak = max(number, peak * (1 - 1 / Double(30 * Self.memory)))
        for vector in AttackVector.allCases where vector != .requestFlood {
            guard seen[vector] != nil || events[vector.rawValue] != nil else { continue }
            events[vector.rawValue, default: Trend()].learn(Double(seen[vector] ?? 0), memory: Self.memory)
        }
        guard minute.total > 0 else { return }
        busiest.learn(most, memory: Self.distanceMemory)
        var together = unmeasured ?? Composition()
        together.add(minute)
        unmeasured = together
        if together.total >= Self.measured {
            if composition.total >= Self.measured {
                for dimension in Dimension.allCases where distances.indices.contains(dimension.rawValue) {
                    let usual = distances[dimension.rawValue]
                    // One that is out of line does not make all others usual.
                    let most = 1.5 * max(Self.leastDistance, usual.mean + 2 * usual.deviation)
                    distances[dimension.rawValue].learn(
                        min(most, together.distance(to: composition, dimension)), memory: Self.distanceMemory)
                }
            }
            unmeasured = nil
        }
        composition.learn(minute, keeping: 1 - 1 / Double(Self.memory))
    }

    /// Learns that nothing came for some minutes, as far as anybody knows.
    mutating func learnQuiet(_ number: Int) {
        let number = min(max(0, number), Self.longestQuiet)
        minutes += number
        for _ in 0..<number { requests.learn(0, memory: Self.memory) }
    }
}
