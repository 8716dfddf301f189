/// How the rows of a type are written, within their seal.
///
/// Most are JSON, which needs nothing but `Codable`. But Codable's containers take some 30 µs for a row of twenty members.
/// A type whose rows are read by the thousand for one answer can have a short form instead: its members one after the other
/// (``RowOutput``, ``RowInput``), in a fiftieth of the time.
///
/// ```swift
/// static var form: RowForm<Self> {
///     .short(version: 1) { (row, output) in
///         output.append(row.name)
///         output.append(row.size)
///     } read: { (input, _) in
///         ObjectName(name: try input.text(), size: try input.number())
///     }
/// }
/// ```
///
/// Rows that were written as JSON before the type had a short form are still read, so it stays `Codable`.
public struct RowForm<Row: Sendable>: Sendable {
    struct Short: Sendable {
        let version: UInt32
        let write: @Sendable (_ row: Row, _ output: inout RowOutput) throws -> Void
        let read: @Sendable (_ input: inout RowInput, _ version: Int) throws -> Row
    }

    /// nil: JSON.
    let short: Short?

    /// The form of all types that have no other.
    public static var json: Self { Self(short: nil) }

    /// A form of the type's own.
    ///
    /// - Parameters:
    ///   - version: 1 to 2,147,483,647: one more with each change after which an older program could not read a row.
    ///   - write: writes the members. Equal rows have to give equal bytes.
    ///   - read: reads them again, from rows of this version and all before it.
    public static func short(
        version: UInt32, write: @escaping @Sendable (_ row: Row, _ output: inout RowOutput) throws -> Void,
        read: @escaping @Sendable (_ input: inout RowInput, _ version: Int) throws -> Row
    ) -> Self {
        Self(short: Short(version: version & ~isShort, write: write, read: read))
    }
}

/// What tells short forms from JSON: they have the head of JSON of a version that there will never be, so that programs which
/// know no short forms say that a newer one has written the row.
private let isShort: UInt32 = 1 << 31

extension RecordBody {
    /// The row in its form.
    static func encode<R: TableRow>(row: R) throws(LedgerError) -> [UInt8] {
        guard let form = R.form.short else { return try encode(row) }
        var output = RowOutput(after: head(form.version | isShort))
        do {
            try form.write(row, &output)
        } catch {
            throw LedgerError(.invalid, "The ledger cannot encode a row of kind \(R.kind).")
        }
        return output.bytes
    }

    /// The row, whichever form it was written in.
    /// - Parameters:
    ///   - start: where in the bytes the row begins.
    ///   - name: what an error's message begins with.
    static func decode<R: TableRow>(
        row type: R.Type, from body: [UInt8], at start: Int = 0, named name: @autoclosure () -> String
    ) throws(LedgerError) -> R {
        guard let form = R.form.short, let version = shortVersion(body, at: start) else {
            return try decode(type, from: body, at: start, named: name())
        }
        guard version <= form.version else { throw newer(name(), Int(version), Int(form.version)) }
        var input = RowInput(body, from: start + headSize)
        do {
            let row = try form.read(&input, Int(version))
            try input.checkIsAtEnd()
            return row
        } catch {
            throw unreadable(name())
        }
    }

    /// Decodes a row whose type is only known at run time.
    static func decode(
        any type: any TableRow.Type, from body: [UInt8]
    ) throws(LedgerError) -> any TableRow {
        func decode<R: TableRow>(_ type: R.Type) throws(LedgerError) -> any TableRow {
            try Self.decode(row: type, from: body, named: "A row")
        }
        return try decode(type)
    }

    /// nil: it is JSON.
    private static func shortVersion(_ body: [UInt8], at start: Int) -> UInt32? {
        guard start + headSize <= body.count, body[start] == 0, body[start + 1] & 0x80 != 0 else { return nil }
        return body[start + 1..<start + headSize].reduce(0) { $0 << 8 | UInt32($1) } & ~isShort
    }
}
