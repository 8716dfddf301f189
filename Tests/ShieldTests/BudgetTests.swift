import Testing
import WAF

@testable import Shield

@Suite struct BudgetTests {
    private let budget = Budget(perSecond: 10, burst: 20)

    @Test func aBucketGivesItsBurstAndThenItsRate() throws {
        let buckets = TokenBuckets(capacity: 1024)
        let key = ClientKey.client(try #require(IPAddress("192.0.2.1")))
        let first = (0..<100).count { _ in buckets.take(key, budget, at: 1000) }
        #expect(first == 20)
        let later = (0..<100).count { _ in buckets.take(key, budget, at: 1001) }
        #expect(later == 10)
        // It never has more than its burst, however long nothing was taken.
        #expect(buckets.level(key, budget, at: 5000) == 20)
        // A clock that goes back gives nothing.
        #expect((0..<100).count { _ in buckets.take(key, budget, at: 5000) } == 20)
        #expect((0..<100).count { _ in buckets.take(key, budget, at: 4000) } == 0)
    }

    /// Over any time, nobody gets more than the burst and what has come back since.
    @Test(arguments: 1...5) func noClientEverGetsMoreThanItsBudget(seed: Int) throws {
        let buckets = TokenBuckets(capacity: 4096)
        var random = Randomness(seed: UInt64(seed))
        var time = 1_000_000.0
        var taken: [ClientKey: Int] = [:]
        let start = time
        for _ in 0..<20_000 {
            time += Double(random.below(100)) / 1000
            let key = ClientKey.client(Traffic.address(random.below(50), network: 1))
            if buckets.take(key, budget, at: time) { taken[key, default: 0] += 1 }
        }
        let most = budget.burst + (time - start + 0.02) * budget.perSecond
        for (key, number) in taken { #expect(Double(number) <= most, "\(key.cidr)") }
        // They asked for so much that each has got nearly all of it, or all that it asked for.
        #expect(taken.count == 50)
    }

    @Test func aFloodOfNewKeysFreesNobodyWhoHasUsedUpItsBudget() throws {
        let buckets = TokenBuckets(capacity: 1024)
        let abuser = ClientKey.client(try #require(IPAddress("192.0.2.1")))
        var got = 0
        for number in 0..<60_000 {
            if number % 10 == 0, buckets.take(abuser, budget, at: 1000) { got += 1 }
            _ = buckets.take(.client(Traffic.address(number, network: number / 65536)), budget, at: 1000)
        }
        #expect(got <= 40)
    }

    @Test func aNetworkHasABudgetOfItsOwnWhichAnAbuserDoesNotUseUp() throws {
        let budgets = ClientBudgets(
            client: Budget(perSecond: 10, burst: 10), network: Budget(perSecond: 50, burst: 50))
        let abuser = try #require(IPAddress("192.0.2.1"))
        #expect((0..<1000).count { _ in budgets.admits(abuser, at: 1000) } == 10)
        let neighbours = (2..<100).compactMap { IPAddress("192.0.2.\($0)") }
        // What the abuser was refused is still there for the others.
        #expect(neighbours.count { budgets.admits($0, at: 1000) } == 40)
        let elsewhere = try #require(IPAddress("198.51.100.1"))
        #expect(budgets.admits(elsewhere, at: 1000))
        // Of version 6, 64 bits are one client.
        let six = (0..<100).compactMap { IPAddress("2001:db8::\(String($0, radix: 16))") }
        #expect(six.count { budgets.admits($0, at: 1000) } == 10)
    }

    @Test func budgetsShrinkUnderPressureAndComeBack() throws {
        let budgets = ClientBudgets(
            client: Budget(perSecond: 100, burst: 100), network: Budget(perSecond: 1000, burst: 1000))
        let clients = (0..<100).map { Traffic.address(1, network: $0) }
        for second in 0..<20 {
            for client in clients { budgets.noted(hadRoom: false, for: client, at: 1000 + Double(second)) }
        }
        #expect(budgets.factor(at: 1020) < 0.02)
        for second in 20..<120 {
            for client in clients { budgets.noted(hadRoom: true, for: client, at: 1000 + Double(second)) }
        }
        #expect(budgets.factor(at: 1120) == 1)
        for second in 120..<140 {
            for client in clients { budgets.noted(hadRoom: false, for: client, at: 1000 + Double(second)) }
        }
        // Time alone does it, too.
        #expect(budgets.factor(at: 1260) == 1)
    }

    /// 200 attackers who ask without pause, and 20 clients who behave, before an application of so much a second.
    @Test(arguments: 1...2) func thoseWhoBehaveKeepTheirAnswersWhileABudgetIsUnderPressure(seed: Int) {
        var random = Randomness(seed: UInt64(seed))
        let budgets = ClientBudgets(
            client: Budget(perSecond: 100, burst: 200), network: Budget(perSecond: 4000, burst: 4000))
        let capacity = 500
        let good = (0..<20).map { Traffic.address($0, network: 1 + $0 % 5) }
        let bad = (0..<200).map { Traffic.address($0, network: 100) }
        var (asked, answered) = (0, 0)
        for second in 0..<60 {
            let time = 50_000 + Double(second)
            var room = capacity
            var all = good.flatMap { [IPAddress](repeating: $0, count: 2) }
            all += bad.flatMap { [IPAddress](repeating: $0, count: 100) }
            for index in all.indices.reversed() where index > 0 { all.swapAt(index, random.below(index + 1)) }
            for client in all {
                let isGood = good.contains(client)
                if isGood, second >= 20 { asked += 1 }
                guard budgets.admits(client, at: time) else { continue }
                budgets.noted(hadRoom: room > 0, for: client, at: time)
                guard room > 0 else { continue }
                room -= 1
                if isGood, second >= 20 { answered += 1 }
            }
        }
        #expect(Double(answered) >= 0.9 * Double(asked), "\(answered) of \(asked)")
    }

    /// An application of ten requests a second, and one who asks each second for what it can't do.
    @Test func whatIsTooMuchForOneNetworkTakesNothingFromOthers() {
        let budgets = ClientBudgets(
            client: Budget(perSecond: 500, burst: 1000), network: Budget(perSecond: 5000, burst: 5000))
        let (people, bad) = ((0..<9).map { Traffic.address(1, network: $0) }, Traffic.address(1, network: 99))
        for second in 0..<60 {
            let time = 1000 + Double(second)
            for client in people { budgets.noted(hadRoom: true, for: client, at: time) }
            budgets.noted(hadRoom: false, for: bad, at: time)
        }
        #expect(budgets.factor(at: 1060) == 1)
        // It is its own budget that gets less.
        for _ in 0..<90 {
            #expect(budgets.admits(bad, at: 1060))
            budgets.charge(bad, cost: 10, at: 1060)
        }
        #expect(!(0..<11).allSatisfy { _ in budgets.admits(bad, at: 1060) })
        #expect(budgets.admits(people[0], at: 1060))
    }
}
