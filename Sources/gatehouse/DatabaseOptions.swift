import ArgumentParser
import FoundationEssentials
import Server

/// The database that nodes share, for the commands that can use one.
struct DatabaseOptions: ParsableArguments {
    @Option(
        help: """
            A PostgreSQL database to keep everything in, instead of a data directory; any number of servers can share it: \
            postgres://user@host/database?sslmode=verify-full. It has no password in it.
            """)
    var database: String?

    @Option(
        help: """
            A file with the database's password and nothing else (default: GATEHOUSE_DATABASE_PASSWORD, or libpq's \
            PGPASSFILE).
            """, completion: .file())
    var databasePasswordFile: String?

    @Option(
        name: .customLong("key-file"),
        help: "The key that everything in the database is sealed with: the same file on all servers.",
        completion: .file())
    var keyFile: String?

    var isGiven: Bool { uri != nil }

    private var uri: String? { database ?? Settings.text("DATABASE") }

    /// - Returns: nil: there is none.
    /// - Throws: `ValidationError` for what is missing or can't be.
    func database(toleratedAbsence: Double = 0) throws -> SharedDatabase? {
        guard let uri else {
            guard databasePasswordFile == nil, keyFile == nil else {
                throw ValidationError(
                    "--database-password-file and --key-file have no effect without --database: add it.")
            }
            return nil
        }
        guard let keyFile = keyFile ?? Settings.text("KEY_FILE") else {
            throw ValidationError(
                "--database needs --key-file: the key that everything in the database is sealed with. The first server "
                    + "makes it; the others need a copy.")
        }
        do {
            return try SharedDatabase(
                uri, password: try password(), keyFile: keyFile, toleratedAbsence: toleratedAbsence)
        } catch let error as StartError {
            throw ValidationError("\(error)")
        }
    }

    private func password() throws -> String? {
        guard let path = databasePasswordFile ?? Settings.text("DATABASE_PASSWORD_FILE") else {
            return Settings.text("DATABASE_PASSWORD")
        }
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw ValidationError("The database's password can't be read from \(path).")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        // An editor ends the last line.
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}
