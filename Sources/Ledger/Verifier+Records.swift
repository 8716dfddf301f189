extension Verifier {
    /// Verifies the seal of every record, that it can be decoded, that it agrees with the journal, and that the records
    /// it requires exist.
    func verifyRecords(_ progress: Ledger.VerificationProgress) throws {
        try session.scanRecords(carefully: isBroken.contains(.record)) { scanned in
            count(.record, "records", progress)
            switch scanned {
            case .row(let record): verify(record)
            case .unreadable(let place, let message):
                add(Damage(.record, place.key, message))
                guard let key = place.key else { return }
                lastEntries[Fingerprint.of(key)] = nil
                damagedKeys.insert(key)
                counts[CounterKey(scope: key.scope, kind: key.kind), default: 0] += 1
            }
        }
        try verifyThatNoneIsGone()
        try verifyRequirements()
    }

    private func verify(_ record: SealedRecord) {
        let key = record.key
        counts[CounterKey(scope: key.scope, kind: key.kind), default: 0] += 1
        do throws(LedgerError) {
            let body = try sealer.open(record.body, key, version: record.version)
            compare(record)
            guard let type = types[key.kind] else {
                damagedKeys.insert(key)
                return add(Damage(.record, key, "This version of Gatehouse does not know its kind."))
            }
            take(try RecordBody.decode(any: type, from: body, key), key)
        } catch {
            damagedKeys.insert(key)
            lastEntries[Fingerprint.of(key)] = nil
            // Either the seal is broken, or its content can't be decoded.
            let isSealed = (try? sealer.open(record.body, key, version: record.version)) != nil
            add(
                Damage(
                    .record, key, isSealed ? "It can't be decoded as a record of its kind." : Self.sealIsBroken))
        }
    }

    private func take(_ record: any Record, _ key: RecordKey) {
        if record.id != key.id {
            add(Damage(.record, key, "Its content has another id."))
        }
        for reference in Set(record.references) { references.add(Self.fingerprint(key, reference)) }
        for name in [record.id] + record.aliases { names.insert(Self.name(key.kind, name, key.scope)) }
        for requirement in record.requirements { require(requirement, key) }
        let account = key.scope.account
        if let accountKind, account.utf8.count == 12, account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            require(Requirement(accountKind, account, in: Scope(account: account)), key)
        }
    }

    private func require(_ requirement: Requirement, _ key: RecordKey) {
        let name = Self.name(requirement.kind, requirement.name, requirement.scope ?? key.scope)
        if !names.contains(name), requirements[name] == nil { requirements[name] = (requirement, key) }
    }

    private static func name(_ kind: String, _ name: String, _ scope: Scope) -> Int {
        Fingerprint.of(RecordKey(scope: scope, kind: kind, id: name))
    }

    private func verifyRequirements() throws {
        // A damaged record may be the required one: its aliases are unknown.
        let uncertain = Set(damagedKeys.map(\.kind))
        for (name, (requirement, key)) in requirements.sorted(by: { Self.isBefore($0.value.of, $1.value.of) })
        where !names.contains(name) && !uncertain.contains(requirement.kind) {
            add(Damage(.record, key, "It belongs to \(requirement.kind) \(requirement.name), which does not exist."))
        }
        names = []
        requirements = [:]
    }

    private static func isBefore(_ a: RecordKey, _ b: RecordKey) -> Bool {
        (a.scope.account, a.scope.region, a.kind, a.id) < (b.scope.account, b.scope.region, b.kind, b.id)
    }

    // MARK: What is derived from the records

    func verifyCounters() throws {
        var wanted = counts
        try session.scanCounters(carefully: isBroken.contains(.counter)) { scanned in
            count(.counter, "counters") { _, _ in }
            switch scanned {
            case .unreadable(let place, let message):
                var damage = Damage(.counter, message)
                damage.account = place.account
                add(damage)
            case .row(let row):
                let count = wanted.removeValue(forKey: CounterKey(scope: row.scope, kind: row.kind)) ?? 0
                guard count != row.count else { return }
                add(counter(row.scope, row.kind, "It says \(row.count), but there are \(count)."))
            }
        }
        for (key, count) in wanted.sorted(by: {
            ($0.key.scope.account, $0.key.kind) < ($1.key.scope.account, $1.key.kind)
        }) {
            add(counter(key.scope, key.kind, "It is missing, but should say \(count)."))
        }
        counts = [:]
    }

    private func counter(_ scope: Scope, _ kind: String, _ message: String) -> Damage {
        var damage = Damage(.counter, message)
        // Of a table's part, not of a kind of record: "kind, partition, amount".
        damage.kind = kind.split(separator: "\u{1f}").joined(separator: ", ")
        damage.account = scope.account
        damage.region = scope.region
        return damage
    }

    func verifyReferences(_ progress: Ledger.VerificationProgress) throws {
        var found = Sum()
        var isReadable = true
        try session.scanReferences(carefully: isBroken.contains(.reference)) { scanned in
            count(.reference, "references", progress)
            switch scanned {
            case .row(let row): found.add(Self.fingerprint(row.key, row.reference))
            case .unreadable(let place, let message):
                isReadable = false
                add(Damage(.reference, place.key, message))
            }
        }
        if found != references || !isReadable { try compareReferences() }
    }

    /// Compares the references table with the records, record by record.
    private func compareReferences() throws {
        try session.scanRecords(carefully: isBroken.contains(.record)) { scanned in
            guard case .row(let record) = scanned, let type = types[record.key.kind],
                let body = try? sealer.open(record.body, record.key, version: record.version),
                let value = try? RecordBody.decode(any: type, from: body, record.key)
            else { return }
            let wanted = Set(value.references)
            guard let found = try? session.references(of: record.key) else {
                return add(Damage(.reference, record.key, "They can't be read."))
            }
            for one in wanted.subtracting(found).sorted(by: Self.isBefore) {
                add(Damage(.reference, record.key, "\(one.relation) → \(one.target) is missing."))
            }
            for one in found.subtracting(wanted).sorted(by: Self.isBefore) {
                add(Damage(.reference, record.key, "\(one.relation) → \(one.target) is not among the record's."))
            }
        }
        try session.scanReferences(carefully: isBroken.contains(.reference)) { scanned in
            guard case .row(let row) = scanned, !damagedKeys.contains(row.key) else { return }
            if try session.record(row.key) == nil {
                add(
                    Damage(
                        .reference, row.key,
                        "\(row.reference.relation) → \(row.reference.target): the record does not exist."))
            }
        }
    }

    private static func isBefore(_ a: Reference, _ b: Reference) -> Bool {
        (a.relation, a.target) < (b.relation, b.target)
    }

    private static func fingerprint(_ key: RecordKey, _ reference: Reference) -> Int {
        var fingerprint = Fingerprint()
        fingerprint.add(key)
        fingerprint.add(reference.relation)
        fingerprint.add(reference.target)
        return fingerprint.value
    }
}

extension RecordBody {
    /// Decodes a record whose type is only known at run time.
    static func decode(
        any type: any Record.Type, from body: [UInt8], _ key: RecordKey
    ) throws(LedgerError) -> any Record {
        func decode<R: Record>(_ type: R.Type) throws(LedgerError) -> any Record {
            try Self.decode(type, from: body, key)
        }
        return try decode(type)
    }
}
