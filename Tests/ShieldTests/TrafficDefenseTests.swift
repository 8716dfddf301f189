import FoundationEssentials
import Shield
import Synchronization
import Testing
import WAF

@testable import ShieldService

@Suite struct TrafficDefenseTests {
    /// What the web ACL blocks is answered at once. An application that takes its time is not slow because of that.
    @Test func whatIsBlockedTellsNothingOfTheApplication() throws {
        let defense = TrafficDefense()
        let bad = try #require(IPAddress("192.0.2.1"))
        var number = 0
        for second in 0..<60 {
            let time = 1000 + Double(second)
            var people: [IPAddress] = []
            for _ in 0..<20 {
                number += 1
                let client = try #require(IPAddress("10.\(number % 20).\(number / 250).\(number % 250)"))
                #expect(defense.admits(WebRequest(address: "\(client)"), for: "shop", at: time), "\(second)")
                people.append(client)
            }
            for blocked in 0..<(20..<40 ~= second ? 450 : 0) {
                let now = time + Double(blocked) / 500
                #expect(defense.admits(WebRequest(address: "\(bad)"), for: "shop", at: now))
                defense.answered(from: bad, for: "shop", status: 403, wasForwarded: false, at: now)
                defense.ended(from: bad, for: "shop")
            }
            for client in people {
                defense.answered(from: client, for: "shop", status: 200, wasForwarded: true, at: time + 0.99)
                defense.ended(from: client, for: "shop")
            }
        }
        #expect(defense.refusals.requests == 0)
    }

    /// Servers that are gone are no overload; one that has too much to do with many is.
    @Test(arguments: [502, 503]) func onlyTooMuchMakesBudgetsSmaller(status: Int) throws {
        let defense = TrafficDefense()
        for number in 0..<600 {
            let time = 1000 + Double(number) / 10
            let client = try #require(IPAddress("10.\(number % 10).0.1"))
            _ = defense.admits(WebRequest(address: "\(client)"), for: "shop", at: time)
            defense.answered(from: client, for: "shop", status: status, wasForwarded: true, at: time)
            defense.ended(from: client, for: "shop")
        }
        let load = try #require(defense.loads(at: 1060)["shop"])
        #expect(status == 502 ? load.permille == 1000 : load.permille < 100)
    }

    /// A connection is of all applications until a request has come by it. What can't be told now is told later.
    @Test func whatAMinuteHasBroughtIsToldOnce() throws {
        let defense = TrafficDefense()
        let (shop, branch) = ("shop", "branch")
        #expect(defense.untoldMinutes(of: [shop, branch], at: 600).isEmpty)
        for _ in 0..<50 { defense.noted(.connectionFlood, for: nil) }
        for _ in 0..<40 { defense.sees(WebRequest(address: "192.0.2.1"), for: shop) }
        #expect(defense.untoldMinutes(of: [shop, branch], at: 659).isEmpty)
        let told = defense.untoldMinutes(of: [shop, branch], at: 660)
        #expect(told.map(\.application) == [shop, branch] && told.map(\.minute) == [10, 10])
        #expect(told.map(\.traffic.requests) == [40, 0])
        #expect(told.allSatisfy { $0.traffic.count(.connectionFlood) == 10 && $0.node == told.first?.node })
        defense.keep(untold: told)
        #expect(defense.untoldMinutes(of: [shop, branch], at: 720) == told)
        #expect(defense.untoldMinutes(of: [shop, branch], at: 780).isEmpty)
    }

    /// Who has a new address, or has had none of it for a day, is nobody that is known for an attack.
    @Test func offendersAreForgottenAfterADay() throws {
        func contents(_ addresses: String) throws -> MitigationContents {
            let json = #"{"action":"block","entries":[{"action":"block","rule":{"addresses":[\#(addresses)]}}]}"#
            return try JSONCoding.decode(MitigationContents.self, from: Data(json.utf8))
        }
        let (first, second) = try (contents(#""192.0.2.1/32","192.0.2.2/32""#), contents(#""192.0.2.2/32""#))
        var written = WrittenRules(ruleGroup: "group", contents: first)
        func write(_ contents: MitigationContents, _ time: Double, most: Int = 10) {
            let offenders = written.offenders(with: contents, at: time, most: most)
            written = WrittenRules(ruleGroup: "group", contents: contents, offenders: offenders)
        }
        write(first, 0)
        write(second, 1000)
        #expect(written.offenders == ["192.0.2.1/32": 0, "192.0.2.2/32": 1000])
        #expect(!written.isOutdated(at: 86_400) && written.isOutdated(at: 86_401))
        #expect(written.offenders(with: second, at: 1000, most: 1) == ["192.0.2.2/32": 1000])
        write(try contents(""), 86_401)
        #expect(written.offenders == ["192.0.2.2/32": 1000])
    }

    /// Whoever does what no honest client does is banned when Shield lets it in no more, and until it does again.
    @Test func bansAreToldTheFilter() throws {
        let (defense, filter) = (TrafficDefense(), Filter())
        defense.use(filter)
        let bad = try #require(IPAddress("192.0.2.1"))
        for number in 0..<5 { defense.offended(bad, at: 1000 + Double(number)) }
        #expect(filter.banned.isEmpty && defense.admitsConnection(from: bad, at: 1005))
        defense.offended(bad, at: 1005)
        let seconds = try #require(filter.banned[.client(bad)])
        #expect(!defense.admitsConnection(from: bad, at: 1004.9 + seconds))
        #expect(defense.admitsConnection(from: bad, at: 1005.1 + seconds))
    }

    /// Who takes his answers slowly gets no more of them, and nobody else gets less because of that.
    @Test func whoeverTakesNothingGetsNoMore() throws {
        let defense = TrafficDefense()
        let (slow, good) = (try #require(IPAddress("192.0.2.1")), try #require(IPAddress("198.51.100.1")))
        var got = 0
        for number in 0..<500 {
            let time = 1000 + Double(number) / 10
            let isIn = defense.admits(WebRequest(address: "\(slow)"), for: "shop", at: time)
            defense.answered(from: slow, for: "shop", status: isIn ? 200 : 429, wasForwarded: isIn, at: time)
            if isIn { got += 1 } else { defense.ended(from: slow, for: "shop") }
            #expect(defense.admits(WebRequest(address: "\(good)"), for: "shop", at: time))
            defense.answered(from: good, for: "shop", status: 200, wasForwarded: true, at: time)
            defense.ended(from: good, for: "shop")
        }
        #expect(got == 128 && defense.refusals.requests == 500 - 128)
        let load = try #require(defense.loads(at: 1050)["shop"])
        #expect(load.requests == 128 && load.permille == 1000)
        defense.ended(from: slow, for: "shop")
        #expect(defense.admits(WebRequest(address: "\(slow)"), for: "shop", at: 1050))
    }

    /// Packets that were dropped are none of nobody: whoever is kept out goes on asking.
    @Test func whatIsKeptOutIsNoSYNFlood() async {
        let (defense, filter) = (TrafficDefense(), Filter())
        defense.use(filter)
        #expect(defense.untoldMinutes(of: ["shop"], at: 60).isEmpty)
        filter.count(PacketCounts(asked: 20_000, banned: 9000, tooMany: 8000))
        for _ in 0..<2900 { defense.connectionArrived() }
        await defense.countPackets(for: ["shop"])
        let minutes = defense.untoldMinutes(of: ["shop"], at: 120)
        #expect(minutes.map { $0.traffic.count(.synFlood) } == [100] && minutes.map(\.traffic.dropped) == [17_000])
    }

    /// Packets of connections that come are no attack, however many.
    @Test func packetsWithoutConnectionsAreASYNFlood() async {
        for opened in [0, 10_000] {
            let (defense, filter) = (TrafficDefense(), Filter())
            defense.use(filter)
            #expect(defense.untoldMinutes(of: ["shop"], at: 60).isEmpty)
            filter.count(PacketCounts(asked: 10_000, tooMany: 300))
            for _ in 0..<opened { defense.connectionArrived() }
            await defense.countPackets(for: ["shop"])
            var (assessment, random) = (Assessment(), Randomness(seed: 1))
            let attack = defense.untoldMinutes(of: ["shop"], at: 120).compactMap { minute in
                assessment.take(
                    minute.traffic, of: minute.minute, Assessment.Settings(), usual: UsualRequests(), blocks: false,
                    &random
                ).attack
            }.first
            #expect(attack?.vectors == (opened == 0 ? [.synFlood] : nil))
            #expect(attack?.mitigations == (opened == 0 ? ["NETWORK_FILTER"] : nil))
            #expect(defense.packetCounts == PacketCounts(asked: 10_000, tooMany: 300))
        }
    }

    /// What is for no application costs a client its own budget, and nobody else's.
    @Test func straysHaveABudget() throws {
        let defense = TrafficDefense()
        let (bad, other) = (try #require(IPAddress("192.0.2.1")), try #require(IPAddress("192.0.2.2")))
        let admitted = (0..<5000).count { _ in defense.admitsStray(from: bad, at: 1000) }
        #expect(admitted == 500 && defense.refusals.requests == 4500)
        #expect(defense.admitsStray(from: other, at: 1000) && !defense.admitsStray(from: bad, at: 1000))
        #expect((0..<100).count { _ in defense.admitsStray(from: bad, at: 1001) } == 50)
        #expect(defense.admits(WebRequest(address: "192.0.2.1"), for: "shop", at: 1000))
    }

    /// What is done before anybody knows for which application counts for each of them, when its minute ends.
    @Test func whatIsForNobodyInParticularCountsForAll() throws {
        let defense = TrafficDefense()
        let request = WebRequest(address: "192.0.2.1")
        defense.noted(.connectionFlood, for: nil)
        for arn in ["shop", "bank"] { _ = defense.admits(request, for: arn, at: 60) }
        for minute in 1...90 { _ = defense.untoldMinutes(of: ["shop", "bank"], at: Double(minute) * 60) }
        for _ in 0..<200_000 { defense.noted(.connectionFlood, for: nil) }
        let minutes = defense.untoldMinutes(of: ["shop", "bank"], at: 91 * 60)
        #expect(Set(minutes.map(\.application)) == ["shop", "bank"])
        for minute in minutes { #expect(minute.traffic.count(.connectionFlood) == 200_000) }
    }
}

/// Remembers what it is told.
private final class Filter: PacketFiltering {
    private let state = Mutex<(banned: [ClientKey: Double], counts: PacketCounts)>(([:], PacketCounts()))

    var banned: [ClientKey: Double] { state.withLock { $0.banned } }
    func ban(_ client: ClientKey, for seconds: Double) { state.withLock { $0.banned[client] = seconds } }
    func count(_ counts: PacketCounts) { state.withLock { $0.counts = counts } }
    func counts() async -> PacketCounts? { state.withLock { $0.counts } }
}
