import Testing
import WAF

@testable import Shield

@Suite struct FairnessTests {
    @Test func aFullApplicationStillLetsNewcomersIn() {
        let share = FairShare(limit: 64)
        let bad = (0..<200).map { Traffic.address($0, network: 3) }
        var inside: [IPAddress] = []
        for _ in 0..<20 { for client in bad where share.enter(client) { inside.append(client) } }
        #expect(inside.count <= 80)
        let good = (0..<10).map { Traffic.address($0, network: 20 + $0) }
        #expect(good.count { share.enter($0) } == 10)
        for client in inside { share.leave(client) }
        for client in good { share.leave(client) }
        #expect(share.count == 0)
        // Whoever leaves without having been in changes nothing.
        share.leave(bad[0])
        #expect(share.count == 0)
    }

    /// Whatever comes and goes, the number of those inside is bounded, and returns to nothing.
    @Test(arguments: 1...5) func sharesAddUp(seed: Int) {
        var random = Randomness(seed: UInt64(seed))
        let limit = 4 + random.below(100)
        let share = FairShare(limit: limit)
        var inside: [IPAddress] = []
        for _ in 0..<5000 {
            if random.below(5) < 3 {
                let client = Traffic.address(random.below(40), network: random.below(6))
                if share.enter(client) { inside.append(client) }
            } else if !inside.isEmpty {
                share.leave(inside.remove(at: random.below(inside.count)))
            }
            #expect(share.count == inside.count && inside.count <= limit + max(1, limit / 4))
        }
    }

    /// An application that answers 200 a second; 200 who ask as often as they can, and 20 who were there before and ask twice.
    @Test func thoseWhoWereThereBeforeComeFirst() {
        let share = FairShare(limit: 256)
        let good = (0..<20).map { Traffic.address($0, network: $0) }
        let bad = (0..<200).map { Traffic.address($0, network: 30 + $0) }
        var (waiting, asked, answered) = ([(client: IPAddress, isGood: Bool)](), 0, 0)
        var time = 10_000.0
        for tick in 0..<6000 {
            time += 0.01
            if tick % 50 < 40, tick % 2 == 0 {
                let client = good[tick % 50 / 2]
                if tick >= 2000 { asked += 1 }
                if share.enter(client, at: time) { waiting.append((client, true)) }
            }
            if tick >= 800 {
                for client in bad where tick % 10 == 0 {
                    if share.enter(client, at: time) { waiting.append((client, false)) }
                }
            }
            for _ in 0..<min(2, waiting.count) {
                let done = waiting.removeFirst()
                share.leave(done.client, at: time)
                if done.isGood, tick >= 2000 { answered += 1 }
            }
        }
        #expect(Double(answered) >= 0.95 * Double(asked), "\(answered) of \(asked)")
        #expect(share.limit < 128)
    }

    /// Whoever comes first has no more than a part either, however often more is refused.
    @Test func refusalsFreeNoPlaces() throws {
        let share = FairShare(limit: 64)
        let (early, crowd) = (Traffic.address(1, network: 1), (0..<200).map { Traffic.address($0, network: 2) })
        #expect(share.enter(early, at: 1000))
        share.leave(early, at: 1000.1)
        // There is too much: others are refused.
        var inside: [IPAddress] = []
        for client in crowd where share.enter(client, at: 1010) { inside.append(client) }
        #expect(inside.count < crowd.count)
        for client in inside { share.leave(client, at: 1010.9) }
        _ = share.enter(crowd[0], at: 1011.1)
        var got = 0
        for _ in 0..<1000 {
            if share.enter(early, at: 1011.2) {
                got += 1
            } else {
                share.enterRegardless(early)
                share.leave(early, at: 1011.2, wasAnswered: false)
            }
        }
        #expect((4...16).contains(got), "\(got)")
        for _ in 0..<got { share.leave(early, at: 1011.3) }
        #expect(share.enter(early, at: 1011.4))
    }

    /// Two seconds of files that are there at once don't make an application slow that needs a second for each answer.
    @Test func someQuickAnswersAreNotWhatIsUsual() {
        let share = FairShare(limit: 256)
        let (people, other) = ((0..<20).map { Traffic.address($0, network: $0) }, Traffic.address(1, network: 99))
        for second in 0..<40 {
            let time = 1000 + Double(second)
            for client in people { #expect(share.enter(client, at: time), "\(second)") }
            for number in 0..<(20..<22 ~= second ? 500 : 0) {
                let now = time + Double(number) / 600
                #expect(share.enter(other, at: now))
                share.leave(other, at: now)
            }
            for client in people { share.leave(client, at: time + 0.99) }
        }
        #expect(share.limit == 256)
    }

    /// A client that asks for much and gets it slowly is let in, as long as nobody else asks.
    @Test func whoeverIsAloneTakesRoomFromNobody() {
        let (share, only) = (FairShare(limit: 256), Traffic.address(1, network: 1))
        for second in 0..<30 {
            let time = 1000 + Double(second)
            for number in 0..<(second < 10 ? 5 : 100) {
                #expect(share.enter(only, at: time), "\(second)")
                if second < 10 { share.leave(only, at: time + Double(number) / 1000) }
            }
            if second >= 10 { for _ in 0..<100 { share.leave(only, at: time + 0.99) } }
        }
        #expect(share.limit == 256)
    }

    /// Whoever takes long answers slowly gets no more than his part of what is short, and keeps nobody else from it.
    @Test func longAnswersCountForTheirClients() {
        let share = FairShare(limit: 16)
        let (bad, good) = (Traffic.address(1, network: 1), Traffic.address(1, network: 2))
        for _ in 0..<1000 {
            guard share.enter(bad) else { break }
            share.answer(bad)
        }
        #expect(share.count == 1000, "as long as there is room, anybody may have what is there")
        // There is no more room for all.
        let others = (0..<8).map { Traffic.address(1, network: 10 + $0) }
        for other in others { #expect(share.enter(other)) }
        #expect(!share.enter(bad) && share.enter(good))
        for _ in 0..<1000 { share.end(bad) }
        #expect(share.enter(bad) && share.count == 10)
        // What was not let in, or has ended, ends nothing.
        for _ in 0..<10 { share.end(bad) }
        #expect(share.count == 10)
        for client in others + [bad, good] { share.leave(client) }
        #expect(share.count == 0)
    }

    /// A browser's hundred answers are few enough; who has more has to take some first, and so has a network of many.
    @Test func whoeverTakesNothingIsBehind() throws {
        let share = FairShare(limit: 256)
        let (bad, good) = (Traffic.address(1, network: 1), Traffic.address(2, network: 1))
        func fill(_ address: IPAddress, _ number: Int) {
            for _ in 0..<number {
                #expect(share.enter(address))
                share.answer(address)
            }
        }
        fill(bad, 127)
        // Whoever waits for the application takes nothing slowly.
        for _ in 0..<10 { #expect(share.enter(bad)) }
        #expect(!share.isBehind(bad))
        share.answer(bad)
        #expect(share.isBehind(bad) && !share.isBehind(good))
        share.end(bad)
        #expect(!share.isBehind(bad))
        let network = try (0..<4).map { try #require(IPAddress("2001:db8:0:\($0)::1")) }
        for client in network { fill(client, 128) }
        let (next, other) = (try #require(IPAddress("2001:db8:0:9::1")), try #require(IPAddress("2001:db8:1::1")))
        #expect(share.isBehind(next) && !share.isBehind(other) && !share.isBehind(good))
        share.end(network[0])
        #expect(!share.isBehind(next) && !share.isBehind(network[0]) && share.isBehind(network[1]))
    }
}
