import Dispatch
import Synchronization

/// A ledger's database in PostgreSQL, which any number of nodes share.
///
/// Handlers read and write synchronously, here as in SQLite: each runs on one of a few threads that are there to wait
/// for the database. What waits to be written on a node is committed together.
final class PostgresStore: Store {
    let address: PostgresAddress
    /// Who writes; nil: nobody, for the ledger is open for reading alone.
    let writer: PostgresWriter?
    let schema: PostgresSchema
    private let writing: DatabaseThreads
    private let reading: DatabaseThreads
    private let idle = Mutex<[PostgresConnection]>([])
    private let isClosed = Mutex(false)

    /// How many may read at once; each has a connection.
    static let mostReaders = 8

    init(
        _ address: PostgresAddress, readOnly: Bool, _ format: Format, _ schema: PostgresSchema = .current
    ) throws {
        self.address = address
        self.schema = schema
        if readOnly {
            writer = nil
            try schema.check(PostgresSession(Self.connect(address, name: "gatehouse start", patience: 60)))
        } else {
            let epoch = try schema.prepare(address, format)
            var random = SystemRandomNumberGenerator()
            writer = PostgresWriter(
                address, node: UUIDv7.make(milliseconds: Writer.milliseconds, using: &random), schema, epoch: epoch)
        }
        let writing = try DatabaseThreads(most: 1)
        do {
            reading = try DatabaseThreads(most: Self.mostReaders)
        } catch {
            writing.close()
            throw error
        }
        self.writing = writing
    }

    /// A connection that is ready for statements.
    static func connect(
        _ address: PostgresAddress, name: String, patience: Double?
    ) throws(PostgresError) -> PostgresConnection {
        let connection = try PostgresConnection(address, name: name, patience: patience)
        // An answer promises that what it tells is on disk: `off` would not wait for that, and anything else does.
        try connection.script(
            """
            SET synchronous_commit TO DEFAULT;
            SELECT CASE WHEN current_setting('synchronous_commit') = 'off'
              THEN set_config('synchronous_commit', 'on', false) END
            """)
        try connection.beginPipeline()
        return connection
    }

    var isRemote: Bool { true }

    // MARK: Reading

    func read<T>(_ body: (any StoreSession) throws -> T) throws -> T {
        let connection = try takeReader()
        var isDone = false
        // A connection of which nobody knows the state is not used again.
        defer { if isDone { giveBack(connection) } }
        try connection.send("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        let result: T
        do {
            result = try body(PostgresSession(connection))
        } catch {
            if (error as? PostgresError) == nil, connection.isInTransaction {
                try connection.send("COMMIT")
                try connection.settle()
                isDone = true
            }
            throw error
        }
        try connection.send("COMMIT")
        // Nobody waits for the end of what changes nothing.
        try connection.push()
        isDone = true
        return result
    }

    func search<T: Sendable>(_ body: @escaping @Sendable (any StoreSession) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = reading.submit {
                continuation.resume(with: Result { try self.read(body) })
            }
            if !isTaken { continuation.resume(throwing: Self.closed) }
        }
    }

    private func takeReader() throws -> PostgresConnection {
        guard !isClosed.withLock({ $0 }) else { throw Self.closed }
        while let connection = idle.withLock({ $0.popLast() }) {
            if connection.isAlive { return connection }
        }
        return try Self.connect(address, name: "gatehouse reader", patience: 60)
    }

    private func giveBack(_ connection: PostgresConnection) {
        guard connection.isUsable, !isClosed.withLock({ $0 }) else { return }
        idle.withLock { if $0.count < Self.mostReaders { $0.append(connection) } }
    }

    // MARK: Writing

    func enqueue(_ body: @escaping @Sendable (any StoreSession) -> Void) {
        writing.submit { body(PostgresSession(writer: self.writer)) }
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (any StoreSession) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = writing.submit {
                continuation.resume(
                    with: Result {
                        let session = PostgresSession(writer: self.writer)
                        try session.begin()
                        do {
                            let result = try body(session)
                            try session.commit(nil)
                            return result
                        } catch {
                            if session.isInTransaction { try? session.rollback() }
                            throw error
                        }
                    })
            }
            if !isTaken { continuation.resume(throwing: Self.closed) }
        }
    }

    func open<T>(_ body: (any StoreSession) throws -> T) throws -> T { try read(body) }

    func alone<T>(_ body: (any StoreSession) throws -> T) throws -> T { try body(PostgresSession(writer: writer)) }

    func copy<T>(
        to path: String, _ progress: @escaping (Double) -> Void, _ body: (any StoreSession) throws -> T
    ) throws -> T {
        throw LedgerError(.invalid, "The ledger is in PostgreSQL, which has no file to copy.")
    }

    func close() {
        writing.closeAndWait()
        reading.close()
        isClosed.withLock { $0 = true }
        idle.withLock { $0 = [] }
        writer?.close()
    }

    deinit {
        writing.close()
        reading.close()
    }

    private static let closed = LedgerError(.closed, "The ledger is closed.")
}
