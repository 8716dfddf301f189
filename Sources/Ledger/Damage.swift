/// Something in a ledger that is not as it was written: a row that can't be read, is missing, or contradicts another.
public struct Damage: Sendable, Equatable {
    /// The table that is damaged; nil if it is the file as a whole.
    public var table: LedgerTable?
    /// The kind of record or row, or of the work of a deadline, as far as that is known.
    public var kind: String?
    /// The account of the record, deadline, counter or event, as far as that is known.
    public var account: String?
    /// The region of the record, as far as that is known; empty for a global service.
    public var region: String?
    /// The id of the record or deadline, or the partition of a table's row, as far as that is known.
    public var id: String?
    /// The number of the journal entry, or of the segment of events.
    public var number: Int64?
    /// What is wrong, as a sentence. Where it is, ``place`` says.
    public var message: String

    /// Makes a piece of damage of which only the table is known; the other properties can be set afterwards.
    public init(_ table: LedgerTable?, _ message: String) {
        self.table = table
        self.message = message
    }

    init(_ table: LedgerTable?, _ key: RecordKey?, number: Int64? = nil, _ message: String) {
        self.init(table, message)
        kind = key?.kind
        account = key?.scope.account
        region = key?.scope.region
        id = key?.id
        self.number = number
    }

    /// The place in words: `record AWS::IAM::User alice of account 111122223333`.
    public var place: String {
        var words: [String] = []
        switch table {
        case nil: words.append("the file")
        case .meta: words.append("the ledger's own facts")
        case .record: words.append(id == nil ? "records" : "record")
        case .counter: words.append("counter")
        case .reference: words.append("references of")
        case .journal: words.append(number.map { "journal entry \($0)," } ?? "the journal")
        case .deadline: words.append("deadline")
        case .eventSegment: words.append(number.map { "events of segment \($0)" } ?? "events")
        case .eventIndex: words.append(number.map { "index of the events of segment \($0)" } ?? "index of events")
        case .tableRow: words.append("a row of")
        case .tableIndex: words.append("the index of a row of")
        }
        if let kind { words.append(kind) }
        let isRow = table == .tableRow || table == .tableIndex
        if let id, !isRow { words.append(id) }
        if let id, isRow, !id.isEmpty { words.append("in \(id)") }
        if let account, !account.isEmpty { words.append("of account \(account)") }
        if let region, !region.isEmpty { words.append("in \(region)") }
        return words.joined(separator: " ")
    }
}

/// What ``Ledger/verify(_:tables:accountKind:progress:)`` has found.
///
/// ```swift
/// let found = try ledger.verify([Group.self])
/// for damage in found.damage { print("\(damage.place): \(damage.message)") }
/// ```
public struct Verification: Sendable {
    /// How many rows a table has, and how much of it is damaged.
    public struct Count: Sendable, Equatable {
        /// How many rows were read.
        public var rows = 0
        /// How many pieces of damage were found in them. One row may have several.
        public var damaged = 0

        /// A table of which nothing has been read yet.
        public init() {}
    }

    /// The version of the database's layout.
    public internal(set) var format: Int64 = 0
    /// The number of the last journal entry.
    public internal(set) var lastSequence: Int64 = 0
    /// The number of the last segment of events.
    public internal(set) var lastSegment: Int64 = 0
    /// How many events the segments hold that could be opened.
    public internal(set) var events = 0
    /// The rows of each table. A table without rows has no entry.
    public internal(set) var counts: [LedgerTable: Count] = [:]
    /// The damage, in the order in which it was found; at most ``mostKept`` pieces.
    public internal(set) var damage: [Damage] = []
    /// How many pieces of damage were found, including those that were not kept.
    public internal(set) var damageCount = 0

    /// How many pieces of damage are kept: enough for any person and most programs.
    public static let mostKept = 10_000

    /// Whether no damage was found.
    public var isClean: Bool { damageCount == 0 }

    /// Makes a result to which damage can be added. ``Ledger/verify(_:tables:accountKind:progress:)`` makes complete ones;
    /// this is for a ledger that can't even be opened.
    /// - Parameter damage: what made it impossible to open the ledger.
    public init(_ damage: [Damage] = []) {
        for one in damage { add(one) }
    }

    /// Counts a piece of damage, and keeps it while there are fewer than ``mostKept``.
    public mutating func add(_ one: Damage) {
        damageCount += 1
        if let table = one.table { counts[table, default: Count()].damaged += 1 }
        if damage.count < Self.mostKept { damage.append(one) }
    }
}
