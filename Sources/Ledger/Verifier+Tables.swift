extension Verifier {
    /// Verifies the seal of every row, that it can be decoded, and that the index has what it was written with. How many rows
    /// there are, and what they sum up to, is left to the counters.
    func verifyRows(_ progress: Ledger.VerificationProgress) throws {
        var wanted = Sum()
        try session.scanRows(carefully: isBroken.contains(.tableRow)) { scanned in
            count(.tableRow, "tables", progress)
            switch scanned {
            case .unreadable(let place, let message): add(Damage(.tableRow, place.key, message))
            case .row(let row):
                guard let body = verify(row) else {
                    damagedParts.insert(row.part)
                    return
                }
                for entry in Self.entries(of: row, body) { wanted.add(Self.fingerprint(entry)) }
            }
        }
        var found = Sum()
        var isReadable = true
        try session.scanRowIndex(carefully: isBroken.contains(.tableIndex)) { scanned in
            count(.tableIndex, "index of tables", progress)
            switch scanned {
            case .row(let entry): found.add(Self.fingerprint(entry))
            case .unreadable(let place, let message):
                isReadable = false
                add(Damage(.tableIndex, place.key, message))
            }
        }
        if found != wanted || !isReadable { try compareRowIndex() }
    }

    private func verify(_ row: SealedRow) -> RowBody? {
        let scope = row.part.scope
        counts[CounterKey(scope: scope, kind: row.part.counter()), default: 0] += 1
        guard let body = try? sealer.open(row) else {
            add(Damage(.tableRow, row.part.place, Self.sealIsBroken))
            return nil
        }
        for (name, amount) in body.amounts {
            counts[CounterKey(scope: scope, kind: row.part.counter(name)), default: 0] &+= amount
        }
        guard let type = tables[row.part.kind] else {
            add(Damage(.tableRow, row.part.place, "This version of Gatehouse does not know its kind."))
            return body
        }
        do throws(LedgerError) {
            let value = try RecordBody.decode(any: type, from: body.content)
            if value.key.bytes != row.key || !value.partition.utf8.elementsEqual(row.part.partition.utf8) {
                add(Damage(.tableRow, row.part.place, "Its content has another key."))
            }
        } catch {
            add(Damage(.tableRow, row.part.place, "It can't be decoded as a row of its kind."))
        }
        return body
    }

    private static func entries(of row: SealedRow, _ body: RowBody) -> [RowIndexEntry] {
        body.indexes.map { RowIndexEntry(part: row.part, name: $0.name, value: $0.value.bytes, key: row.key) }
    }

    /// Compares the index with the rows, one by one.
    private func compareRowIndex() throws {
        try session.scanRows(carefully: isBroken.contains(.tableRow)) { scanned in
            guard case .row(let row) = scanned, let body = try? sealer.open(row) else { return }
            for entry in Self.entries(of: row, body) where (try? session.hasIndexEntry(entry)) != true {
                add(Damage(.tableIndex, row.part.place, "It can no longer be found by \(entry.name)."))
            }
        }
        try session.scanRowIndex(carefully: isBroken.contains(.tableIndex)) { scanned in
            // Of a row that is damaged nobody knows what it was indexed by.
            guard case .row(let entry) = scanned, !damagedParts.contains(entry.part) else { return }
            let body = try session.row(entry.part, entry.key).flatMap {
                try? sealer.open(SealedRow(part: entry.part, key: entry.key, body: $0))
            }
            if body?.indexes.contains(RowIndex(entry.name, RowKey(bytes: entry.value))) != true {
                add(Damage(.tableIndex, entry.part.place, "An entry by \(entry.name) leads to no row that has it."))
            }
        }
    }

    private static func fingerprint(_ entry: RowIndexEntry) -> Int {
        var fingerprint = Fingerprint()
        fingerprint.add(entry.part.place)
        fingerprint.add(entry.name)
        fingerprint.add(entry.value)
        fingerprint.add(entry.key)
        return fingerprint.value
    }
}
