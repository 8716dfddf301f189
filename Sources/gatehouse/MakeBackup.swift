import ArgumentParser
import Server

struct MakeBackup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy a data directory as it is at this moment, also while a server writes to it.",
        discussion: """
            The backup is a directory with the ledger in one file and a description of it, backup.json. It gets its name \
            once it is on disk and has been verified; nothing is ever replaced. Whoever has the key can read the backup, \
            and without the key nobody can: say whether it is to be in it. `gatehouse restore` makes a data directory from \
            a backup.
            """)

    @Argument(help: "The directory to make.", completion: .directory)
    var path: String

    @Flag(help: "Copy the key into the backup: then the backup is as secret as the data directory itself.")
    var withKey = false

    @Flag(help: "Leave the key out: keep a copy of it in another place, for the backup can't be read without it.")
    var withoutKey = false

    @OptionGroup var dataOptions: DataOptions

    func validate() throws {
        guard withKey != withoutKey else {
            throw ValidationError(
                "Is the key to be in the backup? Say --with-key, and keep the backup as secret as the data directory; or "
                    + "--without-key, and keep a copy of the key elsewhere.")
        }
    }

    func run() async throws {
        let data = dataOptions.directory()
        let progress = ProgressLine()
        do {
            // What was answered, and is to be written in a moment, is in it too.
            try await OwnServer.flushEvents(of: data, RecordedData(data))
            let made = try Backup.make(of: data, at: path, withKey: withKey) { progress.show($0) }
            progress.end()
            print(
                "Backed up \(data.path) to \(path), as of \(made.time), journal entry \(made.journalEntry): "
                    + "\(made.records) records, \(made.events) events, \(made.bytes) bytes, verified.")
            let backup = Endpoint.quoted(path)
            if made.hasKey {
                print("The key is in it: whoever can read \(path) can read everything.")
                print("To restore: gatehouse restore \(backup) --data DIRECTORY")
            } else {
                print("The key is not in it: without a copy of \(data.keyFile) nobody can read it, you neither.")
                print("To restore: gatehouse restore \(backup) --data DIRECTORY --key-file KEY")
            }
        } catch {
            progress.end()
            fail("Can't back up: \(error).")
        }
    }
}
