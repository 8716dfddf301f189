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
