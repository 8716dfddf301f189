import Intake

/// Limits on what clients, and applications, can use up at the web front.
public struct WebFrontLimits: Sendable {
    /// The most connections, each HTTP/2 stream counting as one.
    public var connections = 4096
    /// The same for each client address.
    public var connectionsPerAddress = 512
    /// Seconds that a head may take, and a TLS handshake.
    public var headSeconds: Int64 = 20
    /// Seconds over which the rate is measured with which a body comes.
    public var bodySeconds: Int64 = 10
    /// How many bytes a second have to come of a body.
    public var bodyRate = 100
    /// Seconds that a client may take nothing of its answer.
    public var readingSeconds: Int64 = 30
    /// Seconds that a connection may be without a request: as an Application Load Balancer has it.
    public var idleSeconds: Int64 = 60
    /// Seconds that a client has to close its side when everything is said.
    public var closingSeconds: Int64 = 20
    /// Seconds in which a connection to an application has to be there.
    public var connectSeconds: Int64 = 10
    /// Seconds that a connection to an application is kept without a request: fewer than servers keep it themselves.
    public var idleTargetSeconds: Int64 = 4
    /// Seconds that requests have to come to their end when the server stops.
    public var stopSeconds: Int64 = 20

    /// Makes the limits that `gatehouse serve` uses.
    public init() {}

    /// What holds for all connections.
    var ofConnections: ConnectionLimits {
        var limits = ConnectionLimits()
        limits.connections = connections
        limits.connectionsPerAddress = connectionsPerAddress
        limits.headers = HeadCollector.Limits.request.whole
        limits.requestSeconds = headSeconds
        limits.idleSeconds = idleSeconds
        return limits
    }
}
