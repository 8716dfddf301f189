import GRDB

/// A ledger's database in SQLite: a file in WAL mode with `synchronous=FULL`, or memory.
final class SQLiteStore: Store {
    let database: any DatabaseWriter
    private let isInMemory: Bool
    /// nil where there is one connection for everything.
    private let readers: SQLiteReaders?
    private let writersStatements = WritersStatements()

    init(_ database: any DatabaseWriter, isInMemory: Bool, readers: SQLiteReaders? = nil) {
        self.database = database
        self.isInMemory = isInMemory
        self.readers = readers
    }

    var isRemote: Bool { false }

    func read<T>(_ body: (any StoreSession) throws -> T) throws -> T {
        func read(_ database: Database) throws -> T {
            let session = SQLiteSession(database)
            // In memory there is only one connection, and this call has it to itself.
            if isInMemory { return try body(session) }
            try database.transact("BEGIN DEFERRED")
            defer { try? database.transact("COMMIT") }
            return try body(session)
        }
        return if let readers { try readers.read(read) } else { try database.unsafeRead(read) }
    }

    func search<T: Sendable>(_ body: @escaping @Sendable (any StoreSession) throws -> T) async throws -> T {
        try await database.read { try body(SQLiteSession($0)) }
    }

    func enqueue(_ body: @escaping @Sendable (any StoreSession) -> Void) {
        let own = writersStatements
        database.asyncWriteWithoutTransaction { body(SQLiteSession($0, own.statements)) }
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (any StoreSession) throws -> T) async throws -> T {
        try await database.writeWithoutTransaction { database in
            let session = SQLiteSession(database)
            try session.begin()
            do {
                let result = try body(session)
                try session.commit(nil)
                return result
            } catch {
                if session.isInTransaction { try? session.rollback() }
                throw error
            }
        }
    }

    func open<T>(_ body: (any StoreSession) throws -> T) throws -> T {
        try database.writeWithoutTransaction { try body(SQLiteSession($0)) }
    }

    func alone<T>(_ body: (any StoreSession) throws -> T) throws -> T { try open(body) }

    /// Copies in steps, to report progress. The transaction around them makes sure that all copy the same state.
    func copy<T>(
        to path: String, _ progress: @escaping (Double) -> Void, _ body: (any StoreSession) throws -> T
    ) throws -> T {
        let copy = try DatabaseQueue(path: path)
        let result = try read { session in
            guard let session = session as? SQLiteSession else {
                throw LedgerError(.invalid, "The ledger is not in SQLite.")
            }
            let result = try body(session)
            try copy.writeWithoutTransaction { target in
                // A copy that is not whole is thrown away, so it need not be written twice to be safe.
                try target.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
                try session.database.backup(to: target, pagesPerStep: Self.pagesPerStep) { step in
                    guard step.totalPageCount > 0 else { return }
                    progress(1 - Double(step.remainingPageCount) / Double(step.totalPageCount))
                }
            }
            return result
        }
        // It brought WAL mode along: as one file it can be read where nothing can be written.
        try copy.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE")
        }
        try copy.close()
        return result
    }

    /// Has what was written without care on disk.
    func settle() throws {
        try database.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE")
        }
    }

    /// 8 MB.
    private static let pagesPerStep: CInt = 2048

    func close() {
        // A connection with statements can't be closed.
        try? database.writeWithoutTransaction { _ in writersStatements.statements = FrequentStatements() }
        readers?.close()
        try? database.close()
    }

    /// Those of the connection that writes; used on its queue alone.
    private final class WritersStatements: @unchecked Sendable {
        /// With room for the values of nearly every write.
        var statements = FrequentStatements(room: 64 << 10)
    }

    /// What an error of the database means.
    static func meaning(of error: any Error) -> LedgerError? {
        guard let error = error as? DatabaseError else { return nil }
        let kind: LedgerError.Kind =
            switch error.resultCode {
            case .SQLITE_FULL: .full
            case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
            case .SQLITE_READONLY: .readOnly
            case .SQLITE_MISUSE: .closed
            default: .io
            }
        let reason = error.message ?? "\(error.resultCode)"
        return switch kind {
        case .corrupt:
            LedgerError(kind, "The ledger's database is damaged (\(reason)).")
        case .full:
            LedgerError(kind, "The ledger's database can't grow (\(reason)). Make room on the disk that it is on.")
        default: LedgerError(kind, "The ledger's database: \(reason).")
        }
    }
}
