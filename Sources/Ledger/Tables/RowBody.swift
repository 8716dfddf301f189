import Keyring

/// A table's part: where rows are ordered and counted.
struct TablePart: Hashable {
    var scope: Scope
    var kind: String
    var partition: String

    /// Under which name the ledger's table of counters has how many rows there are, or what an amount of theirs sums up to.
    /// No record's kind has such a name.
    func counter(_ amount: String = "") -> String { "\(kind)\u{1f}\(partition)\u{1f}\(amount)" }

    /// Whether a counter is one of a table's part.
    static func isCounter(_ name: String) -> Bool { name.utf8.contains(0x1f) }

    var isStorable: Bool { scope.isStorable && Self.isStorable(partition) }

    /// Whether a name is one without control characters, which part the names of counters.
    static func isStorable(_ name: String) -> Bool { name.utf8.allSatisfy { $0 >= 0x20 } }
}

/// A row as it is in the database.
struct SealedRow {
    var part: TablePart
    var key: [UInt8]
    var body: [UInt8]
}

/// What an index has of a row.
struct RowIndexEntry: Hashable {
    var part: TablePart
    var name: String
    var value: [UInt8]
    var key: [UInt8]
}

/// What is inside a row's seal: first what the row was indexed by and counted as when it was written, so that it can be
/// taken out again, whatever the program says of it today; then the body, as a record's.
struct RowBody: Equatable {
    /// The index's name and the value.
    var indexes: Set<RowIndex>
    var amounts: [String: Int64]
    /// See `RecordBody`.
    var content: [UInt8]

    init<R: TableRow>(_ row: R) throws(LedgerError) {
        indexes = Set(row.indexes)
        amounts = row.amounts.filter { $0.value != 0 }
        content = try RecordBody.encode(row: row)
    }

    /// Reads what ``bytes`` gave; nil for anything else.
    init?(_ bytes: [UInt8]) {
        var input = ByteInput(bytes: bytes[...])
        guard input.bytes.popFirst() == 1, let indexCount = input.byte(), let amountCount = input.byte() else {
            return nil
        }
        (indexes, amounts) = ([], [:])
        for _ in 0..<indexCount {
            guard let name = input.data(), let value = input.data() else { return nil }
            indexes.insert(RowIndex(String(decoding: name, as: UTF8.self), RowKey(bytes: Array(value))))
        }
        for _ in 0..<amountCount {
            guard let name = input.data(), let amount = input.number() else { return nil }
            amounts[String(decoding: name, as: UTF8.self)] = amount
        }
        content = Array(input.bytes)
    }

    /// Where the content begins in what ``bytes`` gave, for who needs nothing else; nil for anything else.
    static func content(in bytes: [UInt8]) -> Int? {
        guard bytes.count >= 3, bytes[0] == 1 else { return nil }
        var place = 3
        func skipData() -> Bool {
            guard place + 2 <= bytes.count else { return false }
            place += 2 + (Int(bytes[place]) << 8 | Int(bytes[place + 1]))
            return true
        }
        for _ in 0..<2 * Int(bytes[1]) {
            guard skipData() else { return nil }
        }
        for _ in 0..<Int(bytes[2]) {
            guard skipData() else { return nil }
            place += 8
        }
        return place <= bytes.count ? place : nil
    }

    /// - Throws: `invalid` for more indexes or amounts than can be written down, or longer names and values.
    func bytes() throws(LedgerError) -> [UInt8] {
        guard indexes.count < 256, amounts.count < 256,
            indexes.allSatisfy({ $0.name.utf8.count < 65_536 && $0.value.bytes.count < 65_536 }),
            amounts.keys.allSatisfy({ $0.utf8.count < 65_536 })
        else { throw LedgerError(.invalid, "A row has too many indexes or amounts, or too long ones.") }
        var bytes: [UInt8] = [1, UInt8(indexes.count), UInt8(amounts.count)]
        func append(_ data: some Collection<UInt8>) {
            bytes.append(UInt8(data.count >> 8))
            bytes.append(UInt8(data.count & 255))
            bytes.append(contentsOf: data)
        }
        // In an order, so that equal rows have equal bytes.
        for index in indexes.sorted(by: { ($0.name, $0.value) < ($1.name, $1.value) }) {
            append(index.name.utf8)
            append(index.value.bytes)
        }
        for (name, amount) in amounts.sorted(by: { $0.key < $1.key }) {
            append(name.utf8)
            withUnsafeBytes(of: amount.bigEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes + content
    }
}

private struct ByteInput {
    var bytes: ArraySlice<UInt8>

    mutating func byte() -> Int? { bytes.popFirst().map(Int.init) }

    mutating func number() -> Int64? {
        guard bytes.count >= 8 else { return nil }
        defer { bytes = bytes.dropFirst(8) }
        return Int64(bitPattern: bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    mutating func data() -> ArraySlice<UInt8>? {
        guard let high = byte(), let low = byte(), high << 8 | low <= bytes.count else { return nil }
        defer { bytes = bytes.dropFirst(high << 8 | low) }
        return bytes.prefix(high << 8 | low)
    }
}

extension RecordSealer {
    func seal(_ body: RowBody, _ part: TablePart, key: RowKey) throws(LedgerError) -> [UInt8] {
        let bytes = try body.bytes()
        do {
            return try self.key.seal(bytes, authenticating: context(part, key.bytes))
        } catch {
            throw LedgerError(error)
        }
    }

    func open(_ row: SealedRow) throws(LedgerError) -> RowBody {
        guard let bytes = opened(row), let body = RowBody(bytes) else { throw damaged(row) }
        return body
    }

    /// Rows of one part alone, without what they were indexed by.
    func open<R: TableRow>(_ type: R.Type, _ rows: [SealedRow]) throws(LedgerError) -> [R] {
        guard let part = rows.first?.part else { return [] }
        let place = context(part)
        return try rows.map { row throws(LedgerError) in
            var place = place
            place.append(row.key)
            guard let bytes = try? key.open(row.body, authenticating: place.bytes),
                let start = RowBody.content(in: bytes)
            else { throw damaged(row) }
            return try RecordBody.decode(row: type, from: bytes, at: start, named: "A row of \(part.name)")
        }
    }

    private func opened(_ row: SealedRow) -> [UInt8]? {
        try? key.open(row.body, authenticating: context(row.part, row.key))
    }

    private func damaged(_ row: SealedRow) -> LedgerError {
        LedgerError(
            .corrupt,
            "A row of \(row.part.name) was changed from outside or is damaged: its seal does not match. Put a backup back."
        )
    }

    /// A row's body sealed anew, after the keyring's rotation; nil when it is sealed with the current key already.
    func renew(_ row: SealedRow) throws(KeyringError) -> [UInt8]? {
        try key.renew(row.body, authenticating: context(row.part, row.key))
    }

    private func context(_ part: TablePart, _ key: [UInt8]) -> [UInt8] {
        var context = context(part)
        context.append(key)
        return context.bytes
    }

    private func context(_ part: TablePart) -> SealContext {
        var context = SealContext("table_row")
        context.append(part.scope.account)
        context.append(part.scope.region)
        context.append(part.kind)
        context.append(part.partition)
        return context
    }
}

extension TablePart {
    /// For people: `AWS::S3::Object in my-bucket of account 111122223333`.
    var name: String {
        "\(kind)" + (partition.isEmpty ? "" : " in \(partition)")
            + (scope.account.isEmpty ? "" : " of account \(scope.account)")
            + (scope.region.isEmpty ? "" : " in \(scope.region)")
    }
}
