import CloudWatchAPI
import Directory
import Keyring
import Ledger
import Logging
import OIDC
import Synchronization
import Testing
import Wire

@testable import Platform
@testable import S3Service

/// What CloudWatch is told once a day of what is in buckets.
@Suite struct StorageMetricsTests {
    private static let start = 1_800_000_000.0
    private static let scope = Scope(account: "")

    private let environment: Environment
    private let scheduler: Scheduler
    /// How often it was told how many objects a bucket has.
    private let told = Told()

    private final class Told: Sendable {
        let counts = Mutex<[String: Int]>([:])
    }

    init() throws {
        let (keyring, told) = (EphemeralKeyring(), told)
        let taker = ServiceModule(
            CloudWatch.self, operations: [],
            takesMetricData: { (data, _, _) throws(ServiceError) in
                for point in data where point.name == "NumberOfObjects" {
                    let bucket = point.dimensions.first { $0.name == "BucketName" }?.value ?? ""
                    told.counts.withLock { $0[bucket, default: 0] += 1 }
                }
            })
        environment = Environment(
            ledger: try Ledger(at: .memory, keyring: keyring), directory: IdentityDirectory(),
            sessionTokens: try SessionTokens(keyring: keyring),
            authorizationMessages: try AuthorizationMessages(keyring: keyring), openIDProviders: OpenIDProviders(),
            publicAddress: PublicAddress(fixed: nil), quotas: Quotas(), region: "us-east-1", modules: [.s3, taker],
            clock: Clock { Self.start })
        let projections = environment.projections
        environment.ledger.observe { projections.follow($0) }
        var log = Logger(label: "test")
        log.logLevel = .critical
        scheduler = Scheduler(environment, log: log)
    }

    /// A row that can't be read.
    private struct Spoilt: TableRow {
        static let kind = CurrentObject.kind
        let bucket: String
        var partition: String { bucket }
        var key: RowKey { CurrentObject.key("a") }
    }

    private func due() async throws -> (all: Double?, spoilt: Double?) {
        try await environment.read(Self.scope) { (records) throws(ServiceError) in
            (
                try records.scheduledTime(of: KeepStorageMetrics.self, id: KeepStorageMetrics.kind),
                try records.scheduledTime(of: MeasureBucket.self, id: "spoilt")
            )
        }
    }

    @Test func whatCannotBeMeasuredHasNothingElseMeasuredAgain() async throws {
        try await environment.write(Self.scope, requestID: "") { (records) throws(ServiceError) in
            for name in ["a", "spoilt", "z"] {
                try records.put(
                    Bucket(name: name, accountID: "111122223333", region: "us-east-1", creationDate: Self.start))
            }
            try records.put(Spoilt(bucket: "spoilt"))
            try records.schedule(KeepStorageMetrics(), id: KeepStorageMetrics.kind, at: Self.start)
        }
        await scheduler.advance(by: 600)
        #expect(told.counts.withLock { $0 } == ["a": 1, "z": 1])
        #expect(try await due().spoilt != nil)
        // It is given up for the day.
        await scheduler.advance(by: 600)
        #expect(try await due().spoilt == nil)
        // At midnight, and not a day after it was done.
        let day = 86_400.0
        #expect(try await due().all == (Self.start / day).rounded(.up) * day)
        await scheduler.advance(by: day)
        #expect(told.counts.withLock { $0 } == ["a": 2, "z": 2])
    }
}
