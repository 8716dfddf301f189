import GRDB
import GRDBSQLite

/// Statements that are prepared once for each connection, bound and read in SQLite's own words: a write is a dozen of
/// them, and what GRDB does around each would cost more than SQLite does.
///
/// Transactions begin and end by GRDB's own means, which keep watch over them; savepoints within them are nothing to it.
extension Database {
    /// Begins or ends a transaction.
    func transact(_ sql: String) throws {
        try cachedStatement(sql: sql).execute()
    }

    /// Runs a statement that gives no rows.
    func run(_ sql: String, _ arguments: any Bindable...) throws {
        _ = try Rows(self, sql, arguments).next()
    }

    /// The rows of a query. Each is valid until the next.
    func rows(_ sql: String, _ arguments: any Bindable...) throws -> Rows {
        try Rows(self, sql, arguments)
    }

    /// The same, of a query that is put together.
    func rows(_ sql: String, arguments: [any Bindable]) throws -> Rows {
        try Rows(self, sql, arguments)
    }

    /// The number in the first column of the first row; nil when there is no row or it is NULL.
    func integer(_ sql: String, _ arguments: any Bindable...) throws -> Int64? {
        guard let row = try Rows(self, sql, arguments).next(), !row.isNull(0) else { return nil }
        return try row.integer(0)
    }
}

/// What a statement gives, row by row.
final class Rows {
    private let database: Database
    private let statement: Statement

    fileprivate init(_ database: Database, _ sql: String, _ arguments: [any Bindable]) throws {
        self.database = database
        statement = try database.cachedStatement(sql: sql)
        var bindings = Bindings(statement.sqliteStatement)
        for argument in arguments { argument.bind(to: &bindings) }
        guard bindings.code == SQLITE_OK else { throw failure(bindings.code) }
    }

    deinit {
        // Lets go of the state of the database that the statement reads, and of what was bound.
        sqlite3_reset(statement.sqliteStatement)
        sqlite3_clear_bindings(statement.sqliteStatement)
    }

    /// The next row; nil at the end.
    func next() throws -> ResultRow? {
        switch sqlite3_step(statement.sqliteStatement) {
        case SQLITE_ROW: ResultRow(rows: self, statement: statement.sqliteStatement)
        case SQLITE_DONE: nil
        case let code: throw failure(code)
        }
    }

    private func failure(_ code: CInt) -> DatabaseError {
        DatabaseError(resultCode: ResultCode(rawValue: code), message: database.lastErrorMessage)
    }
}

/// The statements that nearly every write consists of. A session finds them without looking for their text.
enum FrequentStatement: Int, CaseIterable {
    case beginSavepoint, releaseSavepoint, undoSavepoint, record, putRecord, count, addCount, appendEntry,
        insertSegment, insertIndexEntry, putRow, deleteRow, addRowIndex, removeRowIndex

    fileprivate var sql: String {
        switch self {
        case .beginSavepoint: "SAVEPOINT write"
        case .releaseSavepoint: "RELEASE write"
        case .undoSavepoint: "ROLLBACK TO write"
        case .record: "SELECT version, body FROM record WHERE account = ? AND region = ? AND kind = ? AND id = ?"
        case .putRecord:
            """
            INSERT INTO record (account, region, kind, id, version, body) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET version = excluded.version, body = excluded.body
            """
        case .count: "SELECT count FROM counter WHERE account = ? AND region = ? AND kind = ?"
        case .addCount:
            """
            INSERT INTO counter (account, region, kind, count) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET count = count + excluded.count
            """
        case .appendEntry:
            """
            INSERT INTO journal
              (sequence, time, account, region, kind, id, before_version, before, after, request_id, seal)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        case .insertSegment:
            "INSERT INTO event_segment (sequence, account, first_time, last_time, body) VALUES (?, ?, ?, ?, ?)"
        case .insertIndexEntry:
            "INSERT INTO event_index (account, attribute, value, last_time, segment) VALUES (?, ?, ?, ?, ?)"
        case .putRow:
            """
            INSERT INTO table_row (account, region, kind, partition, key, body) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET body = excluded.body
            """
        case .deleteRow:
            "DELETE FROM table_row WHERE account = ? AND region = ? AND kind = ? AND partition = ? AND key = ?"
        case .addRowIndex:
            "INSERT INTO table_index (account, region, kind, partition, name, value, key) VALUES (?, ?, ?, ?, ?, ?, ?)"
        case .removeRowIndex:
            """
            DELETE FROM table_index
            WHERE account = ? AND region = ? AND kind = ? AND partition = ? AND name = ? AND value = ? AND key = ?
            """
        }
    }
}

/// The frequent statements of one connection, each prepared when it is first needed.
final class FrequentStatements {
    private var statements: [Statement?] = []
    /// Where the values lie that are bound to the statement that runs, so that SQLite need not allocate for each; it is too
    /// small for some, which SQLite copies. Empty: it copies all.
    private let room: UnsafeMutableRawBufferPointer

    /// - Parameter room: bytes for the values of a statement.
    init(room: Int = 0) {
        self.room = .allocate(byteCount: room, alignment: 16)
    }

    deinit {
        room.deallocate()
    }

    /// Runs a statement.
    /// - Parameters:
    ///   - bind: sets its parameters, from first to last.
    ///   - read: is given the first row, if there is one.
    /// - Returns: what `read` returns; nil when there is no row.
    @discardableResult
    func run<T>(
        _ statement: FrequentStatement, in database: Database, _ bind: (inout Bindings) -> Void = { _ in },
        _ read: (ResultRow) throws -> T = { _ in }
    ) throws -> T? {
        let statement = try prepared(statement, database).sqliteStatement
        // All of its parameters are set anew before it runs again: what they point to until then is not looked at.
        var bindings = Bindings(statement, room: room)
        bind(&bindings)
        guard bindings.code == SQLITE_OK else { throw Self.failure(bindings.code, database) }
        // Lets go of the state of the database that the statement reads.
        defer { sqlite3_reset(statement) }
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return try read(ResultRow(rows: nil, statement: statement))
        case SQLITE_DONE: return nil
        case let code: throw Self.failure(code, database)
        }
    }

    private func prepared(_ statement: FrequentStatement, _ database: Database) throws -> Statement {
        if statements.isEmpty { statements = Array(repeating: nil, count: FrequentStatement.allCases.count) }
        if let known = statements[statement.rawValue] { return known }
        let new = try database.cachedStatement(sql: statement.sql)
        statements[statement.rawValue] = new
        return new
    }

    private static func failure(_ code: CInt, _ database: Database) -> DatabaseError {
        DatabaseError(resultCode: ResultCode(rawValue: code), message: database.lastErrorMessage)
    }
}

/// The columns of a row, which are read without trusting the file.
protocol Columns {
    func integer(_ column: Int) throws -> Int64
    func text(_ column: Int) throws -> String
    func bytes(_ column: Int) throws -> [UInt8]
    func isNull(_ column: Int) -> Bool
}

/// A row of a result.
struct ResultRow: Columns {
    /// Lives as long as the row, because the columns are gone with it; nil where the statement stays anyway.
    fileprivate let rows: Rows?
    fileprivate let statement: SQLiteStatement

    func integer(_ column: Int) throws -> Int64 {
        guard type(column) == SQLITE_INTEGER else { throw Self.mismatch }
        return sqlite3_column_int64(statement, CInt(clamping: column))
    }

    func text(_ column: Int) throws -> String {
        guard type(column) == SQLITE_TEXT, let text = sqlite3_column_text(statement, CInt(clamping: column))
        else { throw Self.mismatch }
        let count = Int(sqlite3_column_bytes(statement, CInt(clamping: column)))
        return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
    }

    func bytes(_ column: Int) throws -> [UInt8] {
        guard !isNull(column) else { throw Self.mismatch }
        // SQLite gives no address for a blob of no bytes.
        guard let bytes = sqlite3_column_blob(statement, CInt(clamping: column)) else { return [] }
        return Array(
            UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(statement, CInt(clamping: column)))))
    }

    func isNull(_ column: Int) -> Bool { type(column) == SQLITE_NULL }

    private func type(_ column: Int) -> CInt { sqlite3_column_type(statement, CInt(clamping: column)) }

    fileprivate static let mismatch = LedgerError(.corrupt, "The ledger's database misses a value.")
}

/// GRDB's rows, which outlive their statement when they are copied.
extension Row: Columns {
    func integer(_ column: Int) throws -> Int64 { try decode(Int64.self, atIndex: column) }

    func text(_ column: Int) throws -> String { try decode(String.self, atIndex: column) }

    func bytes(_ column: Int) throws -> [UInt8] {
        try withUnsafeData(atIndex: column) { data in
            guard let data else { throw ResultRow.mismatch }
            return [UInt8](data)
        }
    }

    func isNull(_ column: Int) -> Bool { hasNull(atIndex: column) }
}

/// The values of a statement's parameters, set one after another.
struct Bindings {
    private let statement: SQLiteStatement
    private var index: CInt = 0
    /// The first code that is not `SQLITE_OK`.
    fileprivate private(set) var code = SQLITE_OK
    /// Where values can lie until the statement has run.
    private var room: UnsafeMutableRawBufferPointer

    /// - Parameter room: for values; SQLite copies those that it is too small for.
    fileprivate init(_ statement: SQLiteStatement, room: UnsafeMutableRawBufferPointer? = nil) {
        self.statement = statement
        self.room = room ?? UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }

    fileprivate mutating func set(_ bind: (_ statement: SQLiteStatement, _ index: CInt) -> CInt) {
        index += 1
        let new = bind(statement, index)
        if code == SQLITE_OK { code = new }
    }

    /// Sets a parameter to bytes.
    /// - Parameter bind: is given where they lie, and who else looks after them.
    fileprivate mutating func set(
        _ bytes: UnsafeRawBufferPointer,
        _ bind: (
            _ statement: SQLiteStatement, _ index: CInt, _ start: UnsafeRawPointer?,
            _ destructor: sqlite3_destructor_type?
        ) -> CInt
    ) {
        guard let start = bytes.baseAddress, let place = room.baseAddress, bytes.count <= room.count else {
            return set { bind($0, $1, bytes.baseAddress, copied) }
        }
        place.copyMemory(from: start, byteCount: bytes.count)
        room = UnsafeMutableRawBufferPointer(rebasing: room[bytes.count...])
        set { bind($0, $1, place, nil) }
    }
}

/// What stands for one parameter of a statement, or for several in a row.
protocol Bindable {
    func bind(to bindings: inout Bindings)
}

/// Makes SQLite keep a copy of what is bound.
private let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

extension String: Bindable {
    func bind(to bindings: inout Bindings) {
        var text = self
        text.withUTF8 { text in
            let count = UInt64(text.count)
            bindings.set(UnsafeRawBufferPointer(text)) { statement, index, start, destructor in
                sqlite3_bind_text64(
                    statement, index, start?.assumingMemoryBound(to: CChar.self), count, destructor, UInt8(SQLITE_UTF8))
            }
        }
    }
}

extension [UInt8]: Bindable {
    func bind(to bindings: inout Bindings) {
        withUnsafeBytes { bytes in
            bindings.set(bytes) { statement, index, start, destructor in
                // Without an address SQLite would take it for NULL.
                guard let start, !bytes.isEmpty else { return sqlite3_bind_zeroblob(statement, index, 0) }
                return sqlite3_bind_blob64(statement, index, start, UInt64(bytes.count), destructor)
            }
        }
    }
}

extension Int64: Bindable {
    func bind(to bindings: inout Bindings) { bindings.set { sqlite3_bind_int64($0, $1, self) } }
}

extension Int: Bindable {
    func bind(to bindings: inout Bindings) { Int64(self).bind(to: &bindings) }
}

extension Optional: Bindable where Wrapped: Bindable {
    func bind(to bindings: inout Bindings) {
        guard let self else { return bindings.set { sqlite3_bind_null($0, $1) } }
        self.bind(to: &bindings)
    }
}

/// Account, region.
extension Scope: Bindable {
    func bind(to bindings: inout Bindings) {
        account.bind(to: &bindings)
        region.bind(to: &bindings)
    }
}

/// Account, region, kind, id.
extension RecordKey: Bindable {
    func bind(to bindings: inout Bindings) {
        scope.bind(to: &bindings)
        kind.bind(to: &bindings)
        id.bind(to: &bindings)
    }
}
