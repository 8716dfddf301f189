/// Something in a ledger that is not as it was written.
public struct Damage: Sendable, Equatable {
    /// Where it is; nil: the file as a whole.
    public var table: LedgerTable?
    /// The record, or the work of a deadline, as far as that is known.
    public var kind: String?
    public var account: String?
    public var region: String?
    public var id: String?
    /// The number of the journal's entry, or of the segment of events.
    public var number: Int64?
    /// What is wrong, as a sentence; without the place.
    public var message: String

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
        }
        if let kind { words.append(kind) }
        if let id { words.append(id) }
        if let account, !account.isEmpty { words.append("of account \(account)") }
        if let region, !region.isEmpty { words.append("in \(region)") }
        return words.joined(separator: " ")
    }
}

/// What `Ledger.verify` has found.
public struct Verification: Sendable {
    /// How much of a table there is, and how much of it is not as it was written.
    public struct Count: Sendable, Equatable {
        public var rows = 0
        public var damaged = 0

        public init() {}
    }

    /// The ledger's format.
    public internal(set) var format: Int64 = 0
    /// The number of the journal's last entry.
    public internal(set) var lastSequence: Int64 = 0
    /// The number of the last segment of events.
    public internal(set) var lastSegment: Int64 = 0
    public internal(set) var events = 0
    public internal(set) var counts: [LedgerTable: Count] = [:]
    /// In the order in which it was found; not more than ``mostKept``.
    public internal(set) var damage: [Damage] = []
    /// How much of it there is, also of what was not kept.
    public internal(set) var damageCount = 0

    /// Enough for any person and most programs.
    public static let mostKept = 10_000

    public var isClean: Bool { damageCount == 0 }

    /// - Parameter damage: what made it impossible to open the ledger.
    public init(_ damage: [Damage] = []) {
        for one in damage { add(one) }
    }

    public mutating func add(_ one: Damage) {
        damageCount += 1
        if let table = one.table { counts[table, default: Count()].damaged += 1 }
        if damage.count < Self.mostKept { damage.append(one) }
    }
}
