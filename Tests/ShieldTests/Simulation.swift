import WAF

@testable import Shield

/// Traffic that is made up, the same each time for a seed.
struct Traffic {
    var random: Randomness
    static let agents = [
        "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "Mozilla/5.0 (Macintosh) Safari/605.1", "curl/8.14",
        "Mozilla/5.0 (iPhone) Safari/604.1",
    ]
    static let paths = ["/", "/products", "/products/1", "/products/2", "/cart", "/login", "/search", "/about"]

    init(seed: UInt64) { random = Randomness(seed: seed) }

    mutating func pick<T>(_ all: [T], skew: Bool = true) -> T? {
        guard !all.isEmpty else { return nil }
        // The first ones are most frequent, as in real life.
        let place = skew ? min(random.below(all.count), random.below(all.count)) : random.below(all.count)
        return all[place]
    }

    static func address(_ number: Int, network: Int) -> IPAddress {
        IPAddress("10.\(network % 256).\(number / 256 % 256).\(number % 256)") ?? fallback
    }

    private static var fallback: IPAddress { IPAddress("192.0.2.1")! }

    /// What people do.
    mutating func usual() -> SampledRequest {
        SampledRequest(
            address: Self.address(random.below(2000), network: random.below(20)),
            method: random.below(20) == 0 ? "POST" : "GET", path: pick(Self.paths) ?? "/",
            userAgent: pick(Self.agents))
    }

    /// How many come in a minute: about a number, by the hour.
    mutating func volume(_ mean: Int, minute: Int) -> Int {
        guard mean > 0 else { return 0 }
        let hour = Double(minute % 1440) / 1440
        let wave = 1 + 0.5 * (hour < 0.5 ? hour * 4 - 1 : 3 - hour * 4)
        return max(0, Int(Double(mean) * wave) + random.below(max(2, mean / 5)) - mean / 10)
    }
}

/// A watch, and what its minutes mean.
final class AssessedWatch {
    typealias Settings = Assessment.Settings
    typealias Outcome = Assessment.Outcome
    let watch: ApplicationWatch
    private let settings: Settings
    private(set) var assessment = Assessment()
    private(set) var usual = UsualRequests()
    private var random: Randomness

    init(_ settings: Settings, seed: UInt64) {
        (self.settings, random) = (settings, Randomness(seed: seed))
        watch = ApplicationWatch(seed: seed)
    }

    var baseline: Baseline { assessment.baseline }
    var attack: AttackReport? { assessment.attack }

    func restore(_ assessment: Assessment, _ usual: UsualRequests) {
        (self.assessment, self.usual) = (assessment, usual)
    }

    func note(_ sample: () -> SampledRequest?) { watch.note(sample) }
    func note(_ event: AttackVector, count: Int = 1) { watch.note(event, count: count) }

    func endMinute(at time: Double) -> Outcome? {
        guard let taken = watch.takeMinute(at: time) else { return nil }
        assessment.rest(until: taken.minute, settings)
        let outcome = assessment.take(taken.traffic, of: taken.minute, settings, usual: usual, &random)
        assessment.keepSamples(in: &usual, &random)
        return outcome
    }
}

/// A watch, and the minute that it is in.
struct Watched {
    let watch: AssessedWatch
    var minute = 30_000_000
    var traffic: Traffic

    init(learning: Int, seed: UInt64) {
        var settings = AssessedWatch.Settings()
        settings.learning = learning
        watch = AssessedWatch(settings, seed: seed)
        traffic = Traffic(seed: seed)
        _ = watch.endMinute(at: Double(minute) * 60)
    }

    init(_ watch: AssessedWatch, minute: Int, seed: UInt64) {
        (self.watch, self.minute, traffic) = (watch, minute, Traffic(seed: seed))
        _ = watch.endMinute(at: Double(minute) * 60)
    }

    /// A minute of usual traffic, and what else there is.
    mutating func pass(_ mean: Int, _ more: (AssessedWatch, inout Traffic) -> Void = { _, _ in })
        -> AssessedWatch.Outcome?
    {
        for _ in 0..<traffic.volume(mean, minute: minute) {
            let request = traffic.usual()
            watch.note { request }
        }
        more(watch, &traffic)
        minute += 1
        return watch.endMinute(at: Double(minute) * 60)
    }
}
