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

    /// Seals what a deadline carries, bound to its own place.
    func sealPayload(_ payload: [UInt8], _ place: RecordKey, number: Int64) throws(LedgerError) -> [UInt8] {
        do {
            return try key.seal(payload, authenticating: context(place, number, "deadline"))
        } catch {
            throw LedgerError(error)
        }
    }

    func openPayload(_ sealed: [UInt8], _ place: RecordKey, number: Int64) throws(LedgerError) -> [UInt8] {
        do {
            return try key.open(sealed, authenticating: context(place, number, "deadline"))
        } catch {
            throw LedgerError(
                .corrupt,
                "The deadline \(place.kind) \(place.id) of account \(place.scope.account) was changed from outside or is"
                    + " damaged: its seal does not match.")
        }
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
        append(table)
    }

    mutating func append(_ text: String) {
        append(Int64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ number: Int64) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
