import FoundationEssentials

/// What a committed transaction did to one record, or, in a replay, that the record is there.
public struct Change: Sendable {
    /// The number of the journal entry: growing, unique, and at the same time the record's version.
    public var sequence: Int64
    public var kind: String
    public var scope: Scope
    public var id: String
    /// The JSON of the record as it was; nil when it was made by this change.
    public var before: [UInt8]?
    /// The JSON of the record as it is; nil when it was deleted.
    public var after: [UInt8]?
    /// The request that made the change; empty in a replay.
    public var requestID: String

    public init(
        sequence: Int64, kind: String, scope: Scope, id: String, before: [UInt8]?, after: [UInt8]?, requestID: String
    ) {
        self.sequence = sequence
        self.kind = kind
        self.scope = scope
        self.id = id
        self.before = before
        self.after = after
        self.requestID = requestID
    }

    /// The record as it is; nil when it was deleted.
    ///
    /// - Throws: ``LedgerError`` of kind `corrupt` when the change is not of this type.
    public func decodeAfter<R: Record>(_ type: R.Type) throws(LedgerError) -> R? {
        try after.map { json throws(LedgerError) in try RecordJSON.decode(type, from: json) }
    }

    /// The record as it was; nil when it was made by this change.
    ///
    /// - Throws: ``LedgerError`` of kind `corrupt` when the change is not of this type.
    public func decodeBefore<R: Record>(_ type: R.Type) throws(LedgerError) -> R? {
        try before.map { json throws(LedgerError) in try RecordJSON.decode(type, from: json) }
    }
}

/// The form of a record inside its seal: JSON with sorted keys, so that equal records have equal bytes.
enum RecordJSON {
    private static let encoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()
    private static let decoder = JSONDecoder()

    static func encode(_ record: some Record) throws(LedgerError) -> [UInt8] {
        do {
            return [UInt8](try encoder.encode(record))
        } catch {
            throw LedgerError(.invalid, "The ledger cannot encode a record of kind \(kind(of: record)).")
        }
    }

    static func decode<R: Record>(_ type: R.Type, from json: [UInt8]) throws(LedgerError) -> R {
        do {
            return try decoder.decode(type, from: Data(json))
        } catch {
            // The error of the decoder may quote the record.
            throw LedgerError(.corrupt, "A record of kind \(R.kind) in the ledger cannot be decoded.")
        }
    }

    private static func kind<R: Record>(of record: R) -> String { R.kind }
}
