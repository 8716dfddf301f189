import Synchronization
import WAF

/// Watches the traffic of one application: counts it by minutes, learns what is usual, and tells when an attack begins, goes on
/// and ends.
///
/// A request flood is an attack where a minute has unusually many requests, and they are made of something else than is usual:
/// more of the same is a success. Whatever else is counted is an attack by its number alone, since no honest client does it.
///
/// Time is passed in. Nothing here reads a clock or waits.
public final class ApplicationWatch: Sendable {
    /// How it watches.
    public struct Settings: Sendable {
        /// How many minutes have to be learnt from before floods of requests are told from what is usual. AWS needs a day.
        /// <https://docs.aws.amazon.com/waf/latest/developerguide/ddos-event-detection-application.html>
        public var learning = 1440
        /// How many minutes have to be quiet before an attack is over.
        public var calm = 2

        /// The usual ones.
        public init() {}
    }

    /// What has changed at the end of a minute.
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

    private struct State {
        var minute: Int?
        var traffic: MinuteTraffic
        var baseline = Baseline()
        var usual: [SampledRequest] = []
        var attack: AttackReport?
        var quiet = 0
        var random: Randomness
        var rules: [MitigationRule] = []
    }

    private static let mostUsual = 2048
    private let settings: Settings
    private let state: Mutex<State>

    /// - Parameter seed: for the choice of samples.
    public init(_ settings: Settings = Settings(), seed: UInt64 = 1) {
        self.settings = settings
        var random = Randomness(seed: seed)
        let traffic = MinuteTraffic(random: Randomness(seed: random.next()))
        state = Mutex(State(traffic: traffic, random: random))
    }

    /// What has been learnt, to be kept.
    public var baseline: Baseline { state.withLock { $0.baseline } }

    /// Takes in what was learnt before, unless something was learnt already.
    public func restore(_ baseline: Baseline) {
        state.withLock { state in
            if state.baseline.minutes == 0 { state.baseline = baseline }
        }
    }

    /// The attack that goes on; nil: none.
    public var attack: AttackReport? { state.withLock { $0.attack } }

    /// Counts a request.
    /// - Parameter sample: makes what is looked at of it; asked only where it is.
    /// - Complexity: O(1).
    public func note(_ sample: () -> SampledRequest?) { state.withLock { $0.traffic.add(sample) } }

    /// Counts something else.
    public func note(_ event: AttackVector, count: Int = 1) { state.withLock { $0.traffic.add(event, count: count) } }

    /// Says what is done about the attack that goes on.
    public func noteMitigation(_ name: String) {
        state.withLock { state in
            guard state.attack?.mitigations.contains(name) == false else { return }
            state.attack?.mitigations.append(name)
        }
    }

    /// Ends the minute before a moment, if it is not ended already; minutes since then that nobody ended had no traffic of their own.
    /// - Parameter time: seconds since 1970.
    /// - Returns: nil where the minute has not passed.
    public func endMinute(at time: Double) -> Outcome? {
        guard time.isFinite, time >= 0, time < 1e12 else { return nil }
        let minute = Int(time / 60)
        return state.withLock { state in
            guard let last = state.minute else {
                // What came before the first end is of this minute, as far as anybody knows.
                state.minute = minute
                return nil
            }
            guard minute > last else { return nil }
            state.minute = minute
            return close(&state, start: Double(last) * 60, end: Double(minute) * 60, passed: minute - last)
        }
    }

    private func close(_ state: inout State, start: Double, end: Double, passed: Int) -> Outcome {
        let traffic = state.traffic
        state.traffic = MinuteTraffic(random: Randomness(seed: state.random.next()))
        var outcome = Outcome()
        outcome.requests = traffic.requests
        let unusual = vectors(traffic, state.baseline)
        if unusual.isEmpty {
            learn(&state, traffic)
            if passed > 1 { state.baseline.learnQuiet(passed - 1) }
            state.quiet += passed
            if state.attack != nil, state.quiet >= settings.calm {
                outcome.attack = state.attack?.ended
                state.attack = nil
                state.rules = []
                return outcome
            }
        } else {
            state.quiet = 0
            if state.attack == nil {
                state.attack = AttackReport(start: start)
                outcome.hasBegun = true
            }
            state.attack?.lastSeen = min(end, start + 60 * Double(passed))
            for vector in unusual {
                let number = vector == .requestFlood ? traffic.requests : traffic.events[vector] ?? 0
                state.attack?.counters[vector.rawValue, default: AttackCounter()].add(Double(number))
            }
            merge(traffic.properties, into: &state)
            if unusual.contains(.requestFlood) { state.rules = rules(traffic, state) }
        }
        outcome.attack = state.attack
        outcome.rules = state.attack == nil ? [] : state.rules
        return outcome
    }

    private func vectors(_ traffic: MinuteTraffic, _ baseline: Baseline) -> [AttackVector] {
        AttackVector.allCases.filter { vector in
            guard vector == .requestFlood else { return Double(traffic.events[vector] ?? 0) > baseline.unusual(vector) }
            return baseline.minutes >= settings.learning && Double(traffic.requests) > baseline.unusualVolume
                && !baseline.unusualDimensions(traffic.composition).isEmpty
        }
    }

    private func learn(_ state: inout State, _ traffic: MinuteTraffic) {
        state.baseline.learn(
            traffic.composition, requests: Double(traffic.requests), busiest: Double(traffic.busiest.first?.count ?? 0),
            traffic.events)
        // Some of each minute, so that what is kept is of a long time.
        for request in traffic.samples.prefix(64) {
            if state.usual.count < Self.mostUsual {
                state.usual.append(request)
            } else {
                let place = state.random.below(state.usual.count)
                if state.usual.indices.contains(place) { state.usual[place] = request }
            }
        }
    }

    private func merge(_ properties: [AttackProperty], into state: inout State) {
        guard var attack = state.attack else { return }
        for property in properties {
            guard let index = attack.properties.firstIndex(where: { $0.identifier == property.identifier }) else {
                attack.properties.append(property)
                continue
            }
            var sums = Dictionary(
                attack.properties[index].contributors.map { ($0.name, $0.value) }, uniquingKeysWith: { $0 + $1 })
            for contributor in property.contributors { sums[contributor.name, default: 0] += contributor.value }
            attack.properties[index].contributors = sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(5)
                .map { AttackProperty.Contributor(name: $0.key, value: $0.value) }
            attack.properties[index].total += property.total
        }
        state.attack = attack
    }

    private func rules(_ traffic: MinuteTraffic, _ state: State) -> [MitigationRule] {
        let baseline = state.baseline
        let most = max(10, baseline.busiest.mean + 5 * baseline.busiest.deviation, baseline.busiest.mean * 3)
        let known = Set(state.usual.map { ClientKey.client($0.address).cidr })
        let clients = traffic.busiest.filter { Double($0.count) > most }
            .compactMap { IPAddress($0.value).map { ClientKey.client($0).cidr } }.filter { !known.contains($0) }
        let usual = max(1, baseline.requests.mean)
        let search = MitigationSearch(
            present: traffic.samples, usual: state.usual, growth: Double(traffic.requests) / usual)
        return search.rules(clients: clients)
    }
}
