import CSQLiteSetup
import GRDBSQLite
import Wire

/// What a query may take, and come to.
public struct QueryLimits: Sendable {
    /// Seconds that it may run, once its events are there.
    public var seconds = 60.0
    /// Bytes of its events, as far as it asks for them.
    public var memory: Int64 = 256 << 20
    /// Instructions of SQLite's machine.
    public var steps: Int64 = 4_000_000_000
    public var rows = 1_000_000
    /// Of its result: texts, with the names of their columns once.
    public var bytes = 64 << 20

    /// The usual limits.
    public init() {}
}

/// What a query has come to.
public struct QueryResult: Sendable, Equatable {
    public var columns: [String] = []
    /// Each with a text for each column; nil: NULL.
    public var rows: [[String?]] = []

    /// A result without rows.
    public init() {}
}

/// One query, run by SQLite in a database of its own, which is in memory and has nothing but its event data stores: the
/// columns that it asks for, of the events that are put into it.
///
/// ```swift
/// let sandbox = try QuerySandbox(statement)
/// try sandbox.insert(record, into: "3f1b0a2c-…")
/// let result = try sandbox.run { false }
/// ```
///
/// The statement is a stranger's. So SQLite's authorizer lets it read these tables and call the functions of a list, and
/// nothing else; there are no files, also not for what is put aside; and time, memory, steps and the result are limited.
/// <https://www.sqlite.org/security.html>
///
/// Not to be used by two threads at once.
public final class QuerySandbox: @unchecked Sendable {
    private let statement: LakeStatement
    private let limits: QueryLimits
    private let database: OpaquePointer
    private var select: OpaquePointer?
    private var inserts: [String: OpaquePointer] = [:]
    private let guardian: Guardian

    /// What the callbacks of a connection know.
    private final class Guardian {
        let tables: Set<String>
        let queries: Set<String>
        /// Whether it is Gatehouse's own statement that SQLite looks at: it looks at each again after a change of rights.
        var isOwn = false
        /// What was refused last.
        var refused: String?
        var steps: Int64 = 0
        var mostSteps: Int64 = 0
        var deadline = ContinuousClock.now
        var isCancelled: () -> Bool = { false }
        var error: LakeQueryError?

        init(tables: Set<String>, queries: Set<String>) {
            (self.tables, self.queries) = (tables, queries)
        }
    }

    /// Before the first connection of the process, where the ledger has none: it is on PostgreSQL.
    private static let isSetUp: Void = {
        _ = sqlite3_config_without_memory_statistics()
        _ = sqlite3_config_memory_file_size(128 << 20)
    }()

    /// Makes the database, and has SQLite understand the statement.
    /// - Throws: ``LakeQueryError/statement(_:)`` for a statement that can't be run.
    public init(_ statement: LakeStatement, limits: QueryLimits = QueryLimits()) throws(LakeQueryError) {
        Self.isSetUp
        self.statement = statement
        self.limits = limits
        guardian = Guardian(tables: Set(statement.stores), queries: statement.queries)
        var database: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE
        guard sqlite3_open_v2(":memory:", &database, flags, "memdb") == SQLITE_OK, let database else {
            sqlite3_close_v2(database)
            throw .engine("SQLite opens no database in memory.")
        }
        self.database = database
        try setUp()
        for store in statement.stores { try addTable(store) }
        try QueryFunctions.register(in: database)
        try lock()
        try understand()
    }

    deinit {
        for insert in inserts.values { sqlite3_finalize(insert) }
        sqlite3_finalize(select)
        sqlite3_close_v2(database)
    }

    // MARK: The database

    private static let pageSize: Int64 = 4096

    private func setUp() throws(LakeQueryError) {
        // What is put aside goes to the same file system, which is in memory, and bounded.
        try execute(
            """
            PRAGMA page_size = \(Self.pageSize); PRAGMA max_page_count = \(max(16, limits.memory / Self.pageSize));
            PRAGMA temp_store = FILE; PRAGMA cache_size = -16384; PRAGMA case_sensitive_like = ON;
            PRAGMA journal_mode = OFF; PRAGMA cell_size_check = ON
            """)
        guard sqlite3_make_defensive(database) == SQLITE_OK else { throw .engine(message) }
        let most: [(Int32, Int32)] = [
            (SQLITE_LIMIT_LENGTH, 4 << 20), (SQLITE_LIMIT_SQL_LENGTH, 256 << 10), (SQLITE_LIMIT_COLUMN, 256),
            (SQLITE_LIMIT_EXPR_DEPTH, 200), (SQLITE_LIMIT_COMPOUND_SELECT, 50), (SQLITE_LIMIT_VDBE_OP, 250_000),
            (SQLITE_LIMIT_FUNCTION_ARG, 32), (SQLITE_LIMIT_ATTACHED, 0), (SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000),
            (SQLITE_LIMIT_VARIABLE_NUMBER, 64), (SQLITE_LIMIT_TRIGGER_DEPTH, 0), (SQLITE_LIMIT_WORKER_THREADS, 0),
        ]
        for (limit, value) in most { sqlite3_limit(database, limit, value) }
        let collation = sqlite3_create_collation_v2(
            database, "lake_time", SQLITE_UTF8, nil,
            { _, aCount, a, bCount, b in
                LakeTime.order(text(a, aCount), text(b, bCount))
            }, nil)
        guard collation == SQLITE_OK else { throw .engine(message) }
        try execute("BEGIN")
    }

    /// All columns, so that a name that is there never fails; but only those that are asked for are filled.
    private func addTable(_ store: String) throws(LakeQueryError) {
        let columns = EventColumn.all.map { column in
            switch column.kind {
            case .boolean: "\"\(column.name)\" BOOLEAN"
            case .timestamp: "\"\(column.name)\" TEXT COLLATE lake_time"
            case .structure, .map, .array: "\"\(column.name)\" TEXT /* JSON */"
            case .text: "\"\(column.name)\" TEXT"
            }
        }
        try execute("CREATE TABLE \"\(store)\" (\(columns.joined(separator: ", ")))")
        let names = statement.columns.map { "\"\($0.name)\"" }
        let sql =
            names.isEmpty
            ? "INSERT INTO \"\(store)\" DEFAULT VALUES"
            : "INSERT INTO \"\(store)\" (\(names.joined(separator: ", "))) VALUES (\(names.map { _ in "?" }.joined(separator: ", ")))"
        inserts[store] = try prepare(sql)
    }

    private func execute(_ sql: String) throws(LakeQueryError) {
        guard sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else { throw .engine(message) }
    }

    private func prepare(_ sql: String) throws(LakeQueryError) -> OpaquePointer? {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK else { throw .engine(message) }
        return statement
    }

    private var message: String { String(cString: sqlite3_errmsg(database)) }

    // MARK: The statement

    /// From here on the statement's rights are all there is.
    private func lock() throws(LakeQueryError) {
        let context = Unmanaged.passUnretained(guardian).toOpaque()
        sqlite3_set_authorizer(
            database,
            { context, action, first, second, _, _ in
                guard let context else { return SQLITE_DENY }
                let guardian = Unmanaged<Guardian>.fromOpaque(context).takeUnretainedValue()
                if guardian.isOwn { return SQLITE_OK }
                switch action {
                case SQLITE_SELECT: return SQLITE_OK
                case SQLITE_READ:
                    let table = first.map { String(cString: $0) } ?? ""
                    let column = second.map { String(cString: $0) } ?? ""
                    if guardian.tables.contains(table), column.isEmpty || EventColumn.named(column) != nil {
                        return SQLITE_OK
                    }
                    if column.isEmpty, guardian.queries.contains(table.lowercased()) { return SQLITE_OK }
                    guardian.refused = "\(table).\(column) cannot be read."
                case SQLITE_FUNCTION:
                    let name = second.map { String(cString: $0) } ?? ""
                    if QueryFunctions.allowed.contains(name.lowercased()) { return SQLITE_OK }
                    guardian.refused = "The function \(name) is not supported."
                case SQLITE_RECURSIVE: guardian.refused = "Recursive queries are not supported."
                default: guardian.refused = "Only SELECT statements are allowed."
                }
                return SQLITE_DENY
            }, context)
        sqlite3_progress_handler(
            database, Self.stepsBetweenLooks,
            { context in
                guard let context else { return 1 }
                let guardian = Unmanaged<Guardian>.fromOpaque(context).takeUnretainedValue()
                if guardian.isOwn { return 0 }
                guardian.steps += Int64(QuerySandbox.stepsBetweenLooks)
                if guardian.isCancelled() {
                    guardian.error = .cancelled
                } else if guardian.steps > guardian.mostSteps || ContinuousClock.now > guardian.deadline {
                    guardian.error = .tooLong
                }
                return guardian.error == nil ? 0 : 1
            }, context)
    }

    /// From now on the statement's time runs.
    private func allow() {
        guardian.deadline = .now + .seconds(limits.seconds)
        (guardian.steps, guardian.mostSteps) = (0, limits.steps)
    }

    private static let stepsBetweenLooks: Int32 = 10_000

    private func understand() throws(LakeQueryError) {
        allow()
        var rest: UnsafePointer<CChar>?
        let sql = statement.sql
        let code = sql.withCString { sql in
            let code = sqlite3_prepare_v2(database, sql, -1, &select, &rest)
            // Nothing may follow.
            return code == SQLITE_OK && rest?.pointee != 0 ? SQLITE_ERROR : code
        }
        guard code == SQLITE_OK, let select, sqlite3_stmt_readonly(select) != 0 else {
            throw .statement(guardian.refused ?? Self.explained(message))
        }
    }

    /// What SQLite says of a statement, in the words of whoever asks.
    private static func explained(_ message: String) -> String {
        for (start, text) in [
            ("no such function: ", "The function % is not supported."),
            ("no such column: ", "Column % cannot be resolved."),
            ("no such table: ", "Table % does not exist: FROM takes the IDs of event data stores."),
        ] where message.hasPrefix(start) {
            return text.split(separator: "%").joined(separator: String(message.dropFirst(start.count)))
        }
        return "\(message)."
    }

    // MARK: Events

    /// Puts an event into a store that the statement names; what is no JSON is left out.
    /// - Returns: whether it was put.
    /// - Throws: ``LakeQueryError/tooLarge(_:)``
    @discardableResult
    public func insert(_ record: [UInt8], into store: String) throws(LakeQueryError) -> Bool {
        guard let insert = inserts[store] else { return false }
        var members: [String: JSONValue] = [:]
        if !statement.columns.isEmpty {
            guard case .object(let all)? = try? JSONValue(parsing: record) else { return false }
            for member in all { members[member.key] = member.value }
        }
        sqlite3_reset(insert)
        sqlite3_clear_bindings(insert)
        for (index, column) in statement.columns.enumerated() {
            bind(column, members, record, at: Int32(index + 1), of: insert)
        }
        guardian.isOwn = true
        let code = sqlite3_step(insert)
        guardian.isOwn = false
        guard code == SQLITE_DONE else {
            if code == SQLITE_FULL || code == SQLITE_NOMEM || code == SQLITE_TOOBIG { throw tooMuchMemory }
            throw .engine(message)
        }
        return true
    }

    private var tooMuchMemory: LakeQueryError {
        .tooLarge("The query needs more memory than a query may have: ask for fewer columns, or of fewer events.")
    }

    private func bind(
        _ column: EventColumn, _ members: [String: JSONValue], _ record: [UInt8], at index: Int32,
        of insert: OpaquePointer
    ) {
        if column.name == EventColumn.whole {
            QueryFunctions.bind(String(decoding: record, as: UTF8.self), at: index, of: insert)
            return
        }
        guard let value = members[column.name] else { return }
        switch (column.kind, value) {
        case (_, .null): break
        case (.boolean, .boolean(let value)): sqlite3_bind_int(insert, index, value ? 1 : 0)
        case (.timestamp, .string(let text)):
            QueryFunctions.bind(LakeTime.milliseconds(text).map(LakeTime.text) ?? text, at: index, of: insert)
        default: QueryFunctions.bind(QueryFunctions.text(of: value), at: index, of: insert)
        }
    }

    // MARK: Running

    /// Runs the statement over the events that were put in. Once.
    /// - Parameter isCancelled: asked now and then whether the query is wanted no more.
    /// - Throws: why there is no result.
    public func run(isCancelled: @escaping () -> Bool) throws(LakeQueryError) -> QueryResult {
        guard let select else { throw .engine("The statement has been run.") }
        defer {
            sqlite3_finalize(select)
            self.select = nil
            guardian.isCancelled = { false }
        }
        allow()
        guardian.isCancelled = isCancelled
        let count = sqlite3_column_count(select)
        var result = QueryResult()
        result.columns = (0..<count).map { index in
            sqlite3_column_name(select, index).map { String(cString: $0) } ?? "_col\(index)"
        }
        let booleans = (0..<count).map { index in
            sqlite3_column_decltype(select, index).map { String(cString: $0) == "BOOLEAN" } ?? false
        }
        var bytes = 0
        while true {
            switch sqlite3_step(select) {
            case SQLITE_ROW: break
            case SQLITE_DONE: return result
            case SQLITE_INTERRUPT: throw guardian.error ?? .cancelled
            case SQLITE_FULL, SQLITE_NOMEM, SQLITE_TOOBIG: throw tooMuchMemory
            case SQLITE_ERROR: throw .statement("\(message).")
            default: throw .engine(message)
            }
            let row = (0..<count).map { index in
                QueryFunctions.shown(select, index, isBoolean: booleans[Int(index)])
            }
            bytes += row.reduce(0) { $0 + ($1?.utf8.count ?? 0) + 1 }
            guard result.rows.count < limits.rows, bytes <= limits.bytes else {
                throw .tooLarge(
                    "The result is larger than \(limits.rows) rows or \(limits.bytes >> 20) MiB: add conditions, or a"
                        + " LIMIT.")
            }
            result.rows.append(row)
        }
    }
}

/// The text of a callback.
private func text(_ start: UnsafeRawPointer?, _ count: Int32) -> String {
    String(decoding: UnsafeRawBufferPointer(start: start, count: Int(max(0, count))), as: UTF8.self)
}
