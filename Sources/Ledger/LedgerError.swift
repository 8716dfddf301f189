import Keyring

/// Why the ledger refused, in words that a person can act on. It never holds the contents of a record.
///
/// A server's operator reads ``message`` in the log or at the start; an API's client never does: to it every one of
/// these is an internal failure, a service that is not available, or a disk that is full.
public struct LedgerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong, for code that has to react: to tell `busy` from `sealed` at the start, or to try again after
    /// `full`.
    public enum Kind: Sendable, Equatable {
        /// The files could not be read or written.
        case io
        /// The database is not there, or too busy, or too many events wait to be written. It may be later.
        case unavailable
        /// The disk is full.
        case full
        /// The ledger was sealed with another key.
        case sealed
        /// Something in the ledger was changed from outside, or is damaged.
        case corrupt
        /// Another process uses the same directory.
        case busy
        /// The ledger, or a record in it, was written by a newer version of this program.
        case newerFormat
        /// The ledger was opened for reading alone.
        case readOnly
        /// The ledger was closed.
        case closed
        /// The caller handed over something that cannot be stored, or used a reader after its closure had ended.
        case invalid
        /// The lease was lost, or its deadline replaced: somebody else does the work, or nobody has to.
        case conflict
        /// The cursor of an event query was not made by this ledger for this query.
        case invalidCursor
    }

    /// What went wrong.
    public var kind: Kind
    /// What went wrong, for people: whole sentences that name the file or record, and say what to do where something
    /// can be done.
    public var message: String

    /// Makes an error; for the ledger itself, and for whoever tests what is done about one.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
}

extension LedgerError {
    static let unstorableEvent = LedgerError(
        .invalid, "An event has an account or an attribute name that cannot be stored.")

    /// What an error of the database, the keyring or the ledger means for the caller.
    init(_ error: any Error) {
        switch error {
        case let error as LedgerError:
            self = error
        case let error as KeyringError:
            self.init(error.kind == .notAuthentic ? .corrupt : .io, "The ledger: \(error.message).")
        case let error as PostgresError:
            self = error.meaning
        default:
            self = SQLiteStore.meaning(of: error) ?? LedgerError(.io, "The ledger: \(error).")
        }
    }
}

extension LedgerError {
    /// What can't be done beside other nodes.
    public static func nodes(_ count: Int) -> LedgerError {
        LedgerError(
            .busy,
            "\(count == 1 ? "A server uses" : "\(count) servers use") the database, with the present key: stop all of them,"
                + " then try again.")
    }
}
