import CloudWatchAPI
import Directory
import Keyring
import Ledger
import Logging
import MetricMath
import OIDC
import Wire

@testable import CloudWatchService
@testable import Platform

/// CloudWatch on a ledger in memory, at a time that stands still.
struct Workbench {
    static let start: Int64 = 1_800_000_000
    static let scope = Scope(account: "111122223333", region: "us-east-1")

    let environment: Environment
    let scheduler: Scheduler
    var index: AlarmIndex { environment.projection(AlarmIndex.self) }

    /// - Parameters:
    ///   - jobs: those that are done when the clock is moved.
    ///   - taker: what takes the metrics of services, in the place of CloudWatch.
    init(_ jobs: [any Job.Type] = [], taker: MetricDataTaker? = nil) throws {
        let keyring = EphemeralKeyring()
        let ledger = try Ledger(at: .memory, keyring: keyring)
        let projections = Projections(of: [.cloudWatch])
        ledger.observe { projections.follow($0) }
        let modules = taker.map { [ServiceModule(CloudWatch.self, operations: [], takesMetricData: $0)] } ?? []
        environment = Environment(
            ledger: ledger, directory: IdentityDirectory(), sessionTokens: try SessionTokens(keyring: keyring),
            authorizationMessages: try AuthorizationMessages(keyring: keyring), openIDProviders: OpenIDProviders(),
            publicAddress: PublicAddress(fixed: nil), quotas: Quotas(), region: "us-east-1",
            modules: modules + [.cloudWatch], projections: projections, clock: Clock { Double(Workbench.start) })
        var log = Logger(label: "test")
        log.logLevel = .critical
        scheduler = Scheduler(environment, jobs: jobs, log: log)
    }

    func write(
        in scope: Scope = Self.scope, _ body: @escaping @Sendable (MutableRecords) throws(ServiceError) -> Void
    ) async throws {
        try await environment.write(scope, requestID: "", body)
    }

    func read<T: Sendable>(
        in scope: Scope = Self.scope, _ body: @escaping @Sendable (Records) throws(ServiceError) -> T
    ) async throws -> T {
        try await environment.read(scope, body)
    }
}

extension StoredAlarm {
    /// An alarm of other alarms.
    init(_ name: String, rule: String) { self.init(name, .alarms(AlarmWatch(rule: rule))) }

    /// An alarm that is on while a metric of the namespace `Shop` was above 0 in the last minute.
    init(_ name: String, metric: String) {
        let stat = MetricQuery.Stat(metric: MetricIdentity("Shop", metric, []), period: 60, statistic: "Sum", unit: nil)
        self.init(
            name,
            .metric(
                MetricWatch(
                    queries: [MetricQuery(id: "m", stat: stat, returnsData: true)], isOfOneMetric: true,
                    evaluationPeriods: 1, threshold: 0, comparison: .greater)))
    }

    private init(_ name: String, _ watch: Watch) {
        self.init(
            name: name, accountID: Workbench.scope.account, region: Workbench.scope.region, uniqueID: name,
            actionsEnabled: false, okActions: [], alarmActions: [], insufficientDataActions: [], tags: [], updated: 0,
            watch: watch)
    }
}

extension NewDatum {
    /// A value of 1, in the minute before the workbench's time.
    init(_ metric: String) {
        self.init(
            metric: MetricIdentity("Shop", metric, []), unit: "None", time: Workbench.start - 30,
            set: StatisticSet(count: 1, sum: 1, minimum: 1, maximum: 1))
    }
}
