import ProcessorTime
import Testing

@testable import WAF

/// <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html>
@Suite struct RateTests {
    private func firewall(_ statement: RateBasedStatement, _ rates: RateTracker = RateTracker()) throws -> Firewall {
        try Firewall(acl([rule("rate", 0, .rateBased(statement))]), Things(), rates: rates)
    }

    @Test func oneTooManyIsLimitedUntilTheWindowHasPassed() throws {
        let statement = RateBasedStatement(limit: 10, window: 60, aggregation: .address)
        let rates = RateTracker()
        let firewall = try firewall(statement, rates)
        func isLimited(_ address: String, _ time: Double) -> Bool {
            firewall.evaluate(WebRequest(address: address), at: time).outcome.status == 403
        }
        for _ in 0..<10 { #expect(!isLimited("192.0.2.1", 1000)) }
        #expect(isLimited("192.0.2.1", 1001))
        #expect(!isLimited("192.0.2.2", 1001))
        let id = statement.identity(acl: "arn:shop", rule: "rate")
        #expect(rates.limited(id, at: 1001).map { String(decoding: $0, as: UTF8.self) } == ["192.0.2.1"])
        #expect(rates.limited(id, at: 1061).isEmpty)
        #expect(!isLimited("192.0.2.1", 1061))
    }

    @Test func theWindowSlides() throws {
        let counter = RateTracker().counter("r", limit: 5, window: 120)
        func count(_ time: Double) -> Int { counter.count([1], at: time) }
        #expect(count(0) == 1 && count(60) == 2 && count(119) == 3)
        #expect(count(121) == 3)
        #expect(count(181) == 3)
        #expect(count(1000) == 1)
        // A clock that goes back counts all the same.
        #expect(count(10) == 2)
    }

    @Test func keysAreCountedTogether() throws {
        let keys: [RateBasedStatement.Key] = [.header("x-user", [.lowercase]), .uriPath([.none])]
        let firewall = try firewall(RateBasedStatement(limit: 10, aggregation: .keys(keys)))
        func isLimited(_ user: String?, _ path: String) -> Bool {
            let headers = user.map { [WebRequest.Header("X-User", $0)] } ?? []
            return firewall.evaluate(WebRequest(path: path, headers: headers), at: 0).outcome != .allow
        }
        for _ in 0..<5 { _ = isLimited("Ann", "/a") }
        for _ in 0..<5 { _ = isLimited("ann", "/a") }
        #expect(isLimited("ANN", "/a") && !isLimited("ann", "/b") && !isLimited("bob", "/a"))
        // What lacks a part of the key is not counted.
        for _ in 0..<20 { #expect(!isLimited(nil, "/a")) }
    }

    @Test func onlyTheScopeCounts() throws {
        let firewall = try firewall(
            RateBasedStatement(limit: 10, aggregation: .constant, scopeDown: contains("/login")))
        func isLimited(_ path: String) -> Bool {
            firewall.evaluate(WebRequest(path: path), at: 0).outcome != .allow
        }
        for _ in 0..<30 { #expect(!isLimited("/")) }
        for _ in 0..<10 { #expect(!isLimited("/login")) }
        #expect(isLimited("/login") && !isLimited("/"))
    }

    @Test func aChangedRuleBeginsAnew() throws {
        let rates = RateTracker()
        let (strict, lax) = (
            try firewall(RateBasedStatement(limit: 10, aggregation: .constant), rates),
            try firewall(RateBasedStatement(limit: 11, aggregation: .constant), rates)
        )
        for _ in 0..<11 { _ = strict.evaluate(WebRequest(), at: 0) }
        #expect(strict.evaluate(WebRequest(), at: 0).terminatingType == .rateBased)
        #expect(lax.evaluate(WebRequest(), at: 0).outcome == .allow)
    }

    /// However many clients there are, the memory has an end, and the busiest are not forgotten.
    @Test func manyKeysAreBounded() {
        let counter = RateTracker().counter("r", limit: 50, window: 300)
        for _ in 0..<100 { _ = counter.count([0], at: 0) }
        for key in 0..<150_000 { _ = counter.count(Array("\(key)".utf8), at: 0) }
        #expect(counter.limited(at: 0) == [[0]])
    }

    /// A full table costs a request nothing: the keys that somebody has put there do not have to be looked at for each.
    @Test func aFullTableIsNoTrap() {
        let counter = RateTracker().counter("r", limit: 50, window: 300)
        func key(_ number: Int) -> [UInt8] { Array("\(number)".utf8) }
        for number in 1..<RateCounter.mostKeys { for _ in 0..<2 { _ = counter.count(key(number), at: 0) } }
        _ = counter.count(key(0), at: 0)
        let time = processorTime {
            for number in 0..<2000 { _ = counter.count(key(-1 - number), at: 0) }
        }
        #expect(time < .seconds(5))
    }

    /// More clients than there is room for, all alike, are limited nevertheless.
    @Test func aCrowdOfEqualsIsLimited() {
        let counter = RateTracker().counter("r", limit: 2, window: 300)
        for _ in 0..<4 { for number in 0...RateCounter.mostKeys { _ = counter.count(Array("\(number)".utf8), at: 0) } }
        #expect(counter.limited(at: 0).count > RateCounter.mostKeys / 2)
    }

    /// Rules that are changed over and over leave no counts behind for ever, and those in use stay.
    @Test func rulesAreBounded() {
        let rates = RateTracker()
        for rule in 0..<2 * RateTracker.mostRules {
            _ = rates.counter("\(rule)", limit: 1, window: 60).count([1], at: Double(rule * 60))
            for _ in 0..<2 { _ = rates.counter("busy", limit: 1, window: 60).count([1], at: Double(rule * 60)) }
        }
        #expect(rates.ruleCount <= RateTracker.mostRules)
        #expect(rates.limited("busy", at: Double((2 * RateTracker.mostRules - 1) * 60)) == [[1]])
    }

    @Test func longKeysAreKeptShort() {
        let counter = RateTracker().counter("r", limit: 1, window: 300)
        let long = [UInt8](repeating: 0x61, count: 16_384)
        #expect(counter.count(long, at: 0) == 1 && counter.count(long + [0x62], at: 0) == 1)
        #expect(counter.count(long, at: 0) == 2)
        #expect(counter.limited(at: 0).allSatisfy { $0.count <= RateCounter.longestKey })
    }

    @Test(arguments: [
        RateBasedStatement.Aggregation.forwardedAddress(.init(header: "X-Forwarded-For", fallback: .match)),
        .keys([.forwardedAddress]),
    ])
    func aHeaderThatCantBeReadIsWhatItsFallbackSays(_ aggregation: RateBasedStatement.Aggregation) throws {
        func isLimited(_ header: String?, _ fallback: Fallback, _ count: Int) throws -> Bool {
            let config = ForwardedAddress(header: "X-Forwarded-For", fallback: fallback)
            var aggregation = aggregation
            if case .forwardedAddress = aggregation { aggregation = .forwardedAddress(config) }
            let statement = RateBasedStatement(limit: 10, aggregation: aggregation, forwarded: config)
            let rates = RateTracker()
            let firewall = try firewall(statement, rates)
            let request = WebRequest(headers: header.map { [.init("x-forwarded-for", $0)] } ?? [], address: "192.0.2.1")
            for _ in 1..<count { _ = firewall.evaluate(request, at: 0) }
            let outcome = firewall.evaluate(request, at: 0).outcome
            #expect(!rates.limited(statement.identity(acl: "arn:shop", rule: "rate"), at: 0).contains([]))
            return outcome != .allow
        }
        #expect(try isLimited("x", .match, 1) && isLimited("x", .match, 12))
        #expect(try !isLimited("x", .noMatch, 12) && !isLimited(nil, .match, 12))
        #expect(try !isLimited("192.0.2.7", .match, 10) && isLimited("192.0.2.7", .match, 11))
    }
}
