public import Fetch

/// Where messages to users go besides the outbox: what `gatehouse serve` was told by `--message-endpoint` and
/// `--mail-server`.
public struct MessageServers: Sendable {
    /// Gets every message by POST, as JSON.
    public var endpoint: WebAddress?
    /// Gets those by e-mail, where there is no endpoint.
    public var mailServer: MailServer?

    /// None.
    public init() {}
}

/// A server that takes mail by SMTP.
public struct MailServer: Sendable, Hashable {
    /// `smtp://host:port`, `smtps://host:port`
    public let url: String
    /// Whether the connection has to be encrypted: by TLS from the start (`smtps`), or by STARTTLS.
    public let requiresTLS: Bool
    /// nil: the server asks for none.
    public let username: String?
    /// nil: the server asks for none.
    public let password: String?

    /// - Parameters: see the properties.
    public init(url: String, requiresTLS: Bool, username: String?, password: String?) {
        self.url = url
        self.requiresTLS = requiresTLS
        self.username = username
        self.password = password
    }
}
