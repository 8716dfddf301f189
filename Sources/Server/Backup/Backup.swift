import Bodies
import Fetch
import FoundationEssentials
import Keyring
import Ledger
import Wire

/// A copy of a data directory at one moment: a folder with the ledger in one file, `backup.json`, the bodies of objects, if
/// there are any, and, if wanted, the key.
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
    ///   - withoutBodies: whether the bodies of objects are left out.
    ///   - progress: called now and then, on this thread.
    /// - Throws: `StartError` when `path` exists already, the data can't be read or is damaged, or the copy can't be
    ///   written.
    public static func make(
        of place: DataPlace, at path: String, withKey: Bool, withoutBodies: Bool = false,
        progress: @escaping Progress = { _ in }
    ) throws(StartError) -> BackupManifest {
        let source = try place.openReadOnly()
        guard !DurableFiles.exists(path) else {
            throw StartError(
                "\(path) exists already, and a backup never replaces anything: name a new directory")
        }
        let aside = try DurableFiles.makeDirectory(beside: path, "partial")
        do throws(StartError) {
            let manifest = try write(
                place, source.ledger, source.keyring, into: aside, withKey, withoutBodies, progress)
            guard try DurableFiles.move(aside, to: path) else { throw StartError("can't make \(path): it is mounted") }
            return manifest
        } catch {
            DurableFiles.removeTree(aside + "/" + BackupManifest.bodies)
            DurableFiles.remove(
                aside,
                [
                    BackupManifest.ledger, BackupManifest.ledger + "-journal", BackupManifest.key, BackupManifest.name,
                    BackupManifest.bodySums,
                ])
            throw error
        }
    }

    private static func write(
        _ place: DataPlace, _ ledger: Ledger, _ keyring: any Keyring, into aside: String, _ withKey: Bool,
        _ withoutBodies: Bool, _ progress: @escaping Progress
    ) throws(StartError) -> BackupManifest {
        do {
            // From before the moment on that the copy is of, nothing is removed that it may name. Where the folder can't be
            // written to, a body that is missed is an error.
            let bodies = withoutBodies ? nil : try place.bodyStore()
            let hold = try? bodies?.hold()
            defer { hold?.end() }
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
            try copyBodies(bodies, place, keyring, into: aside, withoutBodies, hold, &manifest, progress)
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

    private static func copyBodies(
        _ store: BodyStore?, _ place: DataPlace, _ keyring: any Keyring, into aside: String, _ withoutBodies: Bool,
        _ hold: BodyHold?, _ manifest: inout BackupManifest, _ progress: @escaping Progress
    ) throws {
        let bodies = LedgerBodies(ledger: try Ledger(at: .directory(aside), keyring: keyring, readOnly: true))
        let count = try bodies.count()
        guard count > 0 else { return }
        guard !withoutBodies else {
            manifest.bodiesLeftOut = count
            return
        }
        guard let store else {
            throw StartError(
                "there are \(count) bodies of objects, and nobody says where: name their place with --bodies, or leave them out "
                    + "with --without-bodies")
        }
        let target = try BodyStore(folder: aside + "/" + BackupManifest.bodies)
        var sums = BodySums()
        do {
            try bodies.copy(from: store, to: target, hold, progress) { id, sum in sums.add(id, sum) }
        } catch let error as BodyError {
            throw StartError("a body of an object can't be backed up: \(error) `gatehouse verify` names the object")
        }
        let found = try bodies.inspect(target, leftoverAge: -60, hold, progress)
        if let first = found.damage.first {
            throw StartError(
                "the data in \(place.name) is damaged, so it was not backed up. \(first.place): \(first.message) "
                    + "`gatehouse verify` reports all damage")
        }
        let list = aside + "/" + BackupManifest.bodySums
        try sums.write(to: list)
        let sum = try DurableFiles.sum(of: list)
        manifest.files.append(.init(name: BackupManifest.bodySums, bytes: sum.bytes, sha256: sum.sha256))
        manifest.form = BackupManifest.currentForm
        (manifest.bodyCount, manifest.bodyBytes) = (sums.count, sums.bytes)
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
        if (manifest.bodyCount ?? 0) > 0 {
            guard let place = database.bodies else {
                throw StartError(
                    "the backup has \(manifest.bodyCount ?? 0) bodies of objects: say with --bodies where they are to be"
                )
            }
            do {
                let store = try place.open(ServerTrust())
                try place.claim(store, for: Ledger(at: .directory(backup), keyring: keyring, readOnly: true))
                try restoreBodies(backup, manifest, to: store, progress)
            } catch let error as StartError {
                throw error
            } catch {
                throw StartError("\(error)")
            }
        }
        _ = try DataMigration.run(from: .directory(backup), isBackup: true, to: database, keyring, progress)
        if there == nil, case .file(let path) = database.key { try DurableFiles.copy(keyInBackup, to: path) }
        return manifest
    }

    /// Copies the bodies of a backup, each of which has to be as it was. Those that are there already, of a restore that was
    /// interrupted, are copied again.
    private static func restoreBodies(
        _ backup: String, _ manifest: BackupManifest, to target: BodyStore, _ progress: @escaping Progress
    ) throws {
        let list = backup + "/" + BackupManifest.bodySums
        for file in manifest.files where file.name == BackupManifest.bodySums {
            try require(DurableFiles.sum(of: list), file, backup)
        }
        let source = try BodyStore(existingFolder: backup + "/" + BackupManifest.bodies)
        var done = 0
        try BodySums.each(in: list) { id, sha256 in
            guard try target.copy(id, from: source).sha256 == sha256 else {
                throw StartError(
                    "\(backup)/\(BodySums.path(id)) is not what was backed up: its checksum differs. Take another backup"
                )
            }
            done += 1
            progress("Copying bodies: \(done) of \(manifest.bodyCount ?? 0)")
        }
        guard done == manifest.bodyCount else { throw StartError("\(list) is damaged: take another backup") }
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
        let hasBodies = (manifest.bodyCount ?? 0) > 0
        // The key comes last: without it no server starts on this ledger.
        let files = (hasBodies ? [BackupManifest.bodies] : []) + [BackupManifest.ledger, BackupManifest.key]
        do throws(StartError) {
            try read(backup, manifest, keyFile, keyring, into: aside, progress)
            if isInside {
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
            DurableFiles.removeTree(aside + "/" + BackupManifest.bodies)
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
        if (manifest.bodyCount ?? 0) > 0 {
            do {
                try restoreBodies(
                    backup, manifest, to: BodyStore(folder: aside + "/" + BackupManifest.bodies), progress)
            } catch let error as StartError {
                throw error
            } catch {
                throw StartError("\(error)")
            }
        }
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
