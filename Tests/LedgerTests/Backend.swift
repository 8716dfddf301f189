import Foundation
import Keyring
import Synchronization
import Testing

@testable import Ledger

/// The databases that a ledger can be in: what holds for one has to hold for the other.
enum Backend: CaseIterable, CustomTestStringConvertible {
    case sqlite, postgres

    var testDescription: String { "\(self)" }

    /// An empty ledger: in memory, or in a schema of its own.
    func ledger() throws -> Ledger {
        switch self {
        case .sqlite: try .inMemory()
        case .postgres: try Ledger(at: .postgres(TestServer.shared.get().newAddress()), keyring: EphemeralKeyring())
        }
    }

    /// A place for a ledger that is opened more than once.
    func place() throws -> Place { try Place(self) }
}

/// Where a ledger is, for as long as a test: a directory, or a schema, and the file of its key.
final class Place: Sendable {
    let directory: TemporaryDirectory
    let location: Ledger.Location

    init(_ backend: Backend) throws {
        directory = try TemporaryDirectory()
        location =
            switch backend {
            case .sqlite: .directory(directory.data)
            case .postgres: .postgres(try TestServer.shared.get().newAddress())
            }
    }

    func open(readOnly: Bool = false) throws -> Ledger {
        try Ledger(at: location, keyring: KeyFile(path: directory.key), readOnly: readOnly)
    }
}

/// The PostgreSQL server of this run of the tests. It ends with the process, however that ends: then its input does.
final class TestServer: Sendable {
    static let shared = Result { try TestServer() }

    let folder: String
    private let input: FileHandle
    private let count = Mutex(0)

    private init() throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let script = tests.deletingLastPathComponent().appending(path: "Tools/postgres-for-tests")
        let (input, output) = (Pipe(), Pipe())
        let process = Process()
        process.executableURL = script
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = output.fileHandleForReading.availableData
        try #require(!line.isEmpty, "PostgreSQL could not be started: see above.")
        folder = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .newlines)
        self.input = input.fileHandleForWriting
    }

    /// An empty schema.
    func newAddress() throws -> PostgresAddress {
        let number = count.withLock {
            $0 += 1
            return $0
        }
        let schema = "test\(number)"
        try execute("CREATE SCHEMA \(schema)", in: address("public"))
        return try address(schema)
    }

    private func address(_ schema: String) throws -> PostgresAddress {
        let host = folder.replacingOccurrences(of: "/", with: "%2F")
        // The machine may be busy with other tests: a connection may take as long as it likes.
        return try PostgresAddress(
            "postgres://gatehouse@\(host)/gatehouse?connect_timeout=0&options=-csearch_path%3D\(schema)")
    }

    /// Runs a statement as somebody who has got at the database.
    func execute(_ sql: String, in address: PostgresAddress) throws {
        let connection = try PostgresConnection(address, name: "test", patience: 30)
        try connection.script(sql)
    }
}
