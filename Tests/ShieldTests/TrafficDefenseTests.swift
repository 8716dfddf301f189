import Shield
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
        for minute in 1...90 {
            for arn in ["shop", "bank"] { _ = defense.endMinute(of: arn, at: Double(minute) * 60) }
        }
        for _ in 0..<200_000 { defense.noted(.connectionFlood, for: nil) }
        for arn in ["shop", "bank"] {
            let outcome = try #require(defense.endMinute(of: arn, at: 91 * 60))
            #expect(outcome.attack?.vectors == [.connectionFlood])
            #expect(outcome.attack?.counters[AttackVector.connectionFlood.rawValue]?.sum == 200_000)
        }
    }
}
