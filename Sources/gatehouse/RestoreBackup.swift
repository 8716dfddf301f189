import ArgumentParser
import Server

struct RestoreBackup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a data directory from a backup, or fill a database.",
        discussion: """
            The backup is verified first. The directory is written under another name, and renamed once it is on disk; \
            an existing directory has to be empty. So has a database, which no server can use until it is filled and verified; if \
            that is interrupted, run it again. Everything that happened after the backup is undone: users and keys \
            created since are gone, keys deleted since work again, and policies are as they were. Sessions are not \
            stored: those issued before stay valid until they expire, as long as their role or user exists.
            """)

    @Argument(help: "The directory that `gatehouse backup` made.", completion: .directory)
    var backup: String

    @Option(help: "The data directory to make.", completion: .directory)
    var data: String?

    @OptionGroup var databaseOptions: DatabaseOptions

    @OptionGroup var tokenOptions: TokenOptions

    func run() throws {
        let progress = ProgressLine()
        guard data == nil || Settings.option("DATABASE") == nil else {
            throw ValidationError("A backup is restored to one place: leave out --data or --database.")
        }
        let token = try TokenOptions.login()
        let database = data == nil ? try DatabaseOptions.database(token: token) : nil
        do {
            let restored: BackupManifest
            let (name, option): (String, String)
            if let data {
                restored = try Backup.restore(
                    backup, keyFile: Settings.option("KEY_FILE"), to: DataDirectory(data, token: token)
                ) { progress.show($0) }
                (name, option) = (data, "--data \(Endpoint.quoted(data))")
            } else if let database {
                restored = try Backup.restore(backup, to: database) { progress.show($0) }
                (name, option) = (database.name, "--database …")
            } else {
                throw ValidationError("Where to? Name a data directory with --data, or a database with --database.")
            }
            progress.end()
            print(
                "Restored \(backup) to \(name), as of \(restored.time), journal entry \(restored.journalEntry): "
                    + "\(restored.records) records, \(restored.events) events, verified.")
            print(
                "Everything after that is undone: keys created since are gone, and keys deleted since work again."
            )
            print("To start on it: gatehouse serve \(option)")
        } catch let error as ValidationError {
            throw error
        } catch {
            progress.end()
            fail("Can't restore: \(error).")
        }
    }
}
