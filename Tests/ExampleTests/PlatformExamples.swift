import Directory
import Keyring
import Ledger
import Logging
import OIDC
import Platform
import Testing
import Wire

private struct Key: Record {
    static let kind = "AWS::KMS::Key"
    let id: String
    var isPendingDeletion = false
}

private struct DeleteKey: Job {
    static let kind = "KMS::DeleteKey"
    let keyID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let keyID = keyID
        try await context.finish { (records) throws(ServiceError) in
            guard let key = try records.get(Key.self, keyID), key.isPendingDeletion else { return }
            try records.delete(key)
        }
    }
}

private struct Box: Record {
    static let kind = "AWS::Vault::Box"
    let id: String
    let accountID: String
    let region: String
    var contents = ""
    var arn: String { "arn:aws:vault:\(region):\(accountID):box/\(id)" }
}

extension ConfiguredResourceType {
    static let box = ConfiguredResourceType("AWS::Vault::Box", of: Box.self) { (box, state) in
        ConfigurationItem(
            "AWS::Vault::Box", id: box.id, arn: box.arn, account: box.accountID, region: box.region,
            configuration: .members(["contents": .string(box.contents)]))
    }
}

private struct EventCount: Record {
    static let kind = "Example::EventCount"
    var id = "all"
    var events = 0
}

private struct CountEvents: Follower {
    static let name = "Example::CountEvents"
    static let source = FollowedSource.events

    static func prepare(
        _ batch: FollowedBatch, _ environment: Environment
    ) async throws(ServiceError) -> @Sendable (MutableRecords) throws(ServiceError) -> Void {
        guard case .events(let events) = batch else { return { _ in } }
        return { (records) throws(ServiceError) in
            var count = try records.get(EventCount.self, "all") ?? EventCount()
            count.events += events.count
            try records.put(count)
        }
    }
}

/// What the documentation of `Platform` shows and no service has. The rest of its examples are pieces of services: of
/// those in `Sources/Services`, and of those of the tests in `Tests/Probe`.
struct PlatformExamples {
    private let scope = Scope(account: "111122223333")

    private func environment() throws -> Environment {
        let keyring = EphemeralKeyring()
        return Environment(
            ledger: try Ledger(at: .memory, keyring: keyring), directory: IdentityDirectory(),
            sessionTokens: try SessionTokens(keyring: keyring),
            authorizationMessages: try AuthorizationMessages(keyring: keyring),
            openIDProviders: OpenIDProviders(), publicAddress: PublicAddress(fixed: nil), quotas: Quotas(),
            region: "us-east-1", clock: Clock { 1_800_000_000 })
    }

    private func log() -> Logger {
        var log = Logger(label: "example")
        log.logLevel = .critical
        return log
    }

    @Test func jobs() async throws {
        let environment = try environment()
        let scheduler = Scheduler(environment, jobs: [DeleteKey.self], log: log())
        let time = environment.now()
        try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            var key = Key(id: "1234abcd")
            key.isPendingDeletion = true
            try records.put(key)
            try records.schedule(DeleteKey(keyID: key.id), id: key.id, at: time + 7 * 86_400)
        }
        func isThere() async throws -> Bool {
            try await environment.read(scope) { (records) throws(ServiceError) in
                try records.get(Key.self, "1234abcd") != nil
            }
        }
        await scheduler.advance(by: 7 * 86_400 - 1)
        #expect(try await isThere())
        await scheduler.advance(by: 1)
        #expect(try await !isThere())
    }

    @Test func followers() async throws {
        let environment = try environment()
        let scheduler = Scheduler(environment, followers: [CountEvents.self], log: log())
        environment.ledger.observeWork { scheduler.committed($0) }
        let event = ServiceEvent(
            "RotateKey", source: "kms.amazonaws.com", account: scope.account, time: environment.now()
        ) { writer in
            writer.member("keyId", "1234abcd")
        }
        try await environment.ledger.recordDurably(event.event)
        await scheduler.runDue()
        let count = try await environment.read(Scope(account: "")) { (records) throws(ServiceError) in
            try records.get(EventCount.self, "all")?.events
        }
        #expect(count == 1)
    }

    @Test func sessionTokens() async throws {
        let environment = try environment()
        let now = environment.now()
        let session = Session(
            accessKeyID: Identifiers.accessKeyID(temporary: true), secretAccessKey: Identifiers.secretAccessKey(),
            accountID: "111122223333", principalKind: .role, principalID: "AROAEXAMPLE", issued: now,
            expires: now + 3600)
        let token = try environment.sessionTokens.seal(session)
        let opened = environment.sessionTokens.open(token)?.session
        let isValid = opened.map { now < $0.expires } ?? false
        #expect(isValid && opened?.principalID == "AROAEXAMPLE")
        let others = try SessionTokens(keyring: EphemeralKeyring())
        #expect(others.open(token) == nil)
    }

    @Test func base32() {
        let text = Base32.encode(Array("seed".utf8))  // what people type into an app
        #expect(text == "ONSWKZA")
    }

    @Test func passwords() async throws {
        let hash = try await PasswordHash.make("correct horse", account: "111122223333")
        let isRight = try await PasswordHash.verify("correct horse", hash, account: "111122223333")
        #expect(isRight)
        #expect(try await !PasswordHash.verify("battery staple", hash, account: "111122223333"))
    }

    @Test func oneTimePasswords() {
        let (seed, time) = (Array("12345678901234567890".utf8), 59.0)
        let device = OneTimePassword(seed: seed)
        let code = device.code(atStep: OneTimePassword.step(at: time))
        let step = device.step(matching: code, around: time, window: 1, after: nil)
        #expect(code == "287082")  // RFC 6238, appendix B
        #expect(step == 1)
        #expect(device.step(matching: code, around: time, window: 1, after: step) == nil)
    }

    /// What a service tells others in its own transaction, where nobody listens, and of Gatehouse without CloudWatch.
    @Test func telling() async throws {
        struct Given: Sendable { let environment: Environment }
        struct Event: Sendable { let time: Double }
        let call = Given(environment: try environment())
        let (arn, time) = ("arn:aws:vault:us-east-1:111122223333:box/b-1", call.environment.now())
        let event = Event(time: time)
        try await call.environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            try records.announce(
                AnnouncedEvent(
                    source: "aws.vault", detailType: "Vault Box Opened", resources: [arn], time: time
                ) { writer in
                    writer.member("box", "b-1")
                })
            let hits = MetricData("RootUsage", in: "CISBenchmark", at: event.time, [.init(1)])
            try records.publish([hits], call.environment)
        }
        let bus = Scope(account: scope.account, region: "us-east-1")
        let kept = try await call.environment.read(bus) { (records) throws(ServiceError) in
            try records.list(AnnouncedEvent.self, limit: 1)
        }
        #expect(kept.isEmpty)
        #expect(ConfiguredResourceType.box.name == "AWS::Vault::Box")
    }
}
