import GRDB
import Testing

@testable import Ledger

extension Ledger {
    /// What lies behind the seam.
    var database: any DatabaseWriter {
        get throws { try #require(store as? SQLiteStore).database }
    }

    /// Does as somebody who has got at the database: a statement in what SQL both databases speak, but for bytes, which
    /// are written as SQLite does.
    func tamper(_ sql: String) async throws {
        if let store = store as? PostgresStore {
            let bytes = sql.replacing(/x'([0-9a-f]*)'/) { "'\\x\($0.1)'::bytea" }
            try TestServer.shared.get().execute(bytes, in: store.address)
        } else {
            try await database.write { try $0.execute(sql: sql) }
        }
    }
}
