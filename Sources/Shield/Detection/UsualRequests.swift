/// Samples of what is usual for an application, of about a day: what a rule must not hit.
public struct UsualRequests: Codable, Sendable, Equatable {
    /// In no order.
    public private(set) var samples: [SampledRequest] = []

    /// How many there are at most.
    static let most = 2048
    /// How many of a minute are taken in: as many as there are until there are enough, and so few afterwards that those of a whole
    /// day stay, the night's as well.
    private static let first = 64
    private static let later = 2

    /// None yet.
    public init() {}

    /// Which of a minute's samples to take in.
    /// - Parameter known: how many there are already.
    static func chosen(of samples: [SampledRequest], known: Int, _ random: inout Randomness) -> [SampledRequest] {
        let number = known < most ? first : later
        guard samples.count > number else { return samples }
        return (0..<number).compactMap { _ in
            let place = random.below(samples.count)
            return samples.indices.contains(place) ? samples[place] : nil
        }
    }

    /// Takes samples in, in the place of others once there are enough.
    mutating func learn(_ new: [SampledRequest], _ random: inout Randomness) {
        for request in new {
            if samples.count < Self.most {
                samples.append(request)
            } else {
                let place = random.below(samples.count)
                if samples.indices.contains(place) { samples[place] = request }
            }
        }
    }
}
