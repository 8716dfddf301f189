extension Ledger {
    /// Told which part is being verified, and how many of its rows have been.
    public typealias VerificationProgress = (_ part: String, _ rows: Int) -> Void

    /// Verifies one consistent state of the whole ledger, and changes nothing: the structure of the file, every seal,
    /// whether each record can be decoded, whether the journal is complete and agrees with the records, and the
    /// counters, references, deadlines, events and their index. Meanwhile others may go on writing.
    ///
    /// - Parameters:
    ///   - kinds: every kind of record that the ledger may contain. Any other kind is reported as damage.
    ///   - tables: every kind of row, likewise.
    ///   - accountKind: the kind of record that represents an account, so that records without one are found; nil: this
    ///     isn't checked.
    ///   - progress: called now and then, on this thread.
    /// - Throws: ``LedgerError`` when the ledger can't be read at all. Damage is not an error, but part of the result.
    /// - Complexity: linear in the size of the ledger; about 100 bytes of memory for each record.
    public func verify(
        _ kinds: [any Record.Type], tables: [any TableRow.Type] = [], accountKind: String? = nil,
        progress: VerificationProgress = { _, _ in }
    ) throws(LedgerError) -> Verification {
        try readNow { (reader) throws(LedgerError) in
            try reader.query { session in
                let verifier = Verifier(
                    session, reader.sealer, kinds, tables: tables, accountKind: accountKind)
                try verifier.run(progress)
                return verifier.result
            }
        }
    }

    /// How many records there are, in all accounts and regions.
    ///
    /// - Parameter kind: of which kind; nil: of all.
    /// - Complexity: linear in the number of accounts, regions and kinds; the ledger keeps count of records.
    public func recordCount(ofKind kind: String? = nil) async throws(LedgerError) -> Int {
        do { return try await store.search { try $0.recordCount(kind) } } catch { throw LedgerError(error) }
    }

    /// A quick check, before or while the ledger is used: whether the tables are structurally intact, and whether the seals of
    /// some records are.
    ///
    /// Events are left out. There may be thousands of times as many of them, and no decision depends on them.
    ///
    /// - Parameter kinds: the kinds of records whose seals to check; nil: all kinds.
    /// - Returns: the damage that was found, if any.
    /// - Throws: ``LedgerError`` when the ledger can't be read at all, or the task was cancelled.
    /// - Complexity: linear in the size of those tables. It runs away from the calling thread.
    public func check(sealsOf kinds: Set<String>?) async throws(LedgerError) -> [Damage] {
        let sealer = records
        do {
            return try await store.search { session in
                let structure = try session.structuralDamage(
                    of: [.meta, .record, .counter, .reference, .journal, .deadline])
                if !structure.isEmpty { return structure.map { Damage($0.table, $0.message) } }
                var damage: [Damage] = []
                try session.eachRecord(of: kinds) { record in
                    do throws(LedgerError) {
                        _ = try sealer.open(record.body, record.key, version: record.version)
                    } catch {
                        damage.append(Damage(.record, record.key, Verifier.sealIsBroken))
                    }
                }
                return damage
            }
        } catch {
            throw LedgerError(error)
        }
    }
}
