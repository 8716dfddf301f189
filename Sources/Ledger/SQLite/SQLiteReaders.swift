import GRDB
import Synchronization

/// The connections on which calling threads read. There are as many as ever read at once.
///
/// GRDB's own pool does the same, but asks with each read whether the schema has changed, which this one's never does, and goes
/// through three queues: together a third of what it takes to read a row.
final class SQLiteReaders: Sendable {
    /// nil: closed.
    private let free = Mutex<[DatabaseQueue]?>([])
    private let path: String
    private let configuration: Configuration

    /// - Parameter configuration: of a connection to a database that is there.
    init(path: String, _ configuration: Configuration) {
        self.path = path
        var configuration = configuration
        configuration.readonly = true
        self.configuration = configuration
    }

    func read<T>(_ body: (Database) throws -> T) throws -> T {
        let (isOpen, known) = free.withLock { ($0 != nil, $0?.popLast()) }
        guard isOpen else { throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "the ledger is closed") }
        let connection = try known ?? DatabaseQueue(path: path, configuration: configuration)
        defer {
            let isKept = free.withLock { free in
                free?.append(connection)
                return free != nil
            }
            if !isKept { try? connection.close() }
        }
        return try connection.unsafeRead(body)
    }

    /// Closes those that nobody reads on; the others close when they are given back.
    func close() {
        let connections = free.withLock { free in
            defer { free = nil }
            return free ?? []
        }
        for connection in connections { try? connection.close() }
    }
}
