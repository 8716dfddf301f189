import ArgumentParser
import FoundationEssentials
import HardwareToken
import Keyring
import Server
import Signature

/// The database that nodes share, for the commands that can use one.
struct DatabaseOptions: ParsableArguments {
    @Option(
        help: """
            A PostgreSQL database that everything is in, instead of a data directory; any number of servers can share it: \
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
        help: "The file of the key that everything is sealed with: for a database, the same key for all servers.",
        completion: .file())
    var keyFile: String?

    @Option(
        help: """
            Instead of a key file, a file with the key as text, from a store of secrets: 32 bytes in Base64, as `openssl rand \
            -base64 32` makes them (default: GATEHOUSE_KEY_SECRET).
            """, completion: .file())
    var keySecretFile: String?

    @Option(
        help: """
            Where the bytes of objects are, for all servers that share the database: a folder that all of them see, or             s3://bucket/prefix?endpoint=https://host&region=us-east-1. Without it, S3 can't keep objects.
            """)
    var bodies: String?

    @Option(
        help: """
            A file with the access key for the bucket, in the form of ~/.aws/credentials (default: AWS_ACCESS_KEY_ID, \
            AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN).
            """, completion: .file())
    var bodiesCredentials: String?

    static var isGiven: Bool { uri != nil }

    private static var uri: String? { Settings.text("DATABASE") }

    /// - Parameters:
    ///   - token: the hardware token that may have sealed the key file.
    ///   - toleratedAbsence: for how many seconds the database may be away.
    /// - Returns: nil: there is none.
    /// - Throws: `ValidationError` for what is missing or can't be.
    static func database(
        token: HardwareToken.Login? = nil, toleratedAbsence: Double = 0
    ) throws -> SharedDatabase? {
        guard let uri else {
            try requireNothing()
            return nil
        }
        do {
            return try SharedDatabase(
                uri, password: try password(), key: try key(), token: token, toleratedAbsence: toleratedAbsence,
                bodies: try bodiesPlace())
        } catch let error as StartError {
            throw ValidationError("\(error)")
        }
    }

    /// - Throws: `ValidationError` where something is said of a database that is not there.
    static func requireNothing(butKeyFile: Bool = false) throws {
        guard Settings.option("DATABASE_PASSWORD_FILE") == nil, Settings.option("KEY_SECRET_FILE") == nil,
            Settings.option("KEY_FILE") == nil || butKeyFile
        else {
            throw ValidationError(
                "--database-password-file, --key-file and --key-secret-file have no effect without --database: add it.")
        }
        guard Settings.option("BODIES") == nil, Settings.option("BODIES_CREDENTIALS") == nil else {
            throw ValidationError(
                "--bodies is for servers that share a database; a data directory has the bodies in it: leave it out, or add "
                    + "--database.")
        }
    }

    /// Where bodies are; nil: nowhere.
    private static func bodiesPlace() throws -> BodiesPlace? {
        guard let text = Settings.text("BODIES") else {
            guard Settings.option("BODIES_CREDENTIALS") == nil else {
                throw ValidationError("--bodies-credentials has no effect without --bodies: add it.")
            }
            return nil
        }
        var credentials: BodiesPlace.Credentials?
        if let file = Settings.text("BODIES_CREDENTIALS") {
            credentials = .file(file)
        } else if let id = Settings.variable("AWS_ACCESS_KEY_ID"),
            let secret = Settings.variable("AWS_SECRET_ACCESS_KEY")
        {
            credentials = .given(
                SigningCredentials(
                    accessKeyID: id, secretAccessKey: secret, sessionToken: Settings.variable("AWS_SESSION_TOKEN")))
        }
        return try BodiesPlace(text, credentials: credentials)
    }

    private static func key() throws -> SharedDatabase.Key {
        // What is said on the command line counts, and no variable beside it.
        let (keyFile, keySecretFile) = (Settings.option("KEY_FILE"), Settings.option("KEY_SECRET_FILE"))
        let file = keyFile ?? (keySecretFile == nil ? Settings.text("KEY_FILE") : nil)
        let secretFile = keySecretFile ?? (keyFile == nil ? Settings.text("KEY_SECRET_FILE") : nil)
        let secret = keyFile != nil || secretFile != nil ? nil : Settings.secret("KEY_SECRET")
        switch (file, try secretFile.map { try Self.content(of: $0, "The key's secret") } ?? secret) {
        case (let file?, nil): return .file(file)
        case (nil, let text?):
            do { return .secret(try GivenKey(text: text)) } catch { throw ValidationError("\(error)") }
        case (_?, _?):
            throw ValidationError("A key file and a secret are named: leave out one of them.")
        case (nil, nil):
            throw ValidationError(
                "--database needs the key that everything in the database is sealed with: --key-file, which the first server "
                    + "makes, and of which the others need a copy; or a secret that all are given, by --key-secret-file or "
                    + "GATEHOUSE_KEY_SECRET.")
        }
    }

    private static func password() throws -> String? {
        guard let path = Settings.text("DATABASE_PASSWORD_FILE") else {
            return Settings.secret("DATABASE_PASSWORD")
        }
        let text = try Self.content(of: path, "The database's password")
        // An editor ends the last line.
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    private static func content(of path: String, _ what: String) throws -> String {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw ValidationError("\(what) can't be read from \(path).")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
