import Bodies
import Directory
import FoundationEssentials
import Keyring
import Ledger
import Platform
import Wire

let accountKind = Account.kind

/// The result of verifying a data directory or a backup, as `gatehouse verify` prints it.
public struct DataVerification: Sendable {
    private let path: String
    private let result: Verification
    private let bodies: LedgerBodies.Inspection
    /// Whether it is known where the bodies are.
    private let hasBodyStore: Bool
    /// Whether it is a backup, so that its checksum was verified too.
    private let isBackup: Bool
    /// Whether it is one that nodes share.
    private let isDatabase: Bool

    /// Whether no damage was found.
    public var isClean: Bool { result.isClean }

    /// Verifies everything as it is at one moment, and changes nothing. A server may be using the directory.
    ///
    /// - Parameters:
    ///   - data: the directory or backup.
    ///   - keyFile: the key, if it is not in the directory.
    ///   - progress: called now and then, on this thread.
    /// - Throws: `StartError` when there is nothing to verify, or the key is the wrong one. Damage is not an error.
    public init(
        of data: DataDirectory, keyFile: String?, progress: @escaping Backup.Progress = { _ in }
    ) throws(StartError) {
        path = data.path
        let ledgerFile = data.path + "/" + BackupManifest.ledger
        guard DurableFiles.exists(ledgerFile) else {
            throw StartError("there is no Gatehouse in \(data.path), and no backup of one: name another --data")
        }
        isBackup = data.isBackup
        isDatabase = false
        let keyring = try data.keyring(inFile: keyFile)
        var damage: [Damage] = []
        if isBackup { damage += try Self.damage(ofBackup: data.path, ledgerFile, keyring) }
        do {
            let ledger = try Ledger(at: .directory(data.path), keyring: keyring, readOnly: true)
            var found = try ledger.verify(
                Modules.all.recordKinds, tables: Modules.all.tableKinds, accountKind: accountKind
            ) { part, rows in
                progress("Verifying \(part): \(rows)")
            }
            let store = try Self.openBodies(.directory(data))
            // Before format 4 there were no tables, and so no bodies.
            let seen =
                found.format < 4 ? .init() : try Self.inspect(ledger, store, isBackup: isBackup, progress)
            for one in damage + seen.damage { found.add(one) }
            (result, bodies, hasBodyStore) = (found, seen, store != nil)
        } catch {
            (result, bodies, hasBodyStore) = (try Self.damaged(damage, error), .init(), false)
        }
    }

    private static func damaged(_ damage: [Damage], _ error: any Error) throws(StartError) -> Verification {
        guard let error = error as? LedgerError, error.kind == .corrupt else { throw StartError("\(error)") }
        return Verification(damage + [Damage(nil, error.message)])
    }

    private static func openBodies(_ place: DataPlace) throws(StartError) -> BodyStore? {
        do { return try place.bodyStore() } catch { throw StartError("\(error)") }
    }

    private static func inspect(
        _ ledger: Ledger, _ store: BodyStore?, isBackup: Bool, _ progress: @escaping Backup.Progress
    ) throws -> LedgerBodies.Inspection {
        // Servers go on removing bodies meanwhile. They do it a quarter of an hour after nothing has them any more, which is
        // enough where the folder can't be written to.
        let hold = isBackup ? nil : try? store?.hold()
        defer { hold?.end() }
        return try LedgerBodies(ledger: ledger).inspect(store, leftoverAge: isBackup ? -60 : 3_600, hold, progress)
    }

    /// Verifies a database as it is at one moment, and changes nothing; nodes may be using it.
    ///
    /// - Throws: `StartError` when there is nothing to verify, or the key is the wrong one. Damage is not an error.
    public init(
        of database: SharedDatabase, progress: @escaping Backup.Progress = { _ in }
    ) throws(StartError) {
        path = database.name
        (isBackup, isDatabase) = (false, true)
        let ledger = try database.openReadOnly().ledger
        do {
            var found = try ledger.verify(
                Modules.all.recordKinds, tables: Modules.all.tableKinds, accountKind: accountKind
            ) { part, rows in
                progress("Verifying \(part): \(rows)")
            }
            let store = try Self.openBodies(.database(database))
            let seen = try Self.inspect(ledger, store, isBackup: false, progress)
            for one in seen.damage { found.add(one) }
            (result, bodies, hasBodyStore) = (found, seen, store != nil)
        } catch {
            (result, bodies, hasBodyStore) = (try Self.damaged([], error), .init(), false)
        }
    }

    private static func damage(
        ofBackup path: String, _ ledgerFile: String, _ keyring: KeyFile
    ) throws(StartError) -> [Damage] {
        let manifest: BackupManifest
        do throws(StartError) { manifest = try BackupManifest(of: path) } catch {
            return [Damage(nil, error.description)]
        }
        guard manifest.isIntact(keyring) else {
            return [Damage(nil, "\(BackupManifest.name) was changed or is damaged, or the key is the wrong one.")]
        }
        var damage: [Damage] = []
        for file in manifest.files {
            let sum =
                DurableFiles.exists(path + "/" + file.name) ? try DurableFiles.sum(of: path + "/" + file.name) : nil
            if sum != DurableFiles.Sum(bytes: file.bytes, sha256: file.sha256) {
                let name = file.name == BackupManifest.ledger ? "Its" : "\(file.name): its"
                damage.append(Damage(nil, "\(name) checksum differs from that of the file that was backed up."))
            }
        }
        guard damage.isEmpty, (manifest.bodyCount ?? 0) > 0 else { return damage }
        // Most bodies prove themselves, but not those that were stored with a key which is not here.
        do {
            let store = try BodyStore(existingFolder: path + "/" + BackupManifest.bodies)
            try BodySums.each(in: path + "/" + BackupManifest.bodySums) { id, sha256 in
                let sum = try? store.sum(of: id)
                if sum?.sha256 != sha256 {
                    damage.append(
                        Damage(
                            nil, "\(BodySums.path(id)) \(sum == nil ? "is missing" : "is not what was backed up")."))
                }
            }
        } catch {
            damage.append(Damage(nil, "\(error)"))
        }
        return damage
    }

    // MARK: Output

    /// The result as text for people. It names at most `limit` pieces of damage.
    public func text(limit: Int) -> String {
        var lines: [String] = []
        for damage in result.damage.prefix(limit) { lines.append("\(damage.place): \(damage.message)") }
        if result.damageCount > limit {
            lines.append("… and \(result.damageCount - limit) more: --format json lists them.")
        }
        if !lines.isEmpty { lines.append("") }
        for (table, name) in Self.tables {
            guard let count = result.counts[table], count.rows > 0 || count.damaged > 0 else { continue }
            let rows = table == .eventSegment ? "\(count.rows) (\(result.events) events)" : "\(count.rows)"
            lines.append(
                "\(name): \(rows)" + (count.damaged == 0 ? ", no damage" : ", damaged in \(count.damaged) places"))
        }
        lines += bodyLines
        lines.append(
            isClean
                ? "\(path) is intact, up to journal entry \(result.lastSequence)."
                : "\(path) is damaged. If only counters, references or indexes are, no data is lost."
                    + " Otherwise restore a backup: gatehouse restore BACKUP \(isDatabase ? "--database URL" : "--data DIRECTORY")"
        )
        return lines.map(printable).joined(separator: "\n")
    }

    private var bodyLines: [String] {
        var lines: [String] = []
        if bodies.count > 0 {
            let count = "Bodies of objects: \(bodies.count) (\(bodies.bytes) bytes)"
            guard hasBodyStore else {
                return [
                    isBackup
                        ? "\(count), which were left out of this backup"
                        : "\(count), not looked at: name their place with --bodies"
                ]
            }
            lines.append(
                count + (bodies.damageCount == 0 ? ", no damage" : ", damaged in \(bodies.damageCount) places"))
        }
        if bodies.unproved > 0 {
            lines.append(
                "\(bodies.unproved) of them have a key that is not here, of KMS or a client: only their headers and sizes were "
                    + "looked at")
        }
        if bodies.leftover > 0 {
            lines.append(
                "Bodies that no object has: \(bodies.leftover), left behind by a crash; a server removes them within a day, "
                    + "`gatehouse sweep` at once")
        }
        return lines
    }

    private static let tables: [(LedgerTable, String)] = [
        (.meta, "Facts"), (.record, "Records"), (.counter, "Counters"), (.reference, "References"),
        (.tableRow, "Rows of tables"), (.tableIndex, "Index entries of tables"), (.journal, "Journal entries"),
        (.deadline, "Deadlines"), (.eventSegment, "Event segments"),
        (.eventIndex, "Event index entries"),
    ]

    /// The result as JSON for programs, with all damage that was kept.
    public var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("path", path)
        writer.key("isWhole")
        writer.boolean(isClean)
        writer.member("ledgerFormat", integer: Int(result.format))
        writer.member("journalEntry", integer: Int(result.lastSequence))
        writer.member("eventSegment", integer: Int(result.lastSegment))
        writer.member("events", integer: result.events)
        writer.key("tables")
        writer.beginObject()
        for (table, _) in Self.tables {
            let count = result.counts[table] ?? Verification.Count()
            writer.key(table.rawValue)
            writer.beginObject()
            writer.member("rows", integer: count.rows)
            writer.member("damaged", integer: count.damaged)
            writer.endObject()
        }
        writer.endObject()
        writer.key("bodies")
        writer.beginObject()
        writer.member("count", integer: bodies.count)
        writer.member("bytes", integer: bodies.bytes)
        writer.key("verified")
        writer.boolean(hasBodyStore)
        writer.member("damaged", integer: bodies.damageCount)
        writer.member("unproved", integer: bodies.unproved)
        writer.member("leftover", integer: bodies.leftover)
        writer.endObject()
        writer.member("damageCount", integer: result.damageCount)
        writer.key("damage")
        writer.beginArray()
        for one in result.damage {
            writer.beginObject()
            if let table = one.table { writer.member("table", table.rawValue) }
            if let kind = one.kind { writer.member("kind", kind) }
            if let account = one.account { writer.member("account", account) }
            if let region = one.region, !region.isEmpty { writer.member("region", region) }
            if let id = one.id { writer.member("id", id) }
            if let number = one.number { writer.member("number", integer: Int(number)) }
            writer.member("message", one.message)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: String, integer value: Int) {
        key(name)
        integer(value)
    }
}
