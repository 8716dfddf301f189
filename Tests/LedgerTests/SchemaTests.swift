import Keyring
import Testing

@testable import Ledger

/// Programs of different versions on one database.
@Suite struct SchemaTests {
    private let keyring = EphemeralKeyring()
    private let address: PostgresAddress

    init() throws {
        address = try TestServer.shared.get().newAddress()
    }

    private func open(_ schema: PostgresSchema) throws -> Ledger {
        let ledger = try Ledger(at: .postgres(address), keyring: keyring, schema: schema)
        try ledger.replay([User.kind]) { _ in }
        return ledger
    }

    /// A program of a later version, whose last step is this.
    private func later(_ step: PostgresSchema.Step) -> PostgresSchema {
        PostgresSchema(steps: PostgresSchema.current.steps + [step])
    }

    private func version() throws -> Int64? {
        let connection = try PostgresStore.connect(address, name: "test", patience: 30)
        return try connection.query("SELECT version FROM head").integer()
    }

    @Test func aDatabaseOfTheFirstVersionIsBroughtUpToThisOneBesideItsPrograms() async throws {
        try PostgresSchema(steps: []).prepare(address, Format(key: keyring.sealingKey(for: "ledger")))
        // A program of that version has prepared what it writes with.
        let old = try PostgresStore.connect(address, name: "test", patience: 30)
        func lock() throws -> Int64? {
            try old.send("BEGIN")
            let sequence = try old.query("SELECT sequence, segment, deadline FROM head FOR UPDATE").integer()
            try old.send("UPDATE head SET sequence = $1, segment = $2, deadline = $3", sequence ?? 0, 0, 0)
            try old.commit()
            return sequence
        }
        #expect(try lock() == 0)
        let new = try open(.current)
        #expect(try version() == PostgresSchema.current.version)
        try await new.put(User(name: "alice"))
        #expect(try lock() == 1)
        try await new.put(User(name: "bob"))
        await new.close()
        let again = try open(.current)
        #expect(try await again.userCount() == 2)
        await again.close()
    }

    @Test func whatOnlyAddsLetsOlderNodesGoOn() async throws {
        let old = try open(.current)
        let next = later(
            PostgresSchema.Step(statements: [
                "ALTER TABLE node ADD COLUMN note text", "CREATE TABLE later (id bigint PRIMARY KEY)",
            ]))
        let new = try open(next)
        #expect(try version() == next.version)
        for (number, ledger) in [old, new, old, new].enumerated() {
            try await ledger.put(User(name: "u\(number)"))
        }
        for ledger in [old, new] {
            try await ledger.catchUp()
            #expect(try await ledger.userCount() == 4)
        }
        // An older program may also be started.
        let another = try open(.current)
        try await another.put(User(name: "u4"))
        #expect(try version() == next.version)
        for ledger in [old, new, another] { await ledger.close() }
    }

    @Test func whereOlderProgramsWouldDoHarmTheyStop() async throws {
        let old = try open(.current)
        try await old.put(User(name: "alice"))
        let next = later(
            PostgresSchema.Step(
                statements: ["ALTER TABLE record ADD COLUMN owner text"], least: PostgresSchema.current.version + 1))
        let new = try open(next)
        try await new.put(User(name: "bob"))

        let refusal = await #expect(throws: LedgerError.self) { try await old.put(User(name: "carol")) }
        #expect(refusal?.kind == .newerFormat)
        #expect(refusal?.message.contains("Replace it by the newer one") == true)
        // It also stops answering from what it knows, some time after: how soon is not shown here.
        var kind: LedgerError.Kind?
        for _ in 0..<60_000 where kind == nil {
            do { try await old.catchUp() } catch { kind = error.kind }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(kind == .newerFormat)
        #expect(old.nodeStatus?.isReachable == false)
        for readOnly in [false, true] {
            let error = #expect(throws: LedgerError.self) {
                try Ledger(at: .postgres(address), keyring: keyring, readOnly: readOnly)
            }
            #expect(error?.kind == .newerFormat)
        }
        #expect(try await new.userCount() == 2)
        for ledger in [old, new] { await ledger.close() }
    }

    @Test func aStepThatFailsChangesNothing() async throws {
        let old = try open(.current)
        let next = later(
            PostgresSchema.Step(statements: ["ALTER TABLE node ADD COLUMN note text", "ALTER TABLE nowhere ADD a text"])
        )
        #expect(throws: LedgerError.self) { try open(next) }
        #expect(try version() == PostgresSchema.current.version)
        try await old.put(User(name: "alice"))
        await old.close()
    }
}
