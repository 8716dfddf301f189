import FoundationEssentials
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
            }
            for client in people {
                defense.answered(from: client, for: "shop", status: 200, wasForwarded: true, at: time + 0.99)
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
}
