import GRDB
import Testing

@testable import Ledger

extension Ledger {
    /// What lies behind the seam.
    var database: any DatabaseWriter {
        get throws { try #require(store as? SQLiteStore).database }
    }
}
