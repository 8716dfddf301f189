/// Why PostgreSQL, or the way to it, refused.
struct PostgresError: Error {
    /// Five characters: <https://www.postgresql.org/docs/15/errcodes-appendix.html>; empty when the server could not be
    /// reached.
    var state: String
    /// The server's first line, which holds no values.
    var message: String

    /// Whether the connection is of no more use, and another may be.
    var isConnectionLost: Bool {
        // Class 08; and the server, or its operator, ended the session: 57P0x, or it took too long in a transaction.
        state.isEmpty || state.hasPrefix("08") || state.hasPrefix("57P") || state == "25P03"
            // It is a standby now.
            || state == "25006"
    }

    /// Whether the same transaction may succeed when it is run again, from the beginning.
    var isTransient: Bool {
        // Serialization failure, deadlock, a lock that was waited for too long.
        isConnectionLost || state == "40001" || state == "40P01" || state == "55P03"
    }

    /// What it means for the ledger's callers.
    var meaning: LedgerError {
        let kind: LedgerError.Kind =
            switch state {
            case "": .unavailable
            case "53100", "53200": .full
            case "XX001", "XX002", "42P01", "42703": .corrupt
            // Refused by its rights: the role may read only.
            case "42501": .readOnly
            case _ where isTransient || state.hasPrefix("53"): .unavailable
            default: .io
            }
        return switch kind {
        case .corrupt: LedgerError(kind, "The ledger's database is damaged (\(message)).")
        case .full:
            LedgerError(kind, "The ledger's database can't grow (\(message)). Make room on the disk that it is on.")
        case .unavailable: LedgerError(kind, "The ledger's database can't be reached: \(message).")
        default: LedgerError(kind, "The ledger's database: \(message).")
        }
    }
}
