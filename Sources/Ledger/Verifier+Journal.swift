extension Verifier {
    /// Verifies the seals of every entry, that each entry begins where the previous entry of the same record ended, and
    /// that no entry is missing.
    func verifyJournal(_ progress: Ledger.VerificationProgress) throws {
        var entries: Int64 = 0
        try session.scanJournal(carefully: isBroken.contains(.journal)) { scanned in
            entries += 1
            count(.journal, "journal", progress)
            switch scanned {
            case .row(let entry):
                result.lastSequence = max(result.lastSequence, entry.sequence)
                verify(entry)
            case .unreadable(let place, let message):
                result.lastSequence = max(result.lastSequence, place.number ?? 0)
                add(Damage(.journal, place.key, number: place.number, message))
                // Whatever it said is assumed to have been right.
                if let key = place.key, let number = place.number {
                    lastEntries[Fingerprint.of(key)] = LastEntry(sequence: number, body: Self.unknown)
                }
            }
        }
        guard case .integer? = try session.meta(Ledger.entriesGone) else { return }
        unexplained = result.format >= 3 ? try result.lastSequence &- entries &- session.number(Ledger.entriesGone) : 0
    }

    /// The fingerprint of a body that could not be read.
    private static let unknown = Int.min

    private func verify(_ entry: SealedChange) {
        let key = entry.key
        func damaged(_ message: String) { add(Damage(.journal, key, number: entry.sequence, message)) }
        func missing(_ number: Int64) {
            missingEntries += 1
            add(Damage(.journal, key, number: number, "The entry is missing."))
        }
        if result.format >= 3, !sealer.isIntact(entry) {
            // The rest of the entry may be wrong too, and would only be misleading.
            damaged(Self.sealIsBroken)
            lastEntries[Fingerprint.of(key)] = LastEntry(sequence: entry.sequence, body: Self.unknown)
            return
        }
        if entry.sequence <= purgedEntries {
            add(
                Damage(
                    .meta,
                    "The journal should begin after entry \(purgedEntries), but begins with \(entry.sequence)."))
            purgedEntries = 0
        }
        let fingerprint = Fingerprint.of(key)
        let before = lastEntries[fingerprint]
        let isWhole = types[key.kind]?.keepsHistory ?? false
        if let version = entry.beforeVersion {
            if let before, before.sequence == version {
                if before.body == nil { damaged("It changes a record that entry \(version) had deleted.") }
            } else if isWhole, version > purgedEntries {
                missing(version)
            }
            if let body = entry.before, before?.sequence != version || before?.body != Fingerprint.of(body),
                (try? sealer.open(body, key, version: version)) == nil
            {
                damaged("The record before the change: " + Self.sealIsBroken)
            }
        } else if let before, before.body != nil, before.body != Self.unknown, isWhole {
            missingEntries += 1
            damaged("It creates a record that existed already: the entry that deleted it is missing.")
        }
        if let body = entry.after {
            if (try? sealer.open(body, key, version: entry.sequence)) == nil {
                damaged("The record after the change: " + Self.sealIsBroken)
            }
        } else if entry.beforeVersion == nil {
            damaged("It describes no change: it has no record, neither before nor after.")
        }
        lastEntries[fingerprint] = LastEntry(
            sequence: entry.sequence, body: entry.after.map { Fingerprint.of($0) })
    }

    /// Compares a record with the last journal entry about it.
    func compare(_ record: SealedRecord) {
        let key = record.key
        guard let last = lastEntries.removeValue(forKey: Fingerprint.of(key)) else {
            guard record.version > purgedEntries else { return }
            missingEntries += 1
            return add(Damage(.journal, key, number: record.version, "The entry is missing."))
        }
        if last.body == Self.unknown { return }
        if last.sequence < record.version {
            missingEntries += 1
            add(Damage(.journal, key, number: record.version, "The entry is missing."))
        } else if last.body == nil {
            add(Damage(.record, key, "It exists, although journal entry \(last.sequence) deleted it."))
        } else if last.sequence > record.version {
            add(
                Damage(
                    .record, key,
                    "It is older than the journal says: from entry \(record.version), not from \(last.sequence)."))
        } else if last.body != Fingerprint.of(record.body) {
            add(Damage(.record, key, "It differs from what journal entry \(last.sequence) wrote."))
        }
    }

    /// Reports records that should exist according to the journal, but don't.
    func verifyThatNoneIsGone() throws {
        for last in lastEntries.values.filter({ $0.body != nil && $0.body != Self.unknown })
            .sorted(by: { $0.sequence < $1.sequence })
        {
            // The entry was read before, but only the fingerprint of its key was kept.
            guard let entry = try? session.entries(after: last.sequence &- 1, of: nil, limit: 1).first,
                entry.sequence == last.sequence
            else { continue }
            damagedKeys.insert(entry.key)
            counts[CounterKey(scope: entry.key.scope, kind: entry.key.kind), default: 0] += 1
            add(Damage(.record, entry.key, "It is missing: it should be as journal entry \(last.sequence) wrote it."))
        }
        lastEntries = [:]
        if unexplained > missingEntries {
            add(
                Damage(
                    .journal,
                    "\(unexplained &- Int64(missingEntries)) more entries are missing, of unknown records."))
        } else if unexplained < 0 {
            add(Damage(.meta, "The fact \(Ledger.entriesGone) counts more deleted entries than there can be."))
        }
    }
}
