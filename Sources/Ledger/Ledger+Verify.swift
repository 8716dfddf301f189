extension Ledger {
    /// What is being verified, and how many rows of it have been.
    public typealias VerificationProgress = (_ part: String, _ rows: Int) -> Void

    /// Looks at all of one consistent state, and changes nothing: the file's structure, every seal, whether each record
    /// can be read as its kind, whether the journal is whole and agrees with the records, and counters, references,
    /// deadlines, events and their index. A server may go on writing.
    ///
    /// - Parameters:
    ///   - kinds: all that may be in the ledger.
    ///   - accountKind: the kind of the records that an account is; nil: accounts are not looked for.
    ///   - progress: called now and then, on this thread.
    /// - Throws: ``LedgerError`` when the ledger can't be looked at; damage is no error.
    /// - Complexity: linear in the size of the ledger; about 100 bytes of memory for each record.
    public func verify(
        _ kinds: [any Record.Type], accountKind: String? = nil, progress: VerificationProgress = { _, _ in }
    ) throws(LedgerError) -> Verification {
        try readNow { (reader) throws(LedgerError) in
            try reader.query { session in
                let verifier = Verifier(session, reader.sealer, kinds, accountKind: accountKind)
                try verifier.run(progress)
                return verifier.result
            }
        }
    }

    /// What can be found out quickly before the ledger is used: whether the structure of the tables is whole that say
    /// who exists, and whether each record of some kinds is sealed as it was written.
    ///
    /// Events are left out: they may be thousands of times as many, and nothing binds by them.
    ///
    /// - Parameter kinds: which records' seals to look at; nil: all. Those of others may be looked at elsewhere.
    /// - Complexity: linear in the size of those tables.
    public func check(sealsOf kinds: Set<String>?) throws(LedgerError) -> [Damage] {
        try readNow { (reader) throws(LedgerError) in
            try reader.query { session in
                let structure = try session.structuralDamage(
                    of: [.meta, .record, .counter, .reference, .journal, .deadline])
                if !structure.isEmpty { return structure.map { Damage($0.table, $0.message) } }
                var damage: [Damage] = []
                try session.eachRecord(of: kinds) { record in
                    do throws(LedgerError) {
                        _ = try reader.sealer.open(record.body, record.key, version: record.version)
                    } catch {
                        damage.append(Damage(.record, record.key, Verifier.sealIsBroken))
                    }
                }
                return damage
            }
        }
    }
}
