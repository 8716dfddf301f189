import Bodies
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
        try copyBodies(
            from: .directory(directory), try openReadOnly(.directory(directory)),
            to: { () throws in
                guard let place = database.bodies, let store = try database.bodyStore() else { return nil }
                try place.claim(store, for: DataPlace.directory(directory).openReadOnly().ledger)
                return store
            }, progress)
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
        try copyBodies(
            from: .database(database), try openReadOnly(.database(database)),
            to: { () throws in try BodyStore(folder: directory.bodies) }, progress)
        return try migrate(
            from: .postgres(database.address), to: .directory(directory.path), try directory.keyring(), progress)
    }

    private static func openReadOnly(_ place: DataPlace) throws(StartError) -> Ledger {
        try place.openReadOnly().ledger
    }

    /// Copies the bodies before the ledger, which nobody can use before all of it is there. What is copied again, because a
    /// migration was interrupted, takes the place of what is there.
    ///
    /// - Parameter target: nil: none is named.
    private static func copyBodies(
        from place: DataPlace, _ ledger: Ledger, to target: () throws -> BodyStore?,
        _ progress: @escaping Backup.Progress
    ) throws(StartError) {
        do {
            let bodies = LedgerBodies(ledger: ledger)
            let count = try bodies.count()
            guard count > 0 else { return }
            guard let source = try place.bodyStore(), let target = try target() else {
                throw StartError(
                    "there are \(count) bodies of objects: say with --bodies where those of the database are, or are to be"
                )
            }
            try bodies.copy(from: source, to: target, nil, progress)
            let found = try bodies.inspect(target, leftoverAge: 0, nil, progress)
            if let first = found.damage.first {
                throw StartError("the data in \(place.name) is damaged: \(first.place): \(first.message) Verify it")
            }
        } catch let error as StartError {
            throw error
        } catch {
            throw StartError("\(error)")
        }
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
