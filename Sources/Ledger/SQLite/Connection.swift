import CSQLiteSetup
import GRDB

/// How the ledger's SQLite database is opened.
enum Connection {
    /// A database in memory.
    static func openInMemory(_ format: Format) throws -> SQLiteStore {
        try store(DatabaseQueue(configuration: configuration()), isInMemory: true, format)
    }

    /// The database of a directory that this process has locked.
    static func open(_ directory: String, _ format: Format) throws -> SQLiteStore {
        let path = LedgerDirectory.databasePath(in: directory)
        let pool = try DatabasePool(path: path, configuration: configuration())
        // Not in `prepareDatabase`: GRDB sets NORMAL after that, and a commit would not wait for the disk.
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        return try store(pool, isInMemory: false, readers: SQLiteReaders(path: path, configuration()), format)
    }

    /// A new database in a file that is thrown away unless all of it is written: it need not be written twice to be safe.
    static func openForCopy(_ path: String, _ format: Format) throws -> SQLiteStore {
        let queue = try DatabaseQueue(path: path, configuration: configuration())
        try queue.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        }
        return try store(queue, isInMemory: false, format)
    }

    /// The database of a directory that another process may be changing.
    static func openReadOnly(_ directory: String) throws -> SQLiteStore {
        var configuration = configuration()
        configuration.readonly = true
        do {
            let queue = try DatabaseQueue(
                path: LedgerDirectory.databasePath(in: directory), configuration: configuration)
            // A reader needs nothing that a later format added.
            return SQLiteStore(queue, isInMemory: false)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN {
            throw LedgerError(.io, "There is no ledger in \(directory), or it cannot be opened.")
        }
    }

    private static func store(
        _ database: any DatabaseWriter, isInMemory: Bool, readers: SQLiteReaders? = nil, _ format: Format
    ) throws -> SQLiteStore {
        try database.writeWithoutTransaction { try Schema.prepare($0, format) }
        return SQLiteStore(database, isInMemory: isInMemory, readers: readers)
    }

    /// Before the first connection of the process. Nobody asks how much memory SQLite has; and queries of CloudTrail Lake
    /// have their limit (LakeQuery).
    private static let isSetUp =
        sqlite3_config_without_memory_statistics() == 0 && sqlite3_config_memory_file_size(128 << 20) == 0
        && sqlite3_config_statement_journals_in_memory() == 0

    private static func configuration() -> Configuration {
        _ = isSetUp
        var configuration = Configuration()
        configuration.label = "gatehouse.ledger"
        configuration.busyMode = .timeout(10)
        // Long reads run beside the calling threads; this is the most that may read at once.
        configuration.maximumReaderCount = 16
        return configuration
    }
}
