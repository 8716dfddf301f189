/// A record's JSON members while it is upgraded from one version to the next: see ``Record/upgrade(_:from:)``.
public struct RecordFields: Sendable, Equatable {
    private var members: [String: RecordField]

    init(_ members: [String: RecordField]) {
        self.members = members
    }

    /// The member of a name; nil when there is none, and setting nil removes it.
    public subscript(name: String) -> RecordField? {
        get { members[name] }
        set { members[name] = newValue }
    }

    /// Gives a member another name; its value stays the same. Where there is no such member, one that already has the
    /// new name is removed.
    public mutating func rename(_ name: String, to new: String) {
        members[new] = members.removeValue(forKey: name)
    }

    var json: RecordField { .object(members) }
}

/// A value in a record's JSON. Whole numbers are kept apart from others, so that times in milliseconds lose nothing.
public enum RecordField: Sendable, Equatable, Codable {
    /// `null`
    case null
    /// `true` or `false`
    case boolean(Bool)
    /// A number without fraction and exponent that 64 bits hold.
    case integer(Int64)
    /// Any other number.
    case number(Double)
    /// A string.
    case text(String)
    /// The elements of an array.
    case list([RecordField])
    /// The members of an object; their order has no meaning.
    case object([String: RecordField])

    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let boolean = try? value.decode(Bool.self) {
            self = .boolean(boolean)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([RecordField].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: RecordField].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .boolean(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

/// What is inside a record's seal: JSON with sorted keys, so that equal records have equal bytes. Before it stands the
/// record's version when that is not the first: a zero byte, which begins no JSON, and four of the number.
enum RecordBody {
    static func encode<R: StoredValue>(_ record: R) throws(LedgerError) -> [UInt8] {
        do {
            return try RecordEncoder.encode(record, after: head(version: R.version))
        } catch {
            throw LedgerError(.invalid, "The ledger cannot encode a value of kind \(R.kind).")
        }
    }

    /// The record, upgraded to its current version.
    static func decode<R: Record>(_ type: R.Type, from body: [UInt8], _ key: RecordKey) throws(LedgerError) -> R {
        try decode(type, from: body, named: "The record \(key.name)")
    }

    /// The same, of any value.
    /// - Parameters:
    ///   - start: where in the bytes the body begins.
    ///   - name: what an error's message begins with.
    static func decode<R: StoredValue>(
        _ type: R.Type, from body: [UInt8], at start: Int = 0, named name: @autoclosure () -> String
    ) throws(LedgerError) -> R {
        let (version, start) = split(body, at: start)
        guard version <= R.version else { throw newer(name(), version, R.version) }
        do {
            guard version < R.version else { return try RecordDecoder.decode(type, from: body, at: start) }
            var fields = RecordFields(try RecordDecoder.decode([String: RecordField].self, from: body, at: start))
            for step in version..<R.version { try R.upgrade(&fields, from: step) }
            return try RecordDecoder.decode(type, from: try RecordEncoder.encode(fields.json))
        } catch {
            // The error of the decoder may quote the record.
            throw unreadable(name())
        }
    }

    static func newer(_ name: String, _ version: Int, _ known: Int) -> LedgerError {
        LedgerError(
            .newerFormat,
            "\(name) is of version \(version), and this version of Gatehouse knows versions up to \(known). Use the newer"
                + " version that wrote it.")
    }

    static func unreadable(_ name: String) -> LedgerError {
        LedgerError(
            .corrupt,
            "\(name) can't be read by this version of Gatehouse. Another version wrote it, or it is damaged: use the"
                + " version that wrote it, or put a backup back.")
    }

    private static func head(version: Int) -> [UInt8] { version > 1 ? head(UInt32(clamping: version)) : [] }

    static func head(_ version: UInt32) -> [UInt8] {
        withUnsafeBytes(of: version.bigEndian) { [0] + Array($0) }
    }

    static let headSize = 5

    /// - Returns: the version, and where the JSON begins.
    private static func split(_ body: [UInt8], at start: Int) -> (version: Int, start: Int) {
        let end = start + headSize
        guard start < body.count, body[start] == 0, body.count >= end else { return (1, start) }
        return (body[start + 1..<end].reduce(0) { $0 << 8 | Int($1) }, end)
    }
}

extension RecordKey {
    /// For people: `AWS::IAM::User alice of account 111122223333`.
    var name: String {
        let region = scope.region.isEmpty ? "" : " in \(scope.region)"
        return "\(kind) \(id)" + (scope.account.isEmpty ? "" : " of account \(scope.account)") + region
    }
}
