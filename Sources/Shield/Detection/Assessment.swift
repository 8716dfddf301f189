import WAF

/// What is known of an application's traffic: what is usual, and the attack that goes on. It takes in one minute after the other,
/// of all nodes together, and can be kept, so that another process goes on where one has ended.
///
/// A request flood is an attack where a minute has unusually many requests, and they are made of something else than is usual:
/// more of the same is a success. Whatever else is counted is an attack by its number alone, since no honest client does it.
///
/// Time is passed in, in minutes since 1970. Nothing here reads a clock or waits.
public struct Assessment: Codable, Sendable, Equatable {
    /// How it is told what is an attack.
    public struct Settings: Sendable {
        /// How many minutes have to be learnt from before floods of requests are told from what is usual. AWS needs a day.
        /// <https://docs.aws.amazon.com/waf/latest/developerguide/ddos-event-detection-application.html>
        public var learning = 1440
        /// How many minutes have to be quiet before an attack is over. Of one that comes again within the hour they are twice as
        /// many each time, so that who attacks in turns finds the rules still there.
        public var calm = 2
        /// How many minutes of an attack teach nothing. What goes on for longer than that is what is usual from now on.
        public var longest = 1440

        /// The usual ones.
        public init() {}
    }

    /// What has changed with a minute.
    public struct Outcome: Sendable {
        /// The attack that goes on, or has just ended; nil: there is none.
        public var attack: AttackReport?
        /// Whether it was first seen in this minute.
        public var hasBegun = false
        /// What the attack's requests have in common; empty where there is no flood of requests, or nothing tells it apart.
        public var rules: [MitigationRule] = []
        /// How many requests the minute had.
        public var requests = 0
    }

    /// The last minute that was taken in; nil: none was.
    public private(set) var minute: Int?
    public private(set) var baseline = Baseline()
    /// The attack that goes on; nil: there is none.
    public private(set) var attack: AttackReport?
    /// What the requests of a flood have in common, as long as it goes on.
    public private(set) var rules: [MitigationRule] = []
    /// Samples of usual requests that are yet to be kept with the others.
    public private(set) var fresh: [SampledRequest] = []
    /// How many are known, with those.
    private var known = 0
    /// How many minutes were quiet since the attack was last seen, and in how many it was seen.
    private var quiet = 0
    private var attacked = 0
    /// How often an attack has come again, and the minute in which the last one was over.
    private var repeats = 0
    private var lastEnd: Int?

    private static let mostCalm = 30
    /// Minutes within which an attack that comes again is the same.
    private static let again = 60

    /// Nothing is known.
    public init() {}

    /// Begins with what was learnt before.
    public init(_ baseline: Baseline, known: Int) {
        self.baseline = baseline
        self.known = max(0, known)
    }

    /// Takes a minute in.
    /// - Parameters:
    ///   - traffic: of the minute.
    ///   - minute: its number.
    ///   - usual: samples of usual requests, by which rules are made.
    ///   - blocks: whether what the rules say is blocked.
    ///   - random: by which samples are chosen.
    public mutating func take(
        _ traffic: MinuteSummary, of minute: Int, _ settings: Settings, usual: UsualRequests,
        blocks: Bool = false, _ random: inout Randomness
    ) -> Outcome {
        self.minute = minute
        var outcome = Outcome()
        outcome.requests = traffic.requests
        let unusual = vectors(traffic, settings)
        if unusual.isEmpty {
            // Who has stopped for a moment is not usual.
            guard attack != nil else {
                learn(traffic, &random)
                return outcome
            }
            quiet += 1
            if let ended = ended(settings) {
                outcome.attack = ended
                return outcome
            }
        } else {
            quiet = 0
            if attack == nil {
                attack = AttackReport(start: Double(minute) * 60)
                attacked = 0
                repeats = lastEnd.map { minute - $0 <= Self.again } == true ? min(repeats + 1, 8) : 0
                outcome.hasBegun = true
            }
            attacked += 1
            note(unusual, traffic, until: minute + 1, usual)
            if blocks, !rules.isEmpty { noteMitigation(AttackReport.webACLRules) }
            if attacked > settings.longest { learn(traffic, &random) }
        }
        outcome.attack = attack
        outcome.rules = rules
        return outcome
    }

    /// Takes in that nothing came up to a minute.
    /// - Parameter end: the next one that may have had something.
    /// - Returns: the attack that has ended by that; nil: none has.
    @discardableResult
    public mutating func rest(until end: Int, _ settings: Settings) -> AttackReport? {
        guard let last = minute, end - 1 > last else { return nil }
        minute = end - 1
        guard attack != nil else {
            baseline.learnQuiet(end - 1 - last)
            return nil
        }
        quiet += end - 1 - last
        return ended(settings)
    }

    /// The attack, if it has been quiet for long enough to be over.
    private mutating func ended(_ settings: Settings) -> AttackReport? {
        guard quiet >= min(Self.mostCalm, settings.calm << min(repeats, 8)) else { return nil }
        defer { (attack, rules, lastEnd, quiet) = (nil, [], minute, 0) }
        return attack?.ended
    }

    private mutating func note(
        _ unusual: [AttackVector], _ traffic: MinuteSummary, until end: Int, _ usual: UsualRequests
    ) {
        attack?.lastSeen = Double(end) * 60
        for vector in unusual {
            let number = vector == .requestFlood ? traffic.requests : traffic.count(vector)
            attack?.counters[vector.rawValue, default: AttackCounter()].add(Double(number))
        }
        attack?.merge(traffic.properties)
        if traffic.refused > 0 { noteMitigation(AttackReport.rateLimit) }
        if traffic.dropped > 0 { noteMitigation(AttackReport.networkFilter) }
        if unusual.contains(.requestFlood) { rules = rules(traffic, usual) }
    }

    private mutating func noteMitigation(_ name: String) {
        guard attack?.mitigations.contains(name) == false else { return }
        attack?.mitigations.append(name)
    }

    /// Whether rules may come of a minute, for which usual requests have to be known.
    public func isFlood(_ traffic: MinuteSummary, _ settings: Settings) -> Bool {
        vectors(traffic, settings).contains(.requestFlood)
    }

    private func vectors(_ traffic: MinuteSummary, _ settings: Settings) -> [AttackVector] {
        AttackVector.allCases.filter { vector in
            guard vector == .requestFlood else { return Double(traffic.count(vector)) > baseline.unusual(vector) }
            return baseline.minutes >= settings.learning && Double(traffic.requests) > baseline.unusualVolume
                && !baseline.unusualDimensions(traffic.composition).isEmpty
        }
    }

    private mutating func learn(_ traffic: MinuteSummary, _ random: inout Randomness) {
        baseline.learn(
            traffic.composition, requests: Double(traffic.requests),
            busiest: Double(traffic.busiest.first?.count ?? 0),
            Dictionary(AttackVector.allCases.map { ($0, traffic.count($0)) }) { first, _ in first }
                .filter { $0.value > 0 })
        let chosen = UsualRequests.chosen(of: traffic.samples, known: known, &random)
        fresh += chosen
        known = min(UsualRequests.most, known + chosen.count)
    }

    /// Has the new samples kept with the others.
    public mutating func keepSamples(in usual: inout UsualRequests, _ random: inout Randomness) {
        usual.learn(fresh, &random)
        fresh = []
        known = usual.samples.count
    }

    private func rules(_ traffic: MinuteSummary, _ usual: UsualRequests) -> [MitigationRule] {
        let most = max(10, baseline.busiest.mean + 5 * baseline.busiest.deviation, baseline.busiest.mean * 3)
        let samples = usual.samples + fresh
        let known = Set(samples.map { ClientKey.client($0.address).cidr })
        let clients = traffic.busiest.filter { Double($0.count) > most }
            .compactMap { IPAddress($0.address).map { ClientKey.client($0).cidr } }
        // Whoever was found before is blocked as long as the attack goes on.
        let before = rules.flatMap { $0.addresses ?? [] }
        let search = MitigationSearch(
            present: traffic.samples, usual: samples,
            growth: Double(traffic.requests) / max(1, baseline.requests.mean))
        return search.rules(clients: (clients + before).filter { !known.contains($0) }, old: rules)
    }
}
