import Keyring

/// The checks when a ledger is opened: that it is one of Gatehouse's, not too new, and sealed with this key.
struct Format {
    let key: SealingKey
    /// Whether a ledger that is not whole yet is to be opened.
    var isMigrating = false

    /// Raise this with every change of the tables or of what is sealed, and migrate older ledgers: see the store's own
    /// schema.
    static let current: Int64 = 4

    /// - Throws: ``LedgerError``: `newerFormat`, or `corrupt` when there is no format.
    static func version(in session: any StoreSession) throws(LedgerError) -> Int64 {
        guard case .integer(let version)? = try fact("format", session) else { throw notALedger }
        guard version <= current else {
            throw LedgerError(
                .newerFormat,
                "The ledger has format \(version), and this version of Gatehouse knows formats up to \(current)."
                    + " Use the newer version that wrote it.")
        }
        return version
    }

    /// Marks a new ledger as one of Gatehouse's, in the transaction that creates its tables, so that there is never one
    /// without the other, wherever the process ends.
    func mark(_ session: any StoreSession) throws {
        try session.setMeta("format", .integer(Self.current))
        try session.setMeta("canary", .bytes(key.seal(Self.canary, authenticating: Self.canaryContext)))
        for name in Self.numbers { try session.setMeta(name, .integer(0)) }
    }

    /// Seals anew what shows that a key is the ledger's own.
    func renew(_ session: any StoreSession) throws {
        guard case .bytes(let sealed)? = try Self.fact("canary", session) else { throw Self.notALedger }
        guard let renewed = try key.renew(sealed, authenticating: Self.canaryContext) else { return }
        try session.announceNewKey()
        try session.setMeta("canary", .bytes(renewed))
    }

    /// The ledger's own facts that are numbers. Since format 3 each of them is there from the beginning.
    static let numbers = [
        Ledger.purgedThrough, Ledger.entriesGone, Ledger.deadlineCount, EventStore.purgedThrough, Ledger.tableChanges,
    ]

    /// All of the ledger's own facts.
    static let facts = Set(numbers + ["format", "canary"])

    /// Those that a ledger of a format has to have; before the third, some came later.
    static func facts(of version: Int64) -> Set<String> {
        switch version {
        case ..<3: []
        case 3: facts.subtracting([Ledger.tableChanges])
        default: facts
        }
    }

    /// - Throws: ``LedgerError``: `newerFormat`, `sealed` or `corrupt`.
    func check(_ session: any StoreSession) throws {
        _ = try Self.version(in: session)
        guard case .bytes(let sealed)? = try Self.fact("canary", session) else { throw Self.notALedger }
        guard (try? key.open(sealed, authenticating: Self.canaryContext)) == Self.canary else {
            throw LedgerError(
                .sealed,
                "The ledger was sealed with another key. Put back the key file that belongs to this data directory.")
        }
        guard try isMigrating || session.meta(Migration.fact) == nil else {
            throw LedgerError(
                .invalid, "The ledger is not whole: it is being made by `gatehouse migrate`, which has to be run again."
            )
        }
    }

    private static func fact(_ name: String, _ session: any StoreSession) throws(LedgerError) -> MetaValue? {
        do { return try session.meta(name) } catch {
            let error = LedgerError(error)
            throw error.kind == .corrupt ? notALedger : error
        }
    }

    private static let notALedger = LedgerError(
        .corrupt, "The ledger's database is not a ledger: its table meta is missing or damaged.")
    private static let canary = Array("gatehouse ledger".utf8)
    private static let canaryContext = SealContext("meta").bytes
}
