import FoundationEssentials
import Keyring
import Ledger
import Wire

/// A copy of a data directory at one moment: a folder with the ledger in one file, `backup.json`, and, if wanted, the
/// key.
///
/// The address that the server listens on and the lock are not part of it: they belong to a running server, and are
/// created when one starts.
public enum Backup {
    /// Told now and then what is being done, and how far it has got, as a line of text.
    public typealias Progress = (String) -> Void

    /// Makes a backup; a server may be writing meanwhile. The backup is written under another name, and renamed to
    /// `path` once it is complete, on disk and verified.
    ///
    /// - Parameters:
    ///   - place: what to back up.
    ///   - path: a folder that doesn't exist yet; the folder that it is in must exist.
    ///   - withKey: whether the backup contains the key.
    ///   - progress: called now and then, on this thread.
    /// - Throws: `StartError` when `path` exists already, the data can't be read or is damaged, or the copy can't be
    ///   written.
    public static func make(
        of place: DataPlace, at path: String, withKey: Bool, progress: @escaping Progress = { _ in }
    ) throws(StartError) -> BackupManifest {
        let source = try place.openReadOnly()
        guard !DurableFiles.exists(path) else {
            throw StartError(
                "\(path) exists already, and a backup never replaces anything: name a new directory")
        }
        let aside = try DurableFiles.makeDirectory(beside: path, "partial")
        do throws(StartError) {
            let manifest = try write(place, source.ledger, source.keyring, into: aside, withKey, progress)
            guard try DurableFiles.move(aside, to: path) else { throw StartError("can't make \(path): it is mounted") }
            return manifest
        } catch {
            DurableFiles.remove(
                aside,
                [BackupManifest.ledger, BackupManifest.ledger + "-journal", BackupManifest.key, BackupManifest.name])
            throw error
        }
    }

    private static func write(
        _ place: DataPlace, _ ledger: Ledger, _ keyring: any Keyring, into aside: String, _ withKey: Bool,
        _ progress: @escaping Progress
    ) throws(StartError) -> BackupManifest {
        do {
            var manifest = BackupManifest(
                version: Version.text, time: Timestamp(secondsSinceEpoch: Date().timeIntervalSince1970).iso8601,
                hasKey: withKey)
            let copy = try ledger.copy(to: aside) { progress("Copying the ledger: \(Int($0 * 100)) %") }
            manifest.ledgerFormat = copy.format
            manifest.journalEntry = copy.lastSequence
            manifest.eventSegment = copy.lastSegment
            if withKey { try writeKey(of: place, to: aside + "/" + BackupManifest.key) }

            let result = try verify(aside, keyring, progress)
            guard result.isClean else {
                throw StartError(
                    "the data in \(place.name) is damaged, so it was not backed up. \(Self.summary(result))"
                        + " `gatehouse verify` reports all damage; to keep a directory, stop the server and copy it"
                )
            }
            manifest.records = result.counts[.record]?.rows ?? 0
            manifest.events = result.events
            progress("Computing the checksum of the copy")
            let ledgerFile = aside + "/" + BackupManifest.ledger
            try DurableFiles.sync(ledgerFile)
            let sum = try DurableFiles.sum(of: ledgerFile)
            manifest.files = [.init(name: BackupManifest.ledger, bytes: sum.bytes, sha256: sum.sha256)]
            try manifest.seal(keyring)
            try DurableFiles.write(manifest.json(), to: aside + "/" + BackupManifest.name)
            try DurableFiles.sync(aside)
            return manifest
        } catch let error as StartError {
            throw error
        } catch {
            throw StartError("\(error)")
        }
    }

    private static func writeKey(of place: DataPlace, to path: String) throws {
        switch place {
        case .directory(let data): try DurableFiles.copy(data.keyFile, to: path)
        case .database(let database):
            switch database.key {
            case .file(let file): try DurableFiles.copy(file, to: path)
            case .secret(let given): try given.write(to: path)
            }
        }
    }

    /// Puts a backup into a database that nodes are to share: what is copied is verified at the end, and until then no node can
    /// use it. If it is interrupted, it can be run again.
    ///
    /// - Parameter database: in which there is no ledger. Its key file is made, if the backup has the key.
    /// - Throws: `StartError` when there is a ledger, the backup is damaged, or the key is not the one that it was sealed with.
    public static func restore(
        _ backup: String, to database: SharedDatabase, progress: @escaping Progress = { _ in }
    ) throws(StartError) -> BackupManifest {
        let manifest = try BackupManifest(of: backup)
        let keyInBackup = backup + "/" + BackupManifest.key
        let there = try database.existingKey()
        let keyring: any Keyring
        if let there {
            keyring = there
        } else {
            guard manifest.hasKey else {
                throw StartError(
                    "the key is not in \(backup): it was made with --without-key. Put your copy of the key where --key-file "
                        + "says")
            }
            keyring = try DataDirectory(backup, token: database.token).open(keyInBackup)
        }
        try check(keyring, database.keyName, manifest, backup)
        progress("Computing the checksum of the backup")
        for file in manifest.files where file.name == BackupManifest.ledger {
            try require(DurableFiles.sum(of: backup + "/" + file.name), file, backup)
        }
        _ = try DataMigration.run(from: .directory(backup), isBackup: true, to: database, keyring, progress)
        if there == nil, case .file(let path) = database.key { try DurableFiles.copy(keyInBackup, to: path) }
        return manifest
    }

    private static func require(
        _ sum: DurableFiles.Sum, _ file: BackupManifest.File, _ backup: String
    ) throws(StartError) {
        guard sum == DurableFiles.Sum(bytes: file.bytes, sha256: file.sha256) else {
            throw StartError(
                "\(backup)/\(file.name) is not what was backed up: its checksum differs. Take another backup")
        }
    }

    /// Makes a data directory from a backup. It is written under another name, and renamed once it is complete, on disk
    /// and verified.
    ///
    /// - Parameters:
    ///   - backup: the folder that ``make(of:at:withKey:progress:)`` has made.
    ///   - keyFile: the key, if it is not in the backup.
    ///   - data: a folder that doesn't exist, or is empty.
    ///   - progress: called now and then, on this thread.
    /// - Throws: `StartError` when the folder is not empty, the backup is damaged, or the key is not the one that it
    ///   was sealed with.
    public static func restore(
        _ backup: String, keyFile: String?, to data: DataDirectory, progress: @escaping Progress = { _ in }
    ) throws(StartError) -> BackupManifest {
        guard !DurableFiles.exists(data.path) || DurableFiles.isEmptyDirectory(data.path) else {
            throw StartError(
                "\(data.path) is not empty, and a restore never replaces anything: name a new directory, or move it"
            )
        }
        let manifest = try BackupManifest(of: backup)
        let keyFile = try Self.keyFile(keyFile, manifest, backup)
        let keyring = try data.open(keyFile)
        try check(keyring, "that in \(keyring.path)", manifest, backup)

        let isInside: Bool
        var aside: String
        // Written beside the target, so that renaming it makes everything appear at once. A mount point can't be
        // replaced by renaming, so there it is written inside.
        if DurableFiles.exists(data.path), DurableFiles.isMountPoint(data.path) {
            isInside = true
            aside = data.path + "/.restoring"
            try DurableFiles.makeDirectory(aside)
        } else {
            isInside = false
            aside = try DurableFiles.makeDirectory(beside: data.path, "restoring")
        }
        let files = [BackupManifest.ledger, BackupManifest.key]
        do throws(StartError) {
            try read(backup, manifest, keyFile, keyring, into: aside, progress)
            if isInside {
                // The key comes last: without it no server starts on this ledger.
                for file in files {
                    guard try DurableFiles.move(aside + "/" + file, to: data.path + "/" + file) else {
                        throw StartError("can't make \(data.path)/\(file)")
                    }
                }
                DurableFiles.remove(aside, [])
            } else if try !DurableFiles.move(aside, to: data.path) {
                throw StartError("can't make \(data.path): it is in use")
            }
            return manifest
        } catch {
            DurableFiles.remove(aside, files)
            throw error
        }
    }

    private static func keyFile(
        _ given: String?, _ manifest: BackupManifest, _ backup: String
    ) throws(StartError) -> String {
        if let given { return given }
        guard manifest.hasKey else {
            throw StartError(
                "the key is not in \(backup): it was made with --without-key. Name the key's file with --key-file")
        }
        return backup + "/" + BackupManifest.key
    }

    /// Checks that a key opens the backup.
    private static func check(
        _ keyring: any Keyring, _ name: String, _ manifest: BackupManifest, _ backup: String
    ) throws(StartError) {
        do throws(LedgerError) {
            _ = try Ledger(at: .directory(backup), keyring: keyring, readOnly: true)
        } catch {
            throw StartError(
                error.kind == .sealed
                    ? "the backup \(backup) was sealed with another key than \(name)"
                    : "the backup \(backup) can't be opened: \(error)")
        }
        guard manifest.isIntact(keyring) else {
            throw StartError("\(backup)/\(BackupManifest.name) was changed or is damaged: take another backup")
        }
    }

    private static func read(
        _ backup: String, _ manifest: BackupManifest, _ keyFile: String, _ keyring: any Keyring, into aside: String,
        _ progress: @escaping Progress
    ) throws(StartError) {
        for file in manifest.files {
            guard file.name == BackupManifest.ledger else { continue }
            var done = 0
            let sum = try DurableFiles.copy(backup + "/" + file.name, to: aside + "/" + file.name) { bytes in
                done += bytes
                progress("Copying the ledger: \(done * 100 / max(1, file.bytes)) %")
            }
            try require(sum, file, backup)
        }
        try DurableFiles.copy(keyFile, to: aside + "/" + BackupManifest.key)
        let result = try verify(aside, keyring, progress)
        guard result.isClean else {
            throw StartError("the backup \(backup) is damaged: \(summary(result)) Take another backup")
        }
        try DurableFiles.sync(aside)
    }

    private static func verify(
        _ path: String, _ keyring: any Keyring, _ progress: @escaping Progress
    ) throws(StartError) -> Verification {
        do throws(LedgerError) {
            let ledger = try Ledger(at: .directory(path), keyring: keyring, readOnly: true)
            return try ledger.verify(
                Modules.all.recordKinds, tables: Modules.all.tableKinds, accountKind: accountKind
            ) { part, rows in
                progress("Verifying the copy, \(part): \(rows)")
            }
        } catch {
            throw StartError("\(error)")
        }
    }

    private static func summary(_ result: Verification) -> String {
        let first = result.damage.first.map { "\($0.place): \($0.message)" } ?? ""
        return result.damageCount > 1 ? "\(first) And \(result.damageCount - 1) more." : first
    }
}
