public import Wire

/// Pages for people: the console, and those on which users of user pools sign in.
///
/// A site takes requests that are not signed as AWS's are, at hosts of its own, and at paths of Gatehouse's own hosts, which are
/// those of no service. What it does for a person it asks the services for, with
/// ``Environment/call(_:_:by:from:in:requestID:)``.
public protocol Site: Sendable {
    /// The longest body that a request to it has, in bytes.
    var bodyLimit: Int { get }

    /// Whether a request to one of Gatehouse's own hosts is for this site; by its head alone.
    func takes(_ request: WireRequest) -> Bool

    /// Whether all requests to a host are for this site, whatever their paths.
    /// - Parameter host: as the client sent it, maybe with a port.
    func isHost(_ host: String) -> Bool

    /// Answers a request that it takes.
    func respond(to request: SiteRequest) async -> WireResponse
}

extension Site {
    /// It has no hosts of its own.
    public func isHost(_ host: String) -> Bool { false }
}

/// A request to a ``Site``, with what the network knows of it.
public struct SiteRequest: Sendable {
    /// The request, with its body.
    public let request: WireRequest
    /// The address that it came from.
    public let address: String
    /// How the connection is encrypted; nil: it is not.
    public let tls: TLSDetails?
    /// What the request is called.
    public let requestID: String
    /// When it arrived, in seconds since 1970.
    public let time: Double

    /// Makes a request; the edge does.
    public init(request: WireRequest, address: String, tls: TLSDetails?, requestID: String, time: Double) {
        self.request = request
        self.address = address
        self.tls = tls
        self.requestID = requestID
        self.time = time
    }
}
