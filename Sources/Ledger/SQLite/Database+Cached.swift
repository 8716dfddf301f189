import FoundationEssentials
import GRDB

/// Statements that are prepared once for each connection, and columns that are read without trusting the file.
extension Database {
    func run(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// The rows of a query. Each is valid until the next.
    func rows(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> RowCursor {
        try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
    }

    /// The number in the first column of the first row; nil when there is no row or it is NULL.
    func integer(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Int64? {
        try Int64.fetchOne(cachedStatement(sql: sql), arguments: arguments)
    }
}

extension Row {
    func integer(_ column: Int) throws -> Int64 { try decode(Int64.self, atIndex: column) }

    func text(_ column: Int) throws -> String { try decode(String.self, atIndex: column) }

    func bytes(_ column: Int) throws -> [UInt8] {
        try withUnsafeData(atIndex: column) { data in
            guard let data else { throw LedgerError(.corrupt, "The ledger's database misses a value.") }
            return [UInt8](data)
        }
    }

    func isNull(_ column: Int) throws -> Bool { try decode(DatabaseValue.self, atIndex: column).isNull }
}

extension [UInt8] {
    /// As SQLite's bindings take it.
    var sqlData: Data { Data(self) }
}
