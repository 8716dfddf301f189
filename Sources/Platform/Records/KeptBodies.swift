public import Bodies
public import Directory
public import Ledger

/// A body that is in the store: as long as it is here, no sweep takes it.
///
/// A service that makes a body part of a row puts one of these with it, in the same transaction, and whichever takes the
/// body away takes this away.
public struct KeptBody: TableRow, Equatable {
    public static let kind = "AWS::S3::Body"

    /// The body's name, which no other has.
    public let id: BodyID
    public var key: RowKey { Self.key(id) }

    /// Says that a body is part of something.
    public init(id: BodyID) {
        self.id = id
    }

    /// The key of the row of a body. In the order of keys bodies are in that of their ids.
    public static func key(_ id: BodyID) -> RowKey { RowKey(.text(id.description)) }

    /// They belong to no account.
    public static let scope = Scope(account: "")

    /// Which of some bodies are part of something.
    public static func among(_ ids: [BodyID], _ reader: Reader) throws(LedgerError) -> Set<BodyID> {
        var kept: Set<BodyID> = []
        for id in ids where try reader.get(KeptBody.self, key(id), in: scope) != nil { kept.insert(id) }
        return kept
    }
}

/// A row that has bodies in the store. Backups take them along, and verifications look whether they are whole.
public protocol HasBodies: TableRow {
    /// Those that are in the store, not those that lie beside the row.
    var storedBodies: [StoredBody] { get }
    /// What an operator calls the row: `bucket/key`.
    var name: String { get }
}

/// Which store the bodies are in that several nodes share: what is written on it is here, too.
public struct BodyStoreMark: Record {
    public static let kind = "Gatehouse::BodyStore"

    public let id: String
    /// Random letters and digits.
    public let store: String
    /// Whether it was written on the store. Until then that may be empty.
    public var isMade: Bool

    /// A new one.
    public init() {
        id = Self.id
        store = Identifiers.lowercase(32)
        isMade = false
    }

    /// There is one.
    public static let id = "bodies"

    /// They belong to no account.
    public static let scope = Scope(account: "")
}

extension Ledger {
    /// The mark of the store that the bodies are in; nil: there is none that nodes share. It blocks.
    public func bodyStoreMark() throws(LedgerError) -> BodyStoreMark? {
        try readNow { (reader) throws(LedgerError) in
            try reader.get(BodyStoreMark.self, BodyStoreMark.id, in: BodyStoreMark.scope)
        }
    }
}
