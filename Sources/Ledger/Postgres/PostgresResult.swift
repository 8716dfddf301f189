import CLibPQ

/// What a statement gave: rows in memory, in PostgreSQL's binary form.
final class PostgresResult {
    fileprivate let raw: OpaquePointer

    init(_ raw: OpaquePointer) {
        self.raw = raw
    }

    deinit {
        PQclear(raw)
    }

    var rows: [PostgresRow] { (0..<PQntuples(raw)).map { PostgresRow(result: self, row: $0) } }

    var first: PostgresRow? { PQntuples(raw) > 0 ? PostgresRow(result: self, row: 0) : nil }

    /// The number in the first column of the first row; nil when there is no row or it is NULL.
    func integer() throws -> Int64? {
        guard let first, !first.isNull(0) else { return nil }
        return try first.integer(0)
    }

    /// How many rows the statement changed.
    var changesCount: Int { Int(String(cString: PQcmdTuples(raw))) ?? 0 }

    /// What was done: `COMMIT`, `ROLLBACK`.
    var tag: String { String(cString: PQcmdStatus(raw)) }
}

/// A row of a result, read without trusting the database.
struct PostgresRow: Columns {
    fileprivate let result: PostgresResult
    fileprivate let row: CInt

    func integer(_ column: Int) throws -> Int64 {
        let bytes = try self.raw(column)
        guard bytes.count == 8 else { throw Self.mismatch }
        return Int64(bitPattern: bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    func text(_ column: Int) throws -> String { String(decoding: try raw(column), as: UTF8.self) }

    func bytes(_ column: Int) throws -> [UInt8] { Array(try raw(column)) }

    func isNull(_ column: Int) -> Bool { PQgetisnull(result.raw, row, CInt(clamping: column)) != 0 }

    /// Valid as long as the result.
    private func raw(_ column: Int) throws -> UnsafeRawBufferPointer {
        guard column < PQnfields(result.raw), !isNull(column),
            let value = PQgetvalue(result.raw, row, CInt(clamping: column))
        else { throw Self.mismatch }
        return UnsafeRawBufferPointer(start: value, count: Int(PQgetlength(result.raw, row, CInt(clamping: column))))
    }

    private static let mismatch = LedgerError(.corrupt, "The ledger's database misses a value.")
}
