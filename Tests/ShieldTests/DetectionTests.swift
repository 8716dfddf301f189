import Testing
import WAF

@testable import Shield

@Suite struct DetectionTests {
    /// Some hours of usual traffic.
    private func learnt(_ mean: Int = 30, seed: UInt64) -> (Watched, alarms: Int) {
        var watched = Watched(learning: 200, seed: seed)
        var alarms = 0
        for _ in 0..<400 where watched.pass(mean)?.attack != nil { alarms += 1 }
        return (watched, alarms)
    }

    @Test(arguments: [1, 2]) func usualTrafficIsNoAttack(seed: UInt64) {
        #expect(learnt(seed: seed).alarms == 0)
    }

    @Test(arguments: [4, 5]) func moreOfTheSameIsNoAttack(seed: UInt64) {
        var (watched, _) = learnt(60, seed: seed)
        for _ in 0..<5 { #expect(watched.pass(700)?.attack == nil) }
    }

    @Test func aFloodBeforeEnoughIsLearntIsNotTold() {
        var watched = Watched(learning: 1440, seed: 6)
        for _ in 0..<100 { _ = watched.pass(30) }
        #expect(watched.pass(30) { Self.flood($0, &$1, 5_000) }?.attack == nil)
    }

    /// 200 addresses that nobody has seen before, with a client of their own.
    private static func flood(
        _ watch: AssessedWatch, _ traffic: inout Traffic, _ number: Int, agent: String? = "bot/1.0"
    ) {
        for _ in 0..<number {
            let request = SampledRequest(
                address: Traffic.address(traffic.random.below(200), network: 200), method: "GET", path: "/search",
                userAgent: agent ?? traffic.pick(Traffic.agents))
            watch.note { request }
        }
    }

    @Test(arguments: [7, 8]) func aFloodIsToldInItsFirstMinuteAndOverWhenItIs(seed: UInt64) throws {
        var (watched, _) = learnt(seed: seed)
        let begin = Double(watched.minute) * 60
        let first = try #require(watched.pass(30) { Self.flood($0, &$1, 4_000) })
        #expect(first.hasBegun)
        let report = try #require(first.attack)
        #expect(report.vectors == [.requestFlood] && report.start == begin && report.end == nil)
        let second = try #require(watched.pass(30) { Self.flood($0, &$1, 8_000) })
        #expect(!second.hasBegun)
        let counter = try #require(second.attack?.counters["REQUEST_FLOOD"])
        #expect(counter.minutes == 2 && counter.max > 100 && counter.sum > 10_000)
        let sources = try #require(second.attack?.properties.first { $0.identifier == "SOURCE_USER_AGENT" })
        #expect(sources.contributors.first?.name == "bot/1.0")
        #expect(watched.pass(30)?.attack?.end == nil)
        let last = try #require(watched.pass(30)?.attack)
        #expect(last.end == begin + 120)
        #expect(watched.watch.attack == nil)
        #expect(watched.pass(30)?.attack == nil)
    }

    /// The rules hit nearly all of the attack, and hardly anything of what is usual.
    @Test(arguments: [10, 11]) func theRulesTellTheAttackFromWhatIsUsual(seed: UInt64) throws {
        var (watched, _) = learnt(seed: seed)
        for agent in ["bot/1.0", nil] {
            let outcome = try #require(watched.pass(30) { Self.flood($0, &$1, 5_000, agent: agent) })
            #expect(!outcome.rules.isEmpty)
            let (attack, usual) = hits(outcome.rules, &watched.traffic)
            #expect(attack >= 0.9 && usual <= 0.03, "\(outcome.rules): \(attack) of the attack, \(usual) of the rest")
            for _ in 0..<3 { _ = watched.pass(30) }
        }
    }

    private func hits(_ rules: [MitigationRule], _ traffic: inout Traffic) -> (attack: Double, usual: Double) {
        func matches(_ request: SampledRequest) -> Bool {
            rules.contains { rule in
                (rule.addresses?.contains(ClientKey.client(request.address).cidr) ?? true)
                    && (rule.method.map { $0 == request.method } ?? true)
                    && (rule.path.map { $0 == request.path } ?? true)
                    && (rule.userAgent.map { $0 == request.userAgent ?? "" } ?? true)
            }
        }
        let isByAgent = rules.contains { $0.userAgent != nil }
        var (attack, usual) = (0, 0)
        for number in 0..<2000 {
            let request = SampledRequest(
                address: Traffic.address(number % 200, network: 200), method: "GET", path: "/search",
                userAgent: isByAgent ? "bot/1.0" : traffic.pick(Traffic.agents))
            if matches(request) { attack += 1 }
            if matches(traffic.usual()) { usual += 1 }
        }
        return (Double(attack) / 2000, Double(usual) / 2000)
    }

    @Test func eventsAreAttacksByTheirNumberAlone() throws {
        for vector in AttackVector.allCases where vector != .requestFlood {
            var watched = Watched(learning: 1440, seed: 13)
            for _ in 0..<20 {
                #expect(watched.pass(10) { watch, _ in watch.note(vector, count: 3) }?.attack == nil)
            }
            let outcome = try #require(watched.pass(10) { watch, _ in watch.note(vector, count: 10_000) })
            #expect(outcome.attack?.vectors == [vector])
            #expect(outcome.rules.isEmpty)
        }
    }

    @Test func anAttackTeachesNothing() {
        var (watched, _) = learnt(seed: 14)
        let before = watched.watch.baseline
        for _ in 0..<5 { _ = watched.pass(30) { Self.flood($0, &$1, 4_000) } }
        #expect(watched.watch.baseline == before)
    }

    /// Of a longer silence than an hour nobody knows whether the server was there.
    @Test func minutesThatNobodyEndedWereQuiet() {
        var watched = Watched(learning: 1440, seed: 15)
        for (silence, sum) in [(1, 3), (30, 35), (59, 96), (60, 158), (1440, 221)] {
            _ = watched.pass(30)
            _ = watched.watch.endMinute(at: Double(watched.minute + silence) * 60)
            watched.minute += silence
            _ = watched.pass(30)
            #expect(watched.watch.baseline.minutes == sum)
        }
        #expect(watched.watch.endMinute(at: Double(watched.minute) * 60 + 30) == nil)
        #expect(watched.watch.endMinute(at: .nan) == nil)
    }

    @Test func heavyHittersFindWhatIsFrequent() {
        var random = Randomness(seed: 16)
        var hitters = HeavyHitters(capacity: 50)
        for number in 0..<20_000 {
            let value = number % 4 == 0 ? "heavy \(random.below(5))" : "light \(random.below(50_000))"
            hitters.add(Array(value.utf8))
        }
        #expect(Set(hitters.top(5).map(\.value)) == Set((0..<5).map { "heavy \($0)" }))
    }

    @Test func whatWasLearntCanBeKept() throws {
        let (watched, _) = learnt(seed: 17)
        let data = try JSONCoding.encode(watched.watch.baseline)
        #expect(try JSONCoding.decode(Baseline.self, from: data) == watched.watch.baseline)
    }
}
