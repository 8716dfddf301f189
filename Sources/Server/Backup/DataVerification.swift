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
        do throws(LedgerError) {
            let ledger = try Ledger(at: .directory(data.path), keyring: keyring, readOnly: true)
            var found = try ledger.verify(
                Modules.all.recordKinds, tables: Modules.all.tableKinds, accountKind: accountKind
            ) { part, rows in
                progress("Verifying \(part): \(rows)")
            }
            for one in damage { found.add(one) }
            result = found
        } catch {
            guard error.kind == .corrupt else { throw StartError("\(error)") }
            result = Verification(damage + [Damage(nil, error.message)])
        }
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
        do throws(LedgerError) {
            result = try ledger.verify(
                Modules.all.recordKinds, tables: Modules.all.tableKinds, accountKind: accountKind
            ) { part, rows in
                progress("Verifying \(part): \(rows)")
            }
        } catch {
            guard error.kind == .corrupt else { throw StartError("\(error)") }
            result = Verification([Damage(nil, error.message)])
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
        let sum = try DurableFiles.sum(of: ledgerFile)
        return manifest.files.contains(.init(name: BackupManifest.ledger, bytes: sum.bytes, sha256: sum.sha256))
            ? [] : [Damage(nil, "Its checksum differs from that of the file that was backed up.")]
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
        lines.append(
            isClean
                ? "\(path) is intact, up to journal entry \(result.lastSequence)."
                : "\(path) is damaged. If only counters, references or indexes are, no data is lost."
                    + " Otherwise restore a backup: gatehouse restore BACKUP \(isDatabase ? "--database URL" : "--data DIRECTORY")"
        )
        return lines.map(printable).joined(separator: "\n")
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
