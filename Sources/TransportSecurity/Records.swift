public import Ledger

/// Gatehouse's own certificate authority, with its private key: sealed as every record is.
struct LocalAuthority: Record, CustomStringConvertible {
    static let kind = "Gatehouse::LocalAuthority"
    /// Of keys that are no more in use nothing is kept.
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

/// The certificate that the server shows, issued by its own authority, with its private key.
struct ServerCertificate: Record, CustomStringConvertible {
    static let kind = "Gatehouse::ServerCertificate"
    static let keepsHistory = false

    /// PEM.
    let certificate: String
    /// PEM.
    let key: String
    /// Whom it is for.
    let names: [String]
    /// When the next is to be made, seconds since 1970 by Gatehouse's clock.
    let renewal: Double

    /// There is one.
    static let id = "server"
    var id: String { Self.id }

    /// Without the key, so that no log ever shows it.
    var description: String { "ServerCertificate(\(names.joined(separator: ", ")))" }
}

/// What encryption in transit keeps in the ledger.
public enum TransportSecurityRecords {
    /// They belong to no account.
    static let scope = Scope(account: "")

    public static let all: [any Record.Type] = [LocalAuthority.self, ServerCertificate.self]

    /// The kinds of the records, which outlive a reset: whoever trusts the authority is to go on doing so.
    public static let kinds = Set(all.map { $0.kind })
}
