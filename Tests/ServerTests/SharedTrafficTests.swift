import Ledger
import Platform
import Shield
import Testing
import WAF
import Wire

@testable import ShieldService

/// Nodes that share a ledger look at their traffic together.
@Suite struct SharedTrafficTests {
    private static let shop = "arn:aws:elasticloadbalancing:us-east-1:\(TestGatehouse.account):loadbalancer/app/shop/1"
    private static let branch =
        "arn:aws:elasticloadbalancing:us-east-1:\(TestGatehouse.account):loadbalancer/app/branch/1"
    private static let scope = Scope(account: TestGatehouse.account, region: "")

    /// Two nodes, and the minute that they are in.
    private struct Nodes {
        let environment: Environment
        let defenses = [TrafficDefense(), TrafficDefense()]
        var minute = 30_000_000
        private var settings = Assessment.Settings()

        init() async throws {
            environment = try await TestGatehouse().gatehouse.environment
            settings.learning = 10
            environment.applications.replace(
                with: [("shop", shop), ("branch", branch)].map {
                    FrontedApplication(name: $0.0, arn: $0.1, hosts: [$0.0], certificates: [])
                })
            for place in defenses.indices { try await traffic(place).report(at: Double(minute) * 60) }
        }

        func traffic(_ node: Int) -> SharedTraffic {
            SharedTraffic(environment, defenses[node], isShared: true, settings)
        }

        /// What people do at a node.
        func usual(_ node: Int, _ arn: String = shop) {
            for number in 0..<20 {
                send(
                    node, arn, "10.\(number).\(node).7", ["/", "/cart", "/about"][number % 3], "Firefox \(number % 4)")
            }
        }

        func flood(_ node: Int, _ number: Int, _ arn: String = shop) {
            for place in 0..<number { send(node, arn, "198.51.\(place / 200).\(place % 200)", "/search", "bot/1.0") }
        }

        private func send(_ node: Int, _ arn: String, _ address: String, _ path: String, _ agent: String) {
            let request = WebRequest(path: path, headers: [.init("User-Agent", agent)], address: address)
            defenses[node].sees(request, for: arn)
        }

        /// Ends the minute: both nodes tell, and one of them looks.
        mutating func pass(lookingAt node: Int, telling: [Int] = [0, 1]) async throws {
            minute += 1
            for place in telling { try await traffic(place).report(at: Double(minute) * 60) }
            try await traffic(node).assess(at: Double(minute) * 60 + 6)
        }

        func attacks() async throws -> [StoredAttack] {
            try await environment.read(scope) { (records) throws(ServiceError) in try records.list(StoredAttack.self) }
        }

        func rows() async throws -> Int {
            try await environment.read(Scope(account: "")) { (records) throws(ServiceError) in
                try records.list(StoredMinute.self, limit: 100).count
            }
        }
    }

    private func learnt() async throws -> Nodes {
        var nodes = try await Nodes()
        for number in 0..<16 {
            for node in 0..<2 { nodes.usual(node) }
            try await nodes.pass(lookingAt: number % 2)
        }
        #expect(try await nodes.attacks().isEmpty)
        #expect(try await nodes.rows() == 0)
        return nodes
    }

    @Test func anAttackOnAllNodesIsOneWithTheSum() async throws {
        var nodes = try await learnt()
        for node in 0..<2 { nodes.flood(node, 400) }
        try await nodes.pass(lookingAt: 1)
        let attack = try #require(try await nodes.attacks().first)
        #expect(attack.report.counters["REQUEST_FLOOD"]?.sum == 800 && attack.report.end == nil)
        let sources = attack.report.properties.first { $0.identifier == "SOURCE_USER_AGENT" }
        #expect(sources?.contributors.first?.value == 800)
        // Whichever node looks knows what to do.
        let ongoing = nodes.environment.projection(OngoingAttacks.self)
        #expect(ongoing.rules(of: Self.shop).contains { $0.path == "/search" || $0.userAgent == "bot/1.0" })
        for node in 0..<2 { nodes.flood(node, 400) }
        try await nodes.pass(lookingAt: 0)
        let second = try await nodes.attacks()
        #expect(second.map(\.id) == [attack.id] && second.first?.report.counters["REQUEST_FLOOD"]?.minutes == 2)
        // Nothing comes any more.
        for node in 0..<2 { try await nodes.pass(lookingAt: node) }
        let ended = try #require(try await nodes.attacks().first)
        #expect(ended.report.end == Double(nodes.minute - 2) * 60 && ended.rules == nil)
        #expect(ongoing.all.isEmpty)
    }

    /// What was learnt is gone: an attack that was told of is over, and does not stay for ever.
    @Test func anAttackOfWhichNothingIsKnownIsOver() async throws {
        var nodes = try await learnt()
        for node in 0..<2 { nodes.flood(node, 400) }
        try await nodes.pass(lookingAt: 0)
        #expect(try await nodes.attacks().map(\.report.end) == [nil])
        try await nodes.environment.write(Self.scope, requestID: "") { (records) throws(ServiceError) in
            try StoredAssessment.forget(Self.shop, records)
        }
        try await nodes.pass(lookingAt: 1)
        let attack = try #require(try await nodes.attacks().first)
        #expect(attack.report.end == attack.report.lastSeen && attack.rules == nil)
    }

    /// A node that is late is heard with the minute after.
    @Test func whatIsToldTooLateIsNotLost() async throws {
        var nodes = try await learnt()
        nodes.flood(0, 50)
        nodes.flood(1, 400)
        try await nodes.pass(lookingAt: 0, telling: [0])
        #expect(try await nodes.attacks().isEmpty)
        try await nodes.traffic(1).report(at: Double(nodes.minute) * 60 + 7)
        #expect(try await nodes.rows() == 1)
        nodes.flood(0, 400)
        try await nodes.pass(lookingAt: 1)
        #expect(try await nodes.attacks().first?.report.counters["REQUEST_FLOOD"]?.sum == 800)
        #expect(try await nodes.rows() == 0)
    }

    /// Puts both applications into a protection group.
    private func group(_ nodes: Nodes, _ aggregation: String) async throws {
        let (account, shop, branch) = (TestGatehouse.account, Self.shop, Self.branch)
        try await nodes.environment.write(Self.scope, requestID: "") { (records) throws(ServiceError) in
            try records.put(StoredSubscription(account: account, at: 1_799_999_000))
            for (number, arn) in [shop, branch].enumerated() {
                try records.put(
                    StoredProtection(
                        id: "00000000-0000-4000-8000-00000000000\(number)", accountID: account, name: "x",
                        resourceARN: arn, tags: []))
            }
            try records.put(
                StoredProtectionGroup(
                    id: "all", accountID: account, aggregation: aggregation, pattern: .all, members: []))
        }
    }

    /// An hour of what a member could not tell before is no flood on its group.
    @Test func aGroupIsNotToldOfWhatIsLongOver() async throws {
        var nodes = try await Nodes()
        try await group(nodes, "SUM")
        nodes.flood(1, 700)
        for _ in 0..<12 {
            nodes.usual(0)
            try await nodes.pass(lookingAt: 0, telling: [0])
        }
        for _ in 0..<2 {
            nodes.usual(0)
            try await nodes.pass(lookingAt: 0)
        }
        #expect(try await nodes.attacks().map(\.resourceARN) == [Self.shop])
        #expect(try await nodes.rows() == 0)
    }

    @Test(arguments: [("SUM", 800.0), ("MEAN", 0), ("MAX", 0)])
    func aProtectionGroupIsLookedAtAsOne(aggregation: String, sum: Double) async throws {
        var nodes = try await Nodes()
        try await group(nodes, aggregation)
        for _ in 0..<16 {
            for arn in [Self.shop, Self.branch] { nodes.usual(0, arn) }
            try await nodes.pass(lookingAt: 0)
        }
        for arn in [Self.shop, Self.branch] { nodes.flood(0, 400, arn) }
        try await nodes.pass(lookingAt: 0)
        let attacks = try await nodes.attacks()
        #expect(attacks.map(\.resourceARN) == (sum > 0 ? [ShieldARN.group("all", TestGatehouse.account)] : []))
        #expect(attacks.allSatisfy { $0.report.counters["REQUEST_FLOOD"]?.sum == sum })
    }
}
