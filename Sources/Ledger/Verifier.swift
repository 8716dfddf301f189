/// Reads a whole ledger and reports everything that is not as it was written. Each part of the ledger has a file of its
/// own.
///
/// Data that is stored in two places is compared by sums of fingerprints, which takes one pass and little memory. Only
/// where the sums differ is it compared row by row.
final class Verifier {
    static let sealIsBroken = "Its seal does not match: it was changed from outside or is damaged."

    let session: any StoreSession
    let sealer: RecordSealer
    let types: [String: any Record.Type]
    let tables: [String: any TableRow.Type]
    let accountKind: String?
    var result = Verification()

    /// The tables whose structure is damaged, so that rows have to be looked up one by one.
    var isBroken: Set<LedgerTable> = []
    var purgedEntries: Int64 = 0
    /// The last journal entry of every record, by the fingerprint of the record's key.
    var lastEntries: [Int: LastEntry] = [:]
    /// How many entries are referred to by others but don't exist.
    var missingEntries = 0
    /// How many entries are missing in total, according to the ledger's own count.
    var unexplained: Int64 = 0
    /// Records that can't be read or are gone. Nothing is concluded from their absence.
    var damagedKeys: Set<RecordKey> = []
    /// Parts of tables in which a row can't be read.
    var damagedParts: Set<TablePart> = []
    var counts: [CounterKey: Int64] = [:]
    var references = Sum()
    /// The ids and aliases of all records, as fingerprints of kind, scope and name.
    var names: Set<Int> = []
    var requirements: [Int: (requirement: Requirement, of: RecordKey)] = [:]

    struct LastEntry {
        var sequence: Int64
        /// The fingerprint of the record's sealed body; nil if the record was deleted.
        var body: Int?
    }

    struct CounterKey: Hashable {
        var scope: Scope
        var kind: String
    }

    init(
        _ session: any StoreSession, _ sealer: RecordSealer, _ kinds: [any Record.Type],
        tables: [any TableRow.Type], accountKind: String?
    ) {
        self.session = session
        self.sealer = sealer
        types = Dictionary(kinds.map { ($0.kind, $0) }) { first, _ in first }
        self.tables = Dictionary(tables.map { ($0.kind, $0) }) { first, _ in first }
        self.accountKind = accountKind
    }

    func run(_ progress: Ledger.VerificationProgress) throws {
        progress("structure", 0)
        for (table, message) in try session.structuralDamage(of: nil) {
            isBroken.formUnion(table.map { [$0] } ?? LedgerTable.allCases)
            result.add(Damage(table, message))
        }
        try verifyFacts()
        attempt(.journal) { try verifyJournal(progress) }
        attempt(.record) { try verifyRecords(progress) }
        attempt(.tableRow) { try verifyRows(progress) }
        attempt(.counter) { try verifyCounters() }
        attempt(.reference) { try verifyReferences(progress) }
        attempt(.deadline) { try verifyDeadlines(progress) }
        attempt(.eventSegment) { try verifyEvents(progress) }
    }

    /// Verifies one part. If it has to stop, the other parts are verified all the same.
    private func attempt(_ table: LedgerTable, _ body: () throws -> Void) {
        do { try body() } catch { add(Damage(table, LedgerError(error).message)) }
    }

    func add(_ damage: Damage) { result.add(damage) }

    /// Counts a row, and reports progress every few thousand rows.
    func count(_ table: LedgerTable, _ part: String, _ progress: Ledger.VerificationProgress) {
        let rows = result.counts[table, default: Verification.Count()].rows + 1
        result.counts[table, default: Verification.Count()].rows = rows
        if rows % 5000 == 0 { progress(part, rows) }
    }

    // MARK: The ledger's own facts

    private func verifyFacts() throws {
        result.format = try Format.version(in: session)
        let names: [String]
        do {
            names = try session.metaNames()
        } catch {
            return add(Damage(.meta, LedgerError(error).message))
        }
        result.counts[.meta, default: Verification.Count()].rows = names.count
        for name in names where !Format.facts.contains(name) && name != Migration.fact {
            add(Damage(.meta, "There is a fact \(name), which no version of Gatehouse writes."))
        }
        for name in Format.facts(of: result.format).subtracting(names).sorted() {
            add(Damage(.meta, "The fact \(name) is missing."))
        }
        for name in Format.numbers where names.contains(name) {
            guard case .integer(let number)? = try session.meta(name), number >= 0 else {
                add(Damage(.meta, "The fact \(name) is not a number, or is negative."))
                continue
            }
        }
        purgedEntries = try session.number(Ledger.purgedThrough)
    }

    // MARK: Deadlines

    private func verifyDeadlines(_ progress: Ledger.VerificationProgress) throws {
        try session.scanDeadlines(carefully: isBroken.contains(.deadline)) { scanned in
            count(.deadline, "deadlines", progress)
            switch scanned {
            case .unreadable(let place, let message): add(Damage(.deadline, place.key, message))
            case .row(let deadline):
                let isIntact: Bool
                if result.format >= 3 {
                    isIntact = (try? sealer.openPayload(of: deadline)) != nil
                } else {
                    isIntact = (try? sealer.openOldPayload(of: deadline)) != nil
                }
                if !isIntact { add(Damage(.deadline, deadline.key, Self.sealIsBroken)) }
            }
        }
        let rows = Int64(result.counts[.deadline]?.rows ?? 0)
        if case .integer(let wanted)? = try session.meta(Ledger.deadlineCount), rows != wanted {
            add(Damage(.deadline, "There are \(rows), but there were \(wanted)."))
        }
    }
}

/// A sum over rows that doesn't depend on their order: tables with equal sums have equal rows.
struct Sum: Equatable {
    private var total = 0
    private var count = 0

    mutating func add(_ fingerprint: Int) {
        total &+= fingerprint
        count += 1
    }
}

/// A 64-bit hash that is valid for the life of the process. It is keyed at random, so nobody can construct two things
/// with the same fingerprint.
struct Fingerprint {
    private var hasher = Hasher()

    static func of(_ key: RecordKey) -> Int {
        var fingerprint = Fingerprint()
        fingerprint.add(key)
        return fingerprint.value
    }

    static func of(_ bytes: [UInt8]) -> Int {
        var fingerprint = Fingerprint()
        fingerprint.add(bytes)
        return fingerprint.value
    }

    mutating func add(_ key: RecordKey) {
        add(key.scope)
        add(key.kind)
        add(key.id)
    }

    mutating func add(_ scope: Scope) {
        add(scope.account)
        add(scope.region)
    }

    /// By bytes, because Swift considers some texts equal whose bytes differ.
    mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            hasher.combine(bytes.count)
            hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
        }
    }

    mutating func add(_ bytes: [UInt8]) {
        hasher.combine(bytes.count)
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    mutating func add(_ number: Int64) { hasher.combine(number) }

    var value: Int { hasher.finalize() }
}
