public import Ledger

/// Gatehouse's own certificate authority with its private key, sealed like every record.
struct LocalAuthority: Record, CustomStringConvertible {
    static let kind = "Gatehouse::LocalAuthority"
    /// Keys that are no longer in use are not kept.
    static let keepsHistory = false

    /// PEM.
    let certificate: String
    /// PEM.
    let key: String

    /// There is one.
    static let id = "authority"
    var id: String { Self.id }

    /// Without the key, so that no log ever shows it.
    var description: String { "LocalAuthority" }
}

/// The server's certificate, issued by the local authority, with its private key.
struct ServerCertificate: Record, CustomStringConvertible {
    static let kind = "Gatehouse::ServerCertificate"
    static let keepsHistory = false

    /// PEM.
    let certificate: String
    /// PEM.
    let key: String
    /// The names that the certificate is for.
    let names: [String]
    /// When to issue the next one, in seconds since 1970 by Gatehouse's clock.
    let renewal: Double

    /// There is one.
    static let id = "server"
    var id: String { Self.id }

    /// Without the key, so that no log ever shows it.
    var description: String { "ServerCertificate(\(names.joined(separator: ", ")))" }
}

/// The records that encryption in transit keeps in the ledger.
public enum TransportSecurityRecords {
    /// They belong to no account.
    static let scope = Scope(account: "")

    /// The types of the records.
    public static let all: [any Record.Type] = [LocalAuthority.self, ServerCertificate.self]

    /// The kinds of the records. They survive a reset, so that clients that trust the authority can go on trusting it.
    public static let kinds = Set(all.map { $0.kind })
}
