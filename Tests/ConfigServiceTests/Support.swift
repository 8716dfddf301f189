import AWSConfigAPI
import Directory
import Keyring
import Ledger
import Logging
import OIDC
import Posture
import Synchronization
import Wire

@testable import ConfigService
@testable import Platform

/// AWS Config with resources of its own on a ledger in memory, by a clock that stands still until it is moved.
final class Workbench: Sendable {
    static let start = 1_800_000_000.0

    let environment: Environment
    let scheduler: Scheduler
    /// No two have the same.
    let scope: Scope
    private let time: Moment

    private final class Moment: Sendable {
        let seconds = Mutex(Workbench.start)
    }

    init() throws {
        let keyring = EphemeralKeyring()
        let time = Moment()
        let modules: [ServiceModule] = [.config, .things]
        let projections = Projections(of: modules)
        let ledger = try Ledger(at: .memory, keyring: keyring)
        ledger.observe { projections.follow($0) }
        environment = Environment(
            ledger: ledger, directory: IdentityDirectory(), sessionTokens: try SessionTokens(keyring: keyring),
            authorizationMessages: try AuthorizationMessages(keyring: keyring), openIDProviders: OpenIDProviders(),
            publicAddress: PublicAddress(fixed: nil), quotas: Quotas(), region: "us-east-1", modules: modules,
            projections: projections, clock: Clock { time.seconds.withLock { $0 } })
        var log = Logger(label: "test")
        log.logLevel = .critical
        let scheduler = Scheduler(environment, log: log)
        ledger.observeWork { scheduler.committed($0) }
        self.scheduler = scheduler
        self.time = time
        scope = Scope(account: "\(UInt64.random(in: 100_000_000_000...999_999_999_999))", region: "us-east-1")
    }

    var now: Double { environment.now() }

    func pass(_ seconds: Double) { time.seconds.withLock { $0 += seconds } }

    func home(_ end: Int64 = 0) -> RuleHome {
        RuleHome(account: scope.account, region: scope.region, time: now, environment: environment, journalEnd: end)
    }

    @discardableResult
    func write<T: Sendable>(
        _ body: @escaping @Sendable (MutableRecords) throws(ServiceError) -> T
    ) async throws -> T {
        try await environment.write(scope, requestID: "", body)
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (Records) throws(ServiceError) -> T) async throws -> T {
        try await environment.read(scope, body)
    }

    /// A recorder of all that there is, which is running.
    func record() async throws {
        var recorder = Recorder(name: "default", accountID: scope.account, region: scope.region, roleARN: "")
        recorder.isRecording = true
        let made = recorder
        try await write { (records) throws(ServiceError) in try records.put(made) }
    }

    /// A rule of things, put as a request would.
    @discardableResult
    func place(_ name: String = "good") async throws -> StoredRule {
        let (rule, home) = (rule(name), home(try await environment.journalEnd()))
        return try await write { (records) throws(ServiceError) in
            try records.place(rule, home, try records.get(StoredRule.self, name))
            return try records.get(StoredRule.self, name) ?? rule
        }
    }

    func rule(_ name: String = "good") -> StoredRule {
        var rule = StoredRule(
            name: name, accountID: scope.account, region: scope.region, created: now, owner: .customPolicy)
        rule.triggers = [StoredRule.Trigger(messageType: "ConfigurationItemChangeNotification")]
        rule.policy = StoredRule.Policy(
            runtime: "guard-2.x.x", text: "rule good { configuration.good == true }", deliversDebugLog: false)
        rule.target = StoredRule.Target(types: [Thing.type])
        return rule
    }

    func put(_ thing: Thing) async throws {
        try await write { (records) throws(ServiceError) in try records.put(thing) }
    }

    /// What a rule says of things, by their ids.
    func verdicts(_ rule: String = "good") async throws -> [String: Compliance] {
        try await read { (records) throws(ServiceError) in
            let results = try records.list(RuleResult.self, of: rule, limit: 1000)
            return Dictionary(results.map { ($0.id, $0.compliance) }) { first, _ in first }
        }
    }

    /// The item that is kept of a resource now.
    func item(_ type: String, _ id: String) async throws -> StoredItem? {
        try await read { (records) throws(ServiceError) in try records.currentItem(type, id) }
    }

    /// Up to which entry of the journal a follower need not look.
    func cursor<F: Follower>(_ follower: F.Type) async throws -> Int64? {
        try await environment.read(FollowerCursor.scope) { (records) throws(ServiceError) in
            try records.get(FollowerCursor.self, F.name)?.sequence
        }
    }
}

/// A resource.
struct Thing: Record {
    static let kind = "Test::Thing"
    static let type = "AWS::Test::Thing"
    var id: String
    var isGood: Bool
}

/// While it is there, things can't be listed.
struct Trouble: Record {
    static let kind = "Test::Trouble"
    var id = "trouble"
}

/// A service that has things, and no operations.
private enum Nothing: APIModel {
    static var service: ServiceShape { AWSConfig.service }
    static let signingName = "nothing"
}

extension ServiceModule {
    fileprivate static let things = ServiceModule(
        Nothing.self, operations: [], records: [Thing.self, Trouble.self], configuredResources: [.thing])
}

extension ConfiguredResourceType {
    fileprivate static let thing = ConfiguredResourceType(
        Thing.type, kinds: [Thing.kind],
        concerned: { (change, _) throws(ServiceError) in
            [ConfiguredResource(Thing.type, change.id, account: change.scope.account, region: change.scope.region)]
        },
        list: { (account, region, after, limit, records) throws(ServiceError) in
            let own = records.of(Scope(account: account, region: region))
            guard try own.get(Trouble.self, "trouble") == nil else { throw ServiceError.internalFailure }
            let ids = try own.listIDs(Thing.self, after: after, limit: limit)
            return (
                ids.map { ConfiguredResource(Thing.type, $0, account: account, region: region) },
                ids.count == limit ? ids.last : nil
            )
        },
        item: { (resource, state) throws(ServiceError) in
            let scope = Scope(account: resource.account, region: resource.region)
            guard let thing = try state.get(Thing.self, resource.record, in: scope) else { return nil }
            return ConfigurationItem(
                Thing.type, id: thing.id, arn: nil, account: scope.account, region: scope.region,
                configuration: .members(["good": .boolean(thing.isGood)]))
        })
}
