public import Wire

/// Pages for people, at paths of Gatehouse's own: the console.
///
/// A site takes requests without a signature alone, and none that is sent to a host of a service's. What it does for a
/// person it asks the services for, with ``Environment/call(_:_:by:from:in:)``.
public protocol Site: Sendable {
    /// The longest body that a request to it has, in bytes.
    var bodyLimit: Int { get }

    /// Whether a request is for this site; by its head alone.
    func takes(_ request: WireRequest) -> Bool

    /// Answers a request that it takes.
    func respond(to request: SiteRequest) async -> WireResponse
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
