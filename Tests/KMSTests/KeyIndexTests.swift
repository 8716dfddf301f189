import Directory
import KeyMaterial
import Keyring
import Ledger
import OIDC
import Testing
import Wire

@testable import KMSService
@testable import Platform

private let account = "111122223333"
private let scope = Scope(account: account, region: "us-east-1")

/// A ledger in memory, and the index that follows it.
private struct Keys {
    let environment: Environment
    let index: KeyIndex

    init() throws {
        let keyring = EphemeralKeyring()
        let ledger = try Ledger(at: .memory, keyring: keyring)
        let projections = Projections(of: [.kms])
        ledger.observe { projections.follow($0) }
        environment = Environment(
            ledger: ledger, directory: IdentityDirectory(), sessionTokens: try SessionTokens(keyring: keyring),
            authorizationMessages: try AuthorizationMessages(keyring: keyring), openIDProviders: try OpenIDProviders(),
            publicAddress: PublicAddress(fixed: nil), quotas: Quotas(), region: "us-east-1", modules: [.kms],
            projections: projections, clock: Clock { 1_800_000_000 })
        index = projections[KeyIndex.self]
    }

    func put(_ records: any Record...) async throws {
        try await environment.write(scope, requestID: "") { (own) throws(ServiceError) in
            for record in records { try own.put(record) }
        }
    }

    func delete(_ records: any Record...) async throws {
        try await environment.write(scope, requestID: "") { (own) throws(ServiceError) in
            for record in records { try own.delete(record) }
        }
    }

    func entry(_ key: Key) async throws -> KeyEntry? { try await index.key(key.arn, environment) }

    func alias(_ name: String) async throws -> String? {
        try await index.keyID(ofAlias: "arn:aws:kms:us-east-1:\(account):\(name)", environment)
    }

    static func key(_ number: Int, description: String = "") -> Key {
        let id = String(number)
        return Key(
            id: "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - id.count) + id, accountID: account,
            region: "us-east-1", creationDate: 1, spec: .symmetricDefault, usage: .encryptDecrypt, origin: .kms,
            description: description, policy: KeyPolicies.standard(account), state: .enabled)
    }

    static func alias(_ name: String, of key: Key) -> Alias {
        Alias(id: name, keyID: key.id, creationDate: 1, lastUpdatedDate: 1)
    }
}

@Suite struct KeyIndexTests {
    @Test func aKeyIsReadWhenItIsAskedForAndKept() async throws {
        let (keys, key) = (try Keys(), Keys.key(1))
        #expect(try await keys.entry(key) == nil)
        try await keys.put(key, Keys.alias("alias/b", of: key), Keys.alias("alias/a", of: key))
        #expect(keys.index.count == 0)
        let entry = try #require(try await keys.entry(key))
        #expect(entry.arn == key.arn && entry.aliases == ["alias/a", "alias/b"])
        #expect(try await keys.entry(key) === entry)
        #expect(try await keys.alias("alias/a") == key.id)
        #expect(try await keys.alias("alias/c") == nil)
        #expect(try await keys.index.key("arn:aws:kms:eu-west-1:\(account):key/\(key.id)", keys.environment) == nil)
        #expect(try await keys.index.key("arn:aws:kms:us-east-1:\(account):alias/a", keys.environment) == nil)
        #expect(try await keys.index.key("nonsense", keys.environment) == nil)
    }

    @Test func keysShareEqualPolicies() async throws {
        let keys = try Keys()
        try await keys.put(Keys.key(1), Keys.key(2))
        let (first, second) = (try await keys.entry(Keys.key(1)), try await keys.entry(Keys.key(2)))
        #expect(first != nil && first?.policy === second?.policy)
    }

    @Test func aChangeIsSeenAtOnce() async throws {
        let keys = try Keys()
        var key = Keys.key(1)
        try await keys.put(key)
        let material = try KeyMaterial.generate(.symmetricDefault)
        let before = try #require(try await keys.entry(key))
        before.keep(material, "material")
        key.state = .disabled
        key.tags = [Tag(key: "team", value: "blue")]
        try await keys.put(key)
        let after = try #require(try await keys.entry(key))
        #expect(after.key.state == .disabled && after.key.tags == key.tags)
        // What was deleted with the change must not be used.
        #expect(before.material("material") != nil && after.material("material") == nil)
        try await keys.delete(key)
        #expect(try await keys.entry(key) == nil)
    }

    @Test func anAliasThatMovesIsNoLongerItsFormerKeys() async throws {
        let (keys, one, two) = (try Keys(), Keys.key(1), Keys.key(2))
        try await keys.put(one, two, Keys.alias("alias/a", of: one))
        #expect(try await keys.entry(one)?.aliases == ["alias/a"])
        #expect(try await keys.entry(two)?.aliases == [])
        #expect(try await keys.alias("alias/a") == one.id)
        try await keys.put(Keys.alias("alias/a", of: two))
        #expect(try await keys.entry(one)?.aliases == [])
        #expect(try await keys.entry(two)?.aliases == ["alias/a"])
        #expect(try await keys.alias("alias/a") == two.id)
        try await keys.delete(Keys.alias("alias/a", of: two))
        #expect(try await keys.entry(two)?.aliases == [])
        #expect(try await keys.alias("alias/a") == nil)
    }

    @Test func aResetForgetsEverything() async throws {
        let (keys, key) = (try Keys(), Keys.key(1))
        try await keys.put(key, Keys.alias("alias/a", of: key))
        #expect(try await keys.entry(key) != nil)
        #expect(try await keys.alias("alias/a") != nil)
        let index = keys.index
        try await keys.environment.ledger.reset(
            keeping: { _, _ in false }, rebuilding: { index.replaceAll(with: $0) })
        #expect(try await keys.entry(key) == nil)
        #expect(try await keys.alias("alias/a") == nil)
    }

    /// Whoever has been answered finds their change, however many are reading the key from the ledger meanwhile.
    @Test func aReaderNeverKeepsWhatWasChangedMeanwhile() async throws {
        let keys = try Keys()
        try await keys.put(Keys.key(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    while !Task.isCancelled {
                        _ = try await keys.entry(Keys.key(1))
                        await Task.yield()
                    }
                }
            }
            for number in 1...60 {
                try await keys.put(Keys.key(1, description: "\(number)"))
                #expect(try await keys.entry(Keys.key(1))?.key.description == "\(number)")
            }
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    }

    @Test func manyKeysTakeNoMoreThanSoMuchMemory() async throws {
        let keys = try Keys()
        let policy = String(repeating: " ", count: 30_000)
        for start in stride(from: 0, to: 300, by: 100) {
            try await keys.environment.write(scope, requestID: "") { (own) throws(ServiceError) in
                for number in start..<(start + 100) {
                    var key = Keys.key(number)
                    key.policy = KeyPolicies.standard("\(100_000_000_000 + number)") + policy
                    try own.put(key)
                }
            }
        }
        for number in 0..<300 { #expect(try await keys.entry(Keys.key(number)) != nil) }
        // Each is reckoned with more than 120 kB, and 32 MB are kept.
        #expect((50...280).contains(keys.index.count))
    }
}
