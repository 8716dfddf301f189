import Directory
import Keyring
import Ledger
import Platform

/// The way of all data from a data directory into a database that nodes share, or back: see the ledger's `Migration`.
public struct DataMigration: Sendable {
    public let records: Int
    public let events: Int
    public let journalEntry: Int64

    /// - Parameters:
    ///   - directory: of a server that does not run.
    ///   - database: its key file is made from the directory's, unless it is there.
    /// - Throws: `StartError` with what stood in the way; then it can be run again.
    public static func run(
        from directory: DataDirectory, to database: SharedDatabase, progress: @escaping Backup.Progress = { _ in }
    ) throws(StartError) -> DataMigration {
        let keyring = try directory.keyring()
        let there = try database.existingKey()
        if let there { try requireSame(there, keyring, directory, database) }
        let result = try run(from: .directory(directory.path), to: database, keyring, progress)
        if there == nil, case .file(let path) = database.key { try DurableFiles.copy(directory.keyFile, to: path) }
        return result
    }

    /// - Parameter directory: which is made, with a copy of the key.
    /// - Throws: `StartError` with what stood in the way; then it can be run again.
    public static func run(
        from database: SharedDatabase, to directory: DataDirectory, progress: @escaping Backup.Progress = { _ in }
    ) throws(StartError) -> DataMigration {
        guard let keyring = try database.existingKey() else {
            throw StartError("there is no key file where \(database.name) has its own")
        }
        if !DurableFiles.exists(directory.path) { try DurableFiles.makeDirectory(directory.path) }
        if DurableFiles.exists(directory.keyFile) {
            try requireSame(keyring, try directory.keyring(), directory, database)
        } else {
            switch database.key {
            case .file(let path): try DurableFiles.copy(path, to: directory.keyFile)
            case .secret(let given):
                do { try given.write(to: directory.keyFile) } catch { throw StartError("\(error)") }
            }
        }
        return try migrate(
            from: .postgres(database.address), to: .directory(directory.path), try directory.keyring(), progress)
    }

    /// Copies a directory, or a backup, which is only read, into a database.
    static func run(
        from source: Ledger.Location, isBackup: Bool = false, to database: SharedDatabase, _ keyring: any Keyring,
        _ progress: @escaping Backup.Progress
    ) throws(StartError) -> DataMigration {
        try migrate(from: source, isBackup: isBackup, to: .postgres(database.address), keyring, progress)
    }

    /// What is copied stays sealed as it is.
    private static func requireSame(
        _ key: any Keyring, _ other: any Keyring, _ directory: DataDirectory, _ database: SharedDatabase
    ) throws(StartError) {
        guard key.isSame(as: other) else {
            throw StartError(
                "the key in \(directory.keyFile) is another than \(database.keyName); everything stays sealed as it is, so it has "
                    + "to be the same")
        }
    }

    private static func migrate(
        from source: Ledger.Location, isBackup: Bool = false, to target: Ledger.Location, _ keyring: any Keyring,
        _ progress: @escaping Backup.Progress
    ) throws(StartError) -> DataMigration {
        let result: Verification
        do throws(LedgerError) {
            result = try Migration.run(
                from: source, isFrozen: isBackup, to: target, keyring: keyring, Modules.all.recordKinds,
                tables: Modules.all.tableKinds, accountKind: accountKind
            ) { part, rows in
                progress("Copying, \(part): \(rows)")
            }
        } catch {
            throw StartError("\(error)")
        }
        guard result.isClean else {
            let first = result.damage.first.map { "\($0.place): \($0.message)" } ?? ""
            throw StartError("what was copied is damaged, and can't be used: \(first) Verify the source")
        }
        return DataMigration(
            records: result.counts[.record]?.rows ?? 0, events: result.events, journalEntry: result.lastSequence)
    }
}
