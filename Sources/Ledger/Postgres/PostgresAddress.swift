import CLibPQ

/// Where a PostgreSQL database is, and how to be let in.
public struct PostgresAddress: Sendable {
    /// As the operator gave it, without a password.
    let uri: String
    let password: String?
    /// For people: `postgres://host:5432/gatehouse`. It holds no secret.
    public let name: String

    /// Takes a connection URI of libpq's, such as `postgres://gatehouse@db.example/gatehouse?sslmode=verify-full`. Several
    /// hosts may be named: the one that can be written to is used, so that a standby that was promoted is found.
    /// <https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING>
    ///
    /// - Parameters:
    ///   - uri: has no password: everybody on the machine can see how a program was started.
    ///   - password: nil: libpq's own ways, of which `PGPASSFILE` is one, or none.
    /// - Throws: ``LedgerError`` `invalid`, in words for whoever gave the URI; they don't repeat it.
    public init(_ uri: String, password: String? = nil) throws(LedgerError) {
        guard uri.hasPrefix("postgres://") || uri.hasPrefix("postgresql://"), !uri.utf8.contains(0) else {
            throw LedgerError(.invalid, "A database is named by a URI that begins with postgres://.")
        }
        guard password?.utf8.contains(0) != true else {
            throw LedgerError(.invalid, "The database's password has a NUL character in it.")
        }
        try Self.load()
        let settings = try Self.settings(of: uri)
        guard settings["password"] == nil else {
            throw LedgerError(
                .invalid,
                "The database's URI has a password in it, which everybody on this machine can see. Put it into a file.")
        }
        self.uri = uri
        self.password = password
        let host = settings["host"] ?? settings["hostaddr"] ?? "local"
        let port = settings["port"].map { ":\($0)" } ?? ""
        name = "postgres://\(host)\(port)/\(settings["dbname"] ?? settings["user"] ?? "")"
    }

    /// Loads libpq. Whoever connects has an address first.
    private static func load() throws(LedgerError) {
        var reason = [CChar](repeating: 0, count: 512)
        guard libpq_load(&reason, reason.count) else {
            let text = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw LedgerError(.invalid, "Without PostgreSQL's client no database can be reached: \(text)")
        }
    }

    /// What a URI says, by libpq's keywords.
    private static func settings(of uri: String) throws(LedgerError) -> [String: String] {
        // Its message would repeat the URI, with all that is in it.
        guard let options = PQconninfoParse(uri, nil) else {
            throw LedgerError(
                .invalid,
                "The database's URI can't be read. It looks like postgres://user@host:5432/database?sslmode=verify-full."
            )
        }
        defer { PQconninfoFree(options) }
        var settings: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { settings[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return settings
    }
}
