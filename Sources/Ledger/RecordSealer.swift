import Keyring

/// What names a record.
struct RecordKey: Hashable {
    var scope: Scope
    var kind: String
    var id: String
}

/// Seals the bodies of records so that each is bound to its place: the body of one record, or of an older version
/// of the same one, does not open in the place of another.
///
/// The version is the number of the journal entry that wrote the record, so that no version ever comes back, even
/// when a record is deleted and made anew. The journal keeps the same sealed bytes as the record.
struct RecordSealer: Sendable {
    let key: SealingKey

    func seal(_ json: [UInt8], _ place: RecordKey, version: Int64) throws(LedgerError) -> [UInt8] {
        do {
            return try key.seal(json, authenticating: context(place, version))
        } catch {
            throw LedgerError(error)
        }
    }

    func open(_ sealed: [UInt8], _ place: RecordKey, version: Int64) throws(LedgerError) -> [UInt8] {
        do {
            return try key.open(sealed, authenticating: context(place, version))
        } catch {
            throw LedgerError(
                .corrupt,
                "The record \(place.name) was changed from outside or is damaged: its seal does not match. Put a backup of"
                    + " the data directory back.")
        }
    }

    /// Seals what a deadline carries, bound to its own place, to when it is due and to how often it was begun.
    func sealPayload(_ payload: [UInt8], _ deadline: SealedDeadline) throws(LedgerError) -> [UInt8] {
        do {
            return try key.seal(payload, authenticating: context(deadline))
        } catch {
            throw LedgerError(error)
        }
    }

    func openPayload(of deadline: SealedDeadline) throws(LedgerError) -> [UInt8] {
        do {
            return try key.open(deadline.payload, authenticating: context(deadline))
        } catch {
            throw LedgerError(
                .corrupt,
                "The deadline \(deadline.key.name) was changed from outside or is damaged: its seal does not match.")
        }
    }

    /// As formats before the third sealed a payload: bound to its place alone.
    func openOldPayload(of deadline: SealedDeadline) throws(LedgerError) -> [UInt8] {
        do {
            return try key.open(
                deadline.payload, authenticating: context(deadline.key, deadline.number, "deadline"))
        } catch {
            throw LedgerError(error)
        }
    }

    /// The seal of an entry of the journal: over all of it but the bodies, which have seals of their own that are bound
    /// to its key and its numbers.
    func seal(_ entry: SealedChange) throws(LedgerError) -> [UInt8] {
        do {
            return try key.seal([], authenticating: context(entry))
        } catch {
            throw LedgerError(error)
        }
    }

    /// Whether an entry of the journal is as it was written.
    func isIntact(_ entry: SealedChange) -> Bool {
        guard let seal = entry.seal else { return false }
        return (try? key.open(seal, authenticating: context(entry))) == []
    }

    // MARK: Sealing anew, after the keyring's rotation: nil for what is sealed with the current key already

    func renew(_ sealed: [UInt8], _ place: RecordKey, version: Int64) throws(KeyringError) -> [UInt8]? {
        try key.renew(sealed, authenticating: context(place, version))
    }

    func renewPayload(of deadline: SealedDeadline) throws(KeyringError) -> [UInt8]? {
        try key.renew(deadline.payload, authenticating: context(deadline))
    }

    /// All the seals of an entry.
    func renew(_ entry: SealedChange) throws(KeyringError) -> SealedChange? {
        var new = entry
        if let body = entry.before, let version = entry.beforeVersion {
            new.before = try renew(body, entry.key, version: version) ?? body
        }
        if let body = entry.after { new.after = try renew(body, entry.key, version: entry.sequence) ?? body }
        if let seal = entry.seal { new.seal = try key.renew(seal, authenticating: context(entry)) ?? seal }
        return new.before == entry.before && new.after == entry.after && new.seal == entry.seal ? nil : new
    }

    private func context(_ entry: SealedChange) -> [UInt8] {
        var context = SealContext("journal")
        context.append(self.context(entry.key, entry.sequence))
        context.append(entry.time)
        context.append(entry.beforeVersion ?? -1)
        context.append(Int64(entry.before == nil ? 0 : 1) | Int64(entry.after == nil ? 0 : 2))
        context.append(entry.requestID)
        return context.bytes
    }

    private func context(_ deadline: SealedDeadline) -> [UInt8] {
        var context = SealContext("deadline")
        context.append(self.context(deadline.key, deadline.number))
        context.append(deadline.due)
        context.append(Int64(deadline.attempts))
        return context.bytes
    }

    private func context(_ place: RecordKey, _ version: Int64, _ table: String = "record") -> [UInt8] {
        var context = SealContext(table)
        context.append(place.scope.account)
        context.append(place.scope.region)
        context.append(place.kind)
        context.append(place.id)
        context.append(version)
        return context.bytes
    }
}

/// Names a place in the ledger, without ambiguity, for the seal of what is kept there.
struct SealContext {
    private(set) var bytes: [UInt8] = []

    init(_ table: String) {
        bytes.reserveCapacity(224)
        append(table)
    }

    mutating func append(_ text: String) {
        append(Int64(text.utf8.count))
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ other: [UInt8]) {
        append(Int64(other.count))
        bytes.append(contentsOf: other)
    }

    mutating func append(_ number: Int64) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
