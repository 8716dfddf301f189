import ArgumentParser
import Server

struct RestoreBackup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a data directory from a backup.",
        discussion: """
            The backup is verified first. The directory is written under another name, and renamed once it is on disk; \
            an existing directory has to be empty. Everything that happened after the backup is undone: users and keys \
            created since are gone, keys deleted since work again, and policies are as they were. Sessions are not \
            stored: those issued before stay valid until they expire, as long as their role or user exists.
            """)

    @Argument(help: "The directory that `gatehouse backup` made.", completion: .directory)
    var backup: String

    @Option(help: "The data directory to make.", completion: .directory)
    var data: String

    @Option(help: "The key, if it is not in the backup.", completion: .file())
    var keyFile: String?

    @OptionGroup var tokenOptions: TokenOptions

    func run() throws {
        let progress = ProgressLine()
        do {
            let target = DataDirectory(data, token: try tokenOptions.login())
            let restored = try Backup.restore(backup, keyFile: keyFile, to: target) { progress.show($0) }
            progress.end()
            print(
                "Restored \(backup) to \(data), as of \(restored.time), journal entry \(restored.journalEntry): "
                    + "\(restored.records) records, \(restored.events) events, verified.")
            print(
                "Everything after that is undone: keys created since are gone, and keys deleted since work again."
            )
            print("To start on it: gatehouse serve --data \(Endpoint.quoted(data))")
        } catch {
            progress.end()
            fail("Can't restore: \(error).")
        }
    }
}
