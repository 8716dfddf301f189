import ArgumentParser
import Server

struct MakeBackup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Back up a data directory or a database, even while servers are using it.",
        discussion: """
            The backup is a directory with the ledger in one file, the bodies of S3's objects, and a description, backup.json. It is written under \
            another name, and renamed once it is on disk and verified; it never replaces anything. Reading the backup \
            takes the key, so you have to say whether to include it. `gatehouse restore` makes a data directory \
            from it, or fills a database: a backup is the same, wherever it is from.
            """)

    @Argument(help: "The directory to make.", completion: .directory)
    var path: String

    @Flag(help: "Include the key: the backup is then as secret as the data directory itself.")
    var withKey = false

    @Flag(help: "Leave out the key: keep a copy of it elsewhere, because the backup can't be read without it.")
    var withoutKey = false

    @Flag(help: "Leave out the bodies of S3's objects: then they have to be kept by other means.")
    var withoutBodies = false

    @OptionGroup var placeOptions: PlaceOptions

    func validate() throws {
        guard withKey != withoutKey else {
            throw ValidationError(
                "Should the backup include the key? Say --with-key, and keep the backup as secret as the data "
                    + "directory; or --without-key, and keep a copy of the key elsewhere.")
        }
    }

    // On the main thread, which may wait for a bucket.
    @MainActor func run() async throws {
        let place = try placeOptions.place()
        let progress = ProgressLine()
        do {
            // Events that the server has not written yet belong in the backup too.
            try await OwnServer.flushEvents(of: place, RecordedData(place))
            let made = try Backup.make(of: place, at: path, withKey: withKey, withoutBodies: withoutBodies) {
                progress.show($0)
            }
            progress.end()
            print(
                "Backed up \(place.name) to \(path), as of \(made.time), journal entry \(made.journalEntry): "
                    + "\(made.records) records, \(made.events) events, \(made.bytes) bytes, verified.")
            if let count = made.bodyCount {
                print("The bodies of objects are in it: \(count), \(made.bodyBytes ?? 0) bytes.")
            }
            if let count = made.bodiesLeftOut {
                print(
                    "\(count) bodies of objects are not in it: restore them by your own means, or objects can't be read."
                )
            }
            let backup = Endpoint.quoted(path)
            if made.hasKey {
                print("The key is in it: whoever can read \(path) can read everything.")
                print("To restore: gatehouse restore \(backup) --data DIRECTORY")
            } else {
                print("The key is not in it: without a copy of \(keyName(place)) nobody can read it, not even you.")
                print("To restore: gatehouse restore \(backup) --data DIRECTORY --key-file KEY")
            }
        } catch {
            progress.end()
            fail("Can't back up: \(error).")
        }
    }

    private func keyName(_ place: DataPlace) -> String {
        switch place {
        case .directory(let data): data.keyFile
        case .database(let database):
            switch database.key {
            case .file(let path): path
            case .secret: "the secret"
            }
        }
    }
}
