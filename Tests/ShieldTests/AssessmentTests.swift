import Testing
import WAF

@testable import Shield

/// What must not be taken for an attack, and what must not be done to those who have no part in one.
@Suite struct AssessmentTests {
    private static let floor = 600

    private func learnt(_ mean: Int = 40, minutes: Int = 205, seed: UInt64) -> Watched {
        var watched = Watched(learning: 200, seed: seed)
        for _ in 0..<minutes { _ = watched.pass(mean) }
        return watched
    }

    private static func flood(
        _ watch: AssessedWatch, _ number: Int, agent: String? = "bot/1.0", path: String = "/search",
        method: String = "GET", addresses: Int = 200
    ) {
        for place in 0..<number {
            let request = SampledRequest(
                address: Traffic.address(place % addresses, network: 200), method: method, path: path, userAgent: agent)
            watch.note { request }
        }
    }

    // MARK: False alarms

    @Test(arguments: [21]) func aSuccessThatGrowsIsNoAttack(seed: UInt64) {
        var watched = learnt(seed: seed)
        var mean = 40.0
        while mean < 700 {
            mean *= 1.06
            #expect(watched.pass(Int(mean))?.attack == nil, "\(mean)")
        }
    }

    /// For a day nobody came, since nobody knew of it.
    @Test func anApplicationThatBeginsToBeUsedIsNotAttacked() {
        var watched = Watched(learning: 1440, seed: 23)
        _ = watched.pass(0)
        _ = watched.watch.endMinute(at: Double(watched.minute + 2000) * 60)
        watched.minute += 2001
        _ = watched.watch.endMinute(at: Double(watched.minute) * 60)
        for _ in 0..<2 { #expect(watched.pass(800)?.attack == nil) }
    }

    /// Somebody has tried it out, and switched the machine off until the next day. Then people come.
    @Test func aDayInWhichTheServerWasOffTeachesNothing() {
        var watched = Watched(learning: 1440, seed: 22)
        for _ in 0..<3 {
            _ = watched.pass(0) { watch, _ in Self.flood(watch, 50, agent: "curl/8", path: "/", addresses: 1) }
        }
        _ = watched.watch.endMinute(at: Double(watched.minute + 1500) * 60)
        watched.minute += 1500
        _ = watched.watch.endMinute(at: Double(watched.minute) * 60)
        for _ in 0..<2 { #expect(watched.pass(900)?.attack == nil) }
    }

    /// For a day only its monitor came. Nobody knows yet what people send, so that no rule says anything of it.
    @Test func aMonitorIsNotWhatPeopleAreMeasuredBy() {
        var watched = Watched(learning: 200, seed: 24)
        for _ in 0..<250 {
            _ = watched.pass(0) { watch, _ in Self.flood(watch, 2, agent: "monitor", path: "/health", addresses: 1) }
        }
        for _ in 0..<2 {
            let rules = watched.pass(800)?.rules ?? []
            #expect(rules.allSatisfy { $0.addresses != nil }, "\(rules)")
        }
    }

    @Test func connectionsThatBringRequestsAreNoFlood() {
        var minute = MinuteSummary()
        let traffic = counted { $0.add(.connectionFlood, count: 9000) }
        minute.add(traffic)
        minute.discount(.connectionFlood, by: 8990)
        #expect(minute.count(.connectionFlood) == 10)
        minute.discount(.connectionFlood, by: 8990)
        #expect(minute.count(.connectionFlood) == 0)
        minute.discount(.connectionFlood, by: -1)
        #expect(minute.isEmpty)
    }

    private func counted(_ count: (inout MinuteTraffic) -> Void) -> MinuteSummary {
        var traffic = MinuteTraffic(random: Randomness(seed: 1))
        count(&traffic)
        return MinuteSummary(traffic)
    }

    // MARK: What is told

    /// With a handful of requests each minute is made of something else than the day.
    @Test(arguments: [25, 26]) func aQuietNightHidesNoFlood(seed: UInt64) {
        var watched = learnt(60, seed: seed)
        for _ in 0..<200 { _ = watched.pass(3) }
        #expect(watched.pass(3) { watch, _ in Self.flood(watch, 1200) }?.hasBegun == true)
    }

    /// Neither what was learnt nor by what rules are made is lost.
    @Test func whatWasLearntHoldsAfterARestart() throws {
        let before = learnt(seed: 27)
        var after = Watched(learning: 200, seed: 28)
        let assessment = try JSONCoding.decode(Assessment.self, from: JSONCoding.encode(before.watch.assessment))
        let usual = try JSONCoding.decode(UsualRequests.self, from: JSONCoding.encode(before.watch.usual))
        #expect(assessment == before.watch.assessment && usual == before.watch.usual)
        after.watch.restore(assessment, usual)
        after.minute = before.minute + 3
        _ = after.watch.endMinute(at: Double(after.minute) * 60)
        #expect(after.pass(40)?.attack == nil)
        let outcome = try #require(after.pass(40) { watch, _ in Self.flood(watch, 1500, addresses: 20_000) })
        #expect(outcome.hasBegun && outcome.rules.contains { $0.userAgent == "bot/1.0" })
    }

    /// Each node has too little to be unusual; together they have not.
    @Test func nodesAreLookedAtTogether() throws {
        var (assessment, usual, random) = (Assessment(), UsualRequests(), Randomness(seed: 29))
        var settings = Assessment.Settings()
        settings.learning = 100
        var (nodes, minute) = ([Watched(learning: 1, seed: 30), Watched(learning: 1, seed: 31)], 30_000_000)
        func pass(_ more: Int) -> Assessment.Outcome {
            var sum = MinuteSummary()
            for place in nodes.indices {
                for _ in 0..<20 {
                    let request = nodes[place].traffic.usual()
                    nodes[place].watch.note { request }
                }
                Self.flood(nodes[place].watch, more)
                let taken = nodes[place].watch.watch.takeMinute(at: Double(minute + 1) * 60)
                if let taken { sum.add(taken.traffic) }
            }
            minute += 1
            let outcome = assessment.take(sum, of: minute - 1, settings, usual: usual, &random)
            assessment.keepSamples(in: &usual, &random)
            return outcome
        }
        for _ in 0..<120 { #expect(pass(0).attack == nil) }
        #expect(assessment.baseline.requests.mean == 40)
        let outcome = pass(Self.floor - 100)
        let report = try #require(outcome.attack)
        #expect(outcome.requests == 2 * (Self.floor - 100) + 40 && outcome.hasBegun)
        #expect(report.counters["REQUEST_FLOOD"]?.sum == Double(outcome.requests))
        let agents = report.properties.first { $0.identifier == "SOURCE_USER_AGENT" }
        #expect(agents?.contributors.first == AttackProperty.Contributor(name: "bot/1.0", value: 2 * Self.floor - 200))
        #expect(outcome.rules.contains { $0.userAgent == "bot/1.0" })
        // Another node goes on from what is kept.
        let kept = try JSONCoding.encode(assessment)
        assessment = try JSONCoding.decode(Assessment.self, from: kept)
        #expect(pass(Self.floor).attack?.counters["REQUEST_FLOOD"]?.minutes == 2)
    }

    /// Samples of a node that has most of the requests are most of the samples.
    @Test func samplesOfNodesAreInProportion() throws {
        func node(_ number: Int, _ agent: String) -> MinuteSummary {
            counted { traffic in
                for _ in 0..<number {
                    traffic.add {
                        SampledRequest(
                            address: Traffic.address(1, network: 1), method: "GET", path: "/", userAgent: agent)
                    }
                }
            }
        }
        for (first, second) in [(9000, 1000), (1000, 9000), (100, 100), (5000, 20), (0, 5)] {
            var sum = node(first, "first")
            sum.add(node(second, "second"))
            let share = Double(sum.samples.count { $0.userAgent == "first" }) / Double(sum.samples.count)
            #expect(abs(share - Double(first) / Double(first + second)) < 0.02, "\(first) \(second)")
            #expect(sum.samples.count <= 520 && sum.requests == first + second)
            #expect(try JSONCoding.decode(MinuteSummary.self, from: JSONCoding.encode(sum)) == sum)
        }
    }

    // MARK: The end

    @Test func whatGoesOnForTooLongIsWhatIsUsualNow() {
        var settings = AssessedWatch.Settings()
        (settings.learning, settings.longest) = (200, 20)
        var watched = learnt(seed: 32)
        let watch = AssessedWatch(settings, seed: 33)
        watch.restore(watched.watch.assessment, watched.watch.usual)
        watched = Watched(watch, minute: watched.minute, seed: 34)
        var minutes = 0
        while minutes < 40,
            watched.pass(
                40,
                {
                    Self.flood($0, 1500)
                    _ = $1
                })?.attack != nil
        { minutes += 1 }
        #expect((20...24).contains(minutes))
        #expect(watched.pass(40) { watch, _ in Self.flood(watch, 1500) }?.rules == [])
    }

    /// Who attacks in turns finds the rules still there, a little longer each time.
    @Test func anAttackThatComesAgainIsOverLater() {
        var watched = learnt(seed: 35)
        for calm in [2, 4, 8] {
            #expect(watched.pass(40) { watch, _ in Self.flood(watch, 1200) }?.hasBegun == true)
            for minute in 1..<calm {
                let outcome = watched.pass(40)
                #expect(outcome?.attack?.end == nil && outcome?.rules.isEmpty == false, "\(calm) \(minute)")
            }
            let end = watched.pass(40)
            #expect(end?.attack?.end != nil && end?.rules == [])
            #expect(watched.pass(40)?.attack == nil)
        }
        for _ in 0..<61 { _ = watched.pass(40) }
        _ = watched.pass(40) { watch, _ in Self.flood(watch, 1200) }
        _ = watched.pass(40)
        #expect(watched.pass(40)?.attack?.end != nil)
    }

    @Test func theEndOfAFloodIsNotLearnt() {
        var watched = learnt(seed: 36)
        let before = watched.watch.baseline
        _ = watched.pass(40) { watch, _ in Self.flood(watch, 1200) }
        _ = watched.pass(40) { watch, _ in Self.flood(watch, 300) }
        #expect(watched.pass(40) { watch, _ in Self.flood(watch, 300) }?.attack?.end != nil)
        #expect(watched.watch.baseline == before)
    }

    // MARK: Rules

    /// Whatever a flood is made of, its rules hit hardly anybody else.
    @Test(arguments: [41]) func rulesLeaveOthersAlone(seed: UInt64) throws {
        var watched = learnt(60, seed: seed)
        let agents: [String?] = ["bot/1.0", nil, Traffic.agents[0], Traffic.agents[3], ""]
        for agent in agents {
            for path in ["/search", "/", "/" + String(repeating: "long", count: 70)] {
                for method in ["GET", "PUT"] {
                    let outcome = try #require(
                        watched.pass(60) { watch, _ in
                            Self.flood(watch, 800, agent: agent, path: path, method: method, addresses: 20_000)
                        })
                    #expect(outcome.attack != nil)
                    let matchers = outcome.rules.map { $0.matcher() }
                    let hits = (0..<200).count { _ in
                        let request = watched.traffic.usual()
                        return matchers.contains { $0(request) }
                    }
                    #expect(hits <= 8, "\(outcome.rules) hit \(hits) of 200")
                    #expect(outcome.rules.count <= 5)
                }
            }
        }
    }

    /// A web ACL looks for 200 bytes: two clients that begin in the same way are one for it.
    @Test func longTextsAreComparedAsTheWebACLDoes() throws {
        let beginning = "Mozilla/5.0 " + String(repeating: "x", count: 190)
        var watched = Watched(learning: 200, seed: 44)
        for _ in 0..<220 {
            _ = watched.pass(20) { watch, traffic in
                for _ in 0..<20 {
                    var request = traffic.usual()
                    request.userAgent = beginning + " good"
                    watch.note { request }
                }
            }
        }
        let outcome = try #require(
            watched.pass(20) { watch, _ in Self.flood(watch, 1200, agent: beginning + " bad", path: "/products") })
        let good = SampledRequest(
            address: Traffic.address(1, network: 1), method: "GET", path: "/cart", userAgent: beginning + " good")
        #expect(!outcome.rules.contains { $0.matcher()(good) })
        #expect(outcome.rules.allSatisfy { ($0.userAgent?.utf8.count ?? 0) <= 200 })
    }

    /// A byte that is no UTF-8 keeps nothing out of rules: they look for what is before it.
    @Test(arguments: [([0xFF], "/search"), ([0xC3, 0x28], "/\u{FFFD}")])
    func whatIsNoTextIsKnownByItsBeginning(bytes: [UInt8], path: String) throws {
        let agent = String(decoding: Array("bot/".utf8) + bytes + Array("x".utf8), as: UTF8.self)
        var watched = learnt(seed: 47)
        let outcome = try #require(
            watched.pass(40) { watch, _ in Self.flood(watch, 1200, agent: agent, path: path, addresses: 20_000) })
        let rule = try #require(outcome.rules.first { $0.userAgent != nil })
        #expect(MitigationRule.beginning(of: rule.userAgent ?? "") == "bot/")
        var request = SampledRequest(
            address: Traffic.address(1, network: 1), method: "GET", path: path, userAgent: "bot/\u{FFFD}other")
        #expect(rule.matcher()(request))
        request.userAgent = "bot"
        #expect(!rule.matcher()(request))
        // Of what has no beginning nothing can be said.
        let nothing = String(decoding: bytes, as: UTF8.self)
        #expect(!MitigationRule(userAgent: nothing).saysSomething && MitigationRule(userAgent: "").saysSomething)
        #expect(MitigationRule.beginning(of: "bot/1.0") == nil)
    }

    @Test func samplesAreShortWhateverTheyAreOf() throws {
        let values: [([UInt8], Int)] = [(Array(repeating: 0xFF, count: 256), 255), (Array("ab\u{E9}".utf8), 4)]
        for (bytes, count) in values {
            let headers = [WebRequest.Header(name: Array("User-Agent".utf8), value: bytes)]
            let sample = try #require(SampledRequest(WebRequest(path: "/", headers: headers, address: "192.0.2.1")))
            #expect(sample.userAgent?.utf8.count == count)
        }
        let long = String(repeating: "a", count: 253) + "\u{1F600}\u{1F600}"
        let sample = try #require(SampledRequest(WebRequest(path: long, address: "192.0.2.1")))
        #expect(sample.path == String(repeating: "a", count: 253) + "\u{FFFD}")
    }

    /// Of version 6 a client has as many addresses as it likes: it is one by its network.
    @Test func aNetworkOfVersion6IsOneClient() throws {
        var watched = learnt(seed: 46)
        let outcome = try #require(
            watched.pass(40) { watch, traffic in
                for _ in 0..<1200 {
                    var request = traffic.usual()
                    request.path = "/search"
                    request.address = IPAddress("2001:db8:1:2:3::\(String(traffic.random.below(65_536), radix: 16))")!
                    watch.note { request }
                }
            })
        #expect(outcome.rules.first?.addresses == ["2001:db8:1:2::/64"])
    }

    @Test func rulesOfBothTurnsStay() {
        var watched = learnt(seed: 45)
        for turn in 0..<4 {
            let agent = "bot/\(turn % 2)"
            _ = watched.pass(40) { watch, _ in Self.flood(watch, 1200, agent: agent, addresses: 9000) }
        }
        let agents = Set(watched.watch.assessment.rules.map(\.userAgent))
        #expect(agents == ["bot/0", "bot/1"])
    }

    @Test func aFewSamplesAllowNoRuleButOfAddresses() {
        let bad = (0..<500).map {
            SampledRequest(address: Traffic.address($0, network: 200), method: "GET", path: "/x", userAgent: "bot")
        }
        let good = (0..<2000).map {
            SampledRequest(address: Traffic.address($0, network: 1), method: "GET", path: "/", userAgent: "b")
        }
        for (known, expected) in [(0, 0), (5, 0), (100, 0), (200, 1), (2000, 1)] {
            let search = MitigationSearch(present: bad, usual: Array(good.prefix(known)), growth: 50)
            #expect(search.rules(clients: []).count == expected, "\(known)")
        }
    }
}
