import ArgumentParser
import Server

struct Migrate: ParsableCommand {
    enum Target: String, ExpressibleByArgument, CaseIterable {
        case database, directory
    }

    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Copy everything from a data directory into a database that servers share, or back.",
        discussion: """
            All servers that use the source have to be stopped. What is copied is verified at the end; until then nothing \
            can use it. If the command is interrupted, run it again: it goes on where it was. The source stays as it is.
            """)

    @Argument(help: "Where to: database, from the data directory; or directory, from the database.")
    var target: Target

    @OptionGroup var dataOptions: DataOptions

    @OptionGroup var databaseOptions: DatabaseOptions

    func validate() throws {
        _ = try database()
    }

    func run() throws {
        let progress = ProgressLine()
        let directory = DataOptions.named()
        let database = try database()
        do {
            let done =
                switch target {
                case .database: try DataMigration.run(from: directory, to: database) { progress.show($0) }
                case .directory: try DataMigration.run(from: database, to: directory) { progress.show($0) }
                }
            progress.end()
            let (from, to) =
                target == .database ? (directory.path, database.name) : (database.name, directory.path)
            print(
                "Copied \(from) to \(to), up to journal entry \(done.journalEntry): \(done.records) records, "
                    + "\(done.events) events, verified.")
            if target == .database {
                if case .file(let path) = database.key {
                    print("Every server needs the key, which is in \(path): keep a copy of it.")
                } else {
                    print("Every server needs the secret that was given: keep a copy of it.")
                }
            } else {
                print("To start on it: gatehouse serve --data \(Endpoint.quoted(directory.path))")
            }
        } catch {
            progress.end()
            fail("Can't migrate: \(error).")
        }
    }

    private func database() throws -> SharedDatabase {
        let token = try TokenOptions.login()
        guard let database = try DatabaseOptions.database(token: token) else {
            throw ValidationError("Which database? Name it with --database, and the file of its key with --key-file.")
        }
        return database
    }
}
