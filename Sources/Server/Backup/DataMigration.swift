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
    ///   - keyFile: where nodes will have their key; it is made from the directory's, unless it is there.
    /// - Throws: `StartError` with what stood in the way; then it can be run again.
    public static func run(
        from directory: DataDirectory, to database: SharedDatabase, progress: @escaping Backup.Progress = { _ in }
    ) throws(StartError) -> DataMigration {
        let keyring = try directory.keyring()
        if DurableFiles.exists(database.keyFile) { try requireSame(directory.keyFile, database.keyFile) }
        let result = try migrate(
            from: .directory(directory.path), to: .postgres(database.address), keyring, progress)
        if !DurableFiles.exists(database.keyFile) {
            try DurableFiles.copy(directory.keyFile, to: database.keyFile)
        }
        return result
    }

    /// - Parameter directory: which is made, with a copy of the key.
    /// - Throws: `StartError` with what stood in the way; then it can be run again.
    public static func run(
        from database: SharedDatabase, to directory: DataDirectory, progress: @escaping Backup.Progress = { _ in }
    ) throws(StartError) -> DataMigration {
        guard DurableFiles.exists(database.keyFile) else {
            throw StartError("there is no key file \(database.keyFile)")
        }
        if !DurableFiles.exists(directory.path) { try DurableFiles.makeDirectory(directory.path) }
        if DurableFiles.exists(directory.keyFile) {
            try requireSame(database.keyFile, directory.keyFile)
        } else {
            try DurableFiles.copy(database.keyFile, to: directory.keyFile)
        }
        return try migrate(
            from: .postgres(database.address), to: .directory(directory.path), try directory.keyring(), progress)
    }

    /// What is copied stays sealed as it is.
    private static func requireSame(_ source: String, _ target: String) throws(StartError) {
        guard try DurableFiles.sum(of: source) == DurableFiles.sum(of: target) else {
            throw StartError("the key in \(target) is another than that in \(source), with which everything is sealed")
        }
    }

    private static func migrate(
        from source: Ledger.Location, to target: Ledger.Location, _ keyring: KeyFile,
        _ progress: @escaping Backup.Progress
    ) throws(StartError) -> DataMigration {
        let result: Verification
        do throws(LedgerError) {
            result = try Migration.run(
                from: source, to: target, keyring: keyring, Modules.all.recordKinds, accountKind: accountKind
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
