import Foundation
import Keyring
import Testing

@Suite struct KeyringTests {
    @Test func sealAndOpen() throws {
        let key = try EphemeralKeyring().sealingKey(for: "ledger")
        for count in [0, 1, 15, 16, 17, 4096, 100_000] {
            let message = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            let sealed = try key.seal(message, authenticating: [1, 2])
            #expect(sealed.count == count + SealingKey.overhead)
            #expect(try key.open(sealed, authenticating: [1, 2]) == message)
            #expect(throws: KeyringError.self) { try key.open(sealed, authenticating: [1]) }
            #expect(throws: KeyringError.self) { try key.open(sealed) }
        }
    }

    @Test func everyBitCounts() throws {
        let key = try EphemeralKeyring().sealingKey(for: "ledger")
        let sealed = try key.seal(Array("message".utf8))
        for bit in 0..<sealed.count * 8 {
            var changed = sealed
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: KeyringError.self) { try key.open(changed) }
        }
        for count in 0..<sealed.count {
            #expect(throws: KeyringError.self) { try key.open(Array(sealed.prefix(count))) }
        }
        #expect(throws: KeyringError.self) { try key.open(sealed + [0]) }
    }

    @Test func messagesAreUnlike() throws {
        let key = try EphemeralKeyring().sealingKey(for: "ledger")
        let sealed = try (0..<100).map { _ in try key.seal([1, 2, 3]) }
        #expect(Set(sealed).count == 100)
        // Nonce and ciphertext differ each; the salt is that of one time.
        for range in [17..<29, 29..<32] { #expect(Set(sealed.map { Array($0[range]) }).count == 100) }
        #expect(Set(sealed.map { Array($0[1..<17]) }).count == 1)
        let other = try EphemeralKeyring().sealingKey(for: "ledger")
        #expect(try other.seal([1, 2, 3])[1..<17] != key.seal([1, 2, 3])[1..<17])
    }

    /// A key that seals too much would lose what AES-GCM promises.
    @Test func aSaltServesForManyMessagesAndNoMore() throws {
        let key = try EphemeralKeyring().sealingKey(for: "ledger")
        let salts = try (0...65_536).map { _ in Array(try key.seal([])[1..<17]) }
        #expect(Set(salts[..<65_536]).count == 1)
        #expect(salts[65_536] != salts[0])
        // Those of the time before open as well.
        #expect(try key.open(try key.seal([5])) == [5])
    }

    @Test func purposesAndKeyringsAreApart() throws {
        let keyring = EphemeralKeyring()
        let sealed = try keyring.sealingKey(for: "ledger").seal([1])
        #expect(try keyring.sealingKey(for: "ledger").open(sealed) == [1])
        #expect(throws: KeyringError.self) { try keyring.sealingKey(for: "session-token").open(sealed) }
        #expect(throws: KeyringError.self) { try EphemeralKeyring().sealingKey(for: "ledger").open(sealed) }
    }

    /// The sealed form is for years: a message sealed by the first version must open with every later one.
    @Test func theSealedFormStaysTheSame() throws {
        let directory = try TemporaryDirectory()
        try Data((0..<32).map { UInt8($0) }).write(to: URL(fileURLWithPath: directory.key))
        #expect(chmod(directory.key, 0o600) == 0)
        let key = try KeyFile(path: directory.key).sealingKey(for: "ledger")
        let sealed = try #require(Data(base64Encoded: Self.sealedByVersion1))
        #expect(try key.open([UInt8](sealed), authenticating: Array("context".utf8)) == Array("message".utf8))
    }

    private static let sealedByVersion1 = "AWRlZmdoaWprbG1ub3BxcnMyMzQ1Njc4OTo7PD3ad66kZS2NLrwg7OBocf7iGrRKYfCsCw=="

    @Test func theKeyFileIsMadeOnceForTheOwnerAlone() async throws {
        let directory = try TemporaryDirectory()
        let sealed = try KeyFile(path: directory.key).sealingKey(for: "x").seal([7])
        #expect(try KeyFile(path: directory.key).sealingKey(for: "x").open(sealed) == [7])
        var status = stat()
        #expect(stat(directory.key, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(status.st_size == 32)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["key"])
    }

    @Test func whoeverMakesItFirstWins() async throws {
        let directory = try TemporaryDirectory()
        let keyrings = try await withThrowingTaskGroup(of: KeyFile.self) { group in
            for _ in 0..<8 { group.addTask { try KeyFile(path: directory.key) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let sealed = try keyrings[0].sealingKey(for: "x").seal([7])
        for keyring in keyrings { #expect(try keyring.sealingKey(for: "x").open(sealed) == [7]) }
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o644, 0o620] as [mode_t])
    func aFileThatOthersMayUseIsRefused(mode: mode_t) throws {
        let directory = try TemporaryDirectory()
        _ = try KeyFile(path: directory.key)
        #expect(chmod(directory.key, mode) == 0)
        let error = #expect(throws: KeyringError.self) { try KeyFile(path: directory.key) }
        #expect(error?.kind == .insecure)
        #expect(error?.message.contains("chmod 600 '\(directory.key)'") == true)
    }

    @Test(arguments: [0, 31, 33, 71, 73, 4096, 4097]) func aFileThatIsNoKeyIsRefused(size: Int) throws {
        let directory = try TemporaryDirectory()
        try Data(repeating: 1, count: size).write(to: URL(fileURLWithPath: directory.key))
        #expect(chmod(directory.key, 0o600) == 0)
        let error = #expect(throws: KeyringError.self) { try KeyFile(path: directory.key) }
        #expect(error?.kind == .malformed)
    }

    // MARK: Rotation

    @Test func afterARotationBothKeysOpen() throws {
        let directory = try TemporaryDirectory()
        let keyring = try KeyFile(path: directory.key)
        let key = try keyring.sealingKey(for: "ledger")
        let old = try key.seal([1], authenticating: [9])
        #expect(try key.renew(old, authenticating: [9]) == nil)

        try keyring.rotate(at: 1_800_000_000)
        #expect(keyring.rotated == 1_800_000_000)
        let new = try key.seal([2])
        for other in [
            key, try keyring.sealingKey(for: "ledger"), try KeyFile(existing: directory.key).sealingKey(for: "ledger"),
        ] {
            #expect(try other.open(old, authenticating: [9]) == [1])
            #expect(try other.open(new) == [2])
            #expect(throws: KeyringError.self) { try other.open(old, authenticating: [8]) }
        }
        #expect(try key.renew(new) == nil)
        let renewed = try #require(try key.renew(old, authenticating: [9]))
        #expect(throws: KeyringError.self) { try key.renew(old, authenticating: [8]) }
        let error = #expect(throws: KeyringError.self) { try keyring.rotate(at: 1_800_000_001) }
        #expect(error?.kind == .rotating)

        try keyring.forgetPreviousKey()
        #expect(keyring.rotated == nil)
        for other in [key, try KeyFile(existing: directory.key).sealingKey(for: "ledger")] {
            #expect(try other.open(renewed, authenticating: [9]) == [1])
            #expect(try other.open(new) == [2])
            #expect(throws: KeyringError.self) { try other.open(old, authenticating: [9]) }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["key"])
        var status = stat()
        #expect(stat(directory.key, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func aRotationThatCannotBeWrittenChangesNothing() throws {
        let directory = try TemporaryDirectory()
        let keyring = try KeyFile(path: directory.key)
        let sealed = try keyring.sealingKey(for: "x").seal([1])
        try FileManager.default.removeItem(atPath: directory.path)
        #expect(throws: KeyringError.self) { try keyring.rotate(at: 1) }
        #expect(keyring.rotated == nil)
        #expect(try keyring.sealingKey(for: "x").open(sealed) == [1])
    }

    @Test func manyThreadsSealWhileItIsRotated() async throws {
        let directory = try TemporaryDirectory()
        let keyring = try KeyFile(path: directory.key)
        let key = try keyring.sealingKey(for: "x")
        try await withThrowingTaskGroup(of: [[UInt8]].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try (0..<300).map { _ in
                        let sealed = try key.seal([1])
                        _ = try key.open(sealed)
                        return sealed
                    }
                }
            }
            try keyring.rotate(at: 1)
            for try await sealed in group { for one in sealed { #expect(try key.open(one) == [1]) } }
        }
    }

    @Test func aFolderOrAMissingFolderIsRefused() throws {
        let directory = try TemporaryDirectory()
        #expect(throws: KeyringError.self) { try KeyFile(path: directory.path) }
        #expect(throws: KeyringError.self) { try KeyFile(path: directory.path + "/missing/key") }
    }

    @Test func keysDoNotPrintThemselves() throws {
        let directory = try TemporaryDirectory()
        let bytes = (0..<32).map { UInt8($0 + 100) }
        try Data(bytes).write(to: URL(fileURLWithPath: directory.key))
        #expect(chmod(directory.key, 0o600) == 0)
        let keyring = try KeyFile(path: directory.key)
        let key = try keyring.sealingKey(for: "x")
        #expect("\(key)" == "SealingKey")
        #expect(String(reflecting: key) == "SealingKey")
        var dumped = ""
        dump(key, to: &dumped)
        dump(keyring, to: &dumped)
        for form in [
            bytes.map(String.init).joined(separator: ", "), Data(bytes).base64EncodedString(), "- 100\n", "64656667",
        ] {
            #expect(!dumped.contains(form))
        }
    }
}
