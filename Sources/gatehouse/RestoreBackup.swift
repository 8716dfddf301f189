import ArgumentParser
import Server

struct RestoreBackup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a data directory from a backup.",
        discussion: """
            The backup is verified first, and the directory gets its name once all of it is on disk; a directory with \
            something in it is refused. What was done after the moment of the backup is gone: users and keys made since \
            are not there, keys deleted since are good again, and policies are as they were. Sessions are not stored; \
            those given out before go on until they expire, if their role or user is there.
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
                "What was done after that is gone: keys made since are not there, and keys deleted since are good again."
            )
            print("To start on it: gatehouse serve --data \(Endpoint.quoted(data))")
        } catch {
            progress.end()
            fail("Can't restore: \(error).")
        }
    }
}
