import Directory
import EventBridgeAPI
import Foundation
import Keyring
import Ledger
import Logging
import OIDC
import Testing
import Wire

@testable import EventBridgeService
@testable import Platform

/// What is on its way to many targets, and what comes behind it.
@Suite struct FanOutTests {
    private static let start = 1_800_000_000.0
    private static let bus = BusReference(account: "111122223333", region: "us-east-1", name: "busy")

    private let environment: Environment
    private let scheduler: Scheduler

    init() throws { try self.init(nil) }

    private init(_ ledger: Ledger?) throws {
        let keyring = EphemeralKeyring()
        environment = Environment(
            ledger: try ledger ?? Ledger(at: .memory, keyring: keyring), directory: IdentityDirectory(),
            sessionTokens: try SessionTokens(keyring: keyring),
            authorizationMessages: try AuthorizationMessages(keyring: keyring), openIDProviders: OpenIDProviders(),
            publicAddress: PublicAddress(fixed: nil), quotas: Quotas(), region: "us-east-1",
            clock: Clock { Self.start })
        var log = Logger(label: "test")
        log.logLevel = .critical
        scheduler = Scheduler(environment, jobs: [FanOutEvents.self], log: log)
    }

    private func rule(_ name: String, targets: Int) -> StoredRule {
        var rule = StoredRule(
            name: name, bus: Self.bus.name, accountID: Self.bus.account, region: Self.bus.region,
            createdBy: Self.bus.account)
        rule.targets = (0..<targets).map { number in
            StoredTarget(
                EventBridge.Target {
                    $0.id = "\(number)"
                    $0.arn = "arn:aws:sqs:us-east-1:111122223333:queue"
                })
        }
        return rule
    }

    private func event(_ id: String, size: Int = 10) -> BusEvent {
        BusEvent(
            id: id, source: "test", detailType: "test", account: Self.bus.account, time: Self.start,
            region: Self.bus.region, resources: [], detail: "\"\(String(repeating: "x", count: size))\"",
            ingested: Self.start)
    }

    private func write(_ body: @escaping @Sendable (MutableRecords) throws(ServiceError) -> Void) async throws {
        try await environment.write(Self.bus.scope, requestID: "", body)
    }

    private func put(_ rules: [StoredRule]) async throws {
        try await write { (records) throws(ServiceError) in for rule in rules { try records.put(rule) } }
    }

    private func deliver(_ event: BusEvent, to rule: StoredRule, at time: Double = start) async throws {
        try await write { (records) throws(ServiceError) in try records.deliver(event, to: [rule], at: time) }
    }

    /// The events that a target of a rule is to get, in their order.
    private func delivered(_ rule: StoredRule, target: Int = 0) async throws -> [String] {
        try await environment.read(Self.bus.scope) { (records) throws(ServiceError) in
            try records.list(EventDelivery.self, of: EventDelivery.partition(rule.arn, "\(target)"), limit: 1000)
                .map(\.event.id)
        }
    }

    private func waiting() async throws -> Int {
        try await environment.read(Self.bus.scope) { (records) throws(ServiceError) in
            try records.count(EventFanOut.self, of: Self.bus.arn)
        }
    }

    /// Has it put down.
    /// - Parameter most: transactions.
    /// - Returns: in how many transactions.
    private func steps(_ most: Int = .max) async throws -> Int {
        let now = Int64(Self.start * 1000)
        let lease = try await environment.ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            .commit(
                try transaction.claimDeadline([FanOutEvents.kind], now: now, realTime: now, until: now + 60_000))
        }
        let context = JobContext(environment, try #require(lease))
        var steps = 1
        while try await FanOutEvents(bus: Self.bus.arn).step(context), steps < most { steps += 1 }
        return steps
    }

    /// A bus that always has something to do must get ahead of it.
    @Test func smallEventsBehindALargeOneGoTogether() async throws {
        let (many, one) = (rule("many", targets: 65), rule("one", targets: 1))
        try await put([many, one])
        try await deliver(event("first"), to: many)
        for number in 0..<100 { try await deliver(event("\(number)"), to: one) }
        #expect(try await waiting() == 101)
        #expect(try await steps() == 1 + 2)
        #expect(try await waiting() == 0)
        #expect(try await delivered(many) == ["first"])
        #expect(try await delivered(one) == (0..<100).map { "\($0)" })
    }

    @Test func largeEventsGoByTheMebibyte() async throws {
        let (many, one) = (rule("many", targets: 65), rule("one", targets: 1))
        try await put([many, one])
        try await deliver(event("first"), to: many)
        for number in 0..<8 { try await deliver(event("\(number)", size: 300_000), to: one) }
        // Three of them are less than a mebibyte.
        #expect(try await steps() == 1 + 3)
        #expect(try await delivered(one) == (0..<8).map { "\($0)" })
    }

    /// Whatever the clock of the node says that took it in.
    @Test func whatComesLaterIsDeliveredLater() async throws {
        let (many, one) = (rule("many", targets: 65), rule("one", targets: 1))
        try await put([many, one])
        try await deliver(event("first"), to: many, at: Self.start)
        for number in 0..<9 {
            try await deliver(event("\(number)"), to: one, at: Self.start - Double(number % 3))
        }
        _ = try await steps()
        #expect(try await delivered(one) == (0..<9).map { "\($0)" })
    }

    /// The process ends inside: the next one goes on where it was. Nobody gets anything twice, or before what came first.
    @Test(arguments: 1...6) func whatAProcessLeavesIsPutDownByTheNext(_ steps: Int) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        func open() throws -> FanOutTests {
            try FanOutTests(
                Ledger(at: .directory(directory.path + "/data"), keyring: KeyFile(path: directory.path + "/key")))
        }
        var process = try open()
        let rules = (0..<5).map { rule("many\($0)", targets: 40) }
        try await process.put(rules)
        let (first, second) = (event("first"), event("second"))
        try await process.write { (records) throws(ServiceError) in
            try records.deliver(first, to: rules, at: Self.start)
            try records.deliver(second, to: [rules[1]], at: Self.start)
        }
        #expect(try await process.steps(steps) == steps)
        #expect(try await process.waiting() == (steps < 5 ? 2 : steps < 6 ? 1 : 0))
        await process.environment.ledger.close()

        process = try open()
        await process.scheduler.advance(by: 1)
        #expect(try await process.waiting() == 0)
        for (number, rule) in rules.enumerated() {
            for target in 0..<40 {
                let expected = number == 1 ? ["first", "second"] : ["first"]
                #expect(try await process.delivered(rule, target: target) == expected)
            }
        }
        await process.environment.ledger.close()
    }

    /// A row as no version has ever written it.
    private struct Unknown: TableRow {
        static let kind = EventFanOut.kind
        let bus: String
        var partition: String { bus }
        var key: RowKey { RowKey(.number(0)) }
    }

    @Test func whatCannotBeReadHoldsNothingUpForEver() async throws {
        let (many, one) = (rule("many", targets: 65), rule("one", targets: 1))
        try await put([many, one])
        try await deliver(event("first"), to: many)
        try await write { (records) throws(ServiceError) in try records.put(Unknown(bus: Self.bus.arn)) }
        // It is taken in all the same.
        try await deliver(event("second"), to: one)
        await scheduler.advance(by: 500)
        #expect(try await delivered(one) == [])
        await scheduler.advance(by: 1000)
        #expect(try await delivered(many) == ["first"])
        #expect(try await delivered(one) == ["second"])
        #expect(try await waiting() == 0)
    }
}
