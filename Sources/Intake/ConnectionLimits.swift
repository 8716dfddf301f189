/// Limits on what clients can use up.
public struct ConnectionLimits: Sendable {
    /// Bytes of a request's headers together.
    public var headers = 32 * 1024
    /// The most connections, each HTTP/2 stream counting as one. When there is one more, the connection that has
    /// kept the server waiting longest is closed.
    public var connections = 1024
    /// The same for each client address, so that one client can't keep the others out.
    public var connectionsPerAddress = 512
    /// Seconds that a request may take to arrive whole, and a TLS handshake to be done.
    public var requestSeconds: Int64 = 20
    /// Seconds that a connection may be without a request.
    public var idleSeconds: Int64 = 60

    /// Makes the limits that `gatehouse serve` uses.
    public init() {}
}
