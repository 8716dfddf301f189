public import Platform
public import WAF

/// Where the web front learns what stands between clients and an application: its web ACL, say.
public protocol Screener: Sendable {
    /// What requests for an application have to pass now. Asked for each request, so that changes hold soon.
    /// - Complexity: must be cheap, and never wait.
    func screening(of application: FrontedApplication) -> ScreeningState
}

/// What requests for an application have to pass at a moment.
public enum ScreeningState: Sendable {
    /// Nothing.
    case none
    case ready(any Screening)
    /// It is being made ready. Requests wait until that is done, for as long as an application may take; then it is asked for again.
    case preparing(Task<Void, Never>)
}

/// What decides on an application's requests.
public protocol Screening: Sendable {
    /// How many bytes of a body it looks at: so many are waited for, or the body's end, before it decides.
    var bodyLimit: Int { get }
    /// Decides on a request. Called on an event loop: it never waits.
    func decide(_ request: ScreenedRequest) -> ScreeningDecision
    /// Says how a request ended on which it decided, once its answer is on its way.
    /// - Parameter status: of the answer.
    func answered(_ request: ScreenedRequest, status: Int)
}

/// A request that is decided on.
public struct ScreenedRequest: Sendable {
    /// What a web ACL sees of it. Its address is the connection's.
    public var web: WebRequest
    /// The host that it is for, in lower case and without a port.
    public var host: String
    /// `HTTP/1.1` or `HTTP/2.0`
    public var version: String
    /// Whether it came by TLS.
    public var isSecure: Bool
    /// The ID in the `X-Amzn-Trace-Id` that the application gets: `Root=1-67891233-abcdef012345678912345678`.
    public var traceID: String
    /// When its head was there, in seconds since 1970.
    public var time: Double

    /// - Parameters: see the properties.
    public init(
        web: WebRequest, host: String, version: String, isSecure: Bool, traceID: String, time: Double
    ) {
        self.web = web
        self.host = host
        self.version = version
        self.isSecure = isSecure
        self.traceID = traceID
        self.time = time
    }
}

/// What becomes of a request.
public enum ScreeningDecision: Sendable {
    /// It goes on, with these headers in the place of the client's of the same names.
    case pass(headers: [(name: String, value: String)])
    /// It is answered here.
    case answer(ScreeningAnswer)
}

/// An answer in the application's place.
public struct ScreeningAnswer: Sendable {
    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    /// - Parameters: see the properties.
    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Who is told of the traffic, and decides how much of it a client may cause: Shield.
public protocol TrafficGuard: Sendable {
    /// Whether a connection may be opened. A refused one is closed without a word.
    func admitsConnection(from address: IPAddress) -> Bool
    /// Whether a request may go on; false: it is answered with 429.
    func admitsRequest(_ request: ScreenedRequest, for application: FrontedApplication) -> Bool
    /// Whether another request of a client's is answered that is for no application, or that is none; false: the connection is
    /// closed without a word.
    func admitsStray(from address: IPAddress) -> Bool
    /// Says what a client did to the connection.
    func saw(_ event: TrafficEvent, from address: IPAddress, for application: FrontedApplication?)
}

/// What happens on connections that tells of a flood.
public enum TrafficEvent: Sendable, Hashable {
    /// A connection was opened.
    case connection
    /// A TLS handshake failed or took too long.
    case failedHandshake
    /// A client has shown a certificate that is revoked. Others may be behind its address, and have done nothing.
    case revokedCertificate
    /// A head, a body or the reading of an answer took too long.
    case slowHead, slowBody, slowReading
    /// A request that HTTP does not allow, or that several could read differently.
    case malformed
    /// An HTTP/2 connection was closed for what it sent: resets, continuations, pings.
    case frameFlood
    /// The head of a request's answer is there: by the application's server, or in its place.
    case request(status: Int, wasForwarded: Bool = true)
    /// All of that answer is there, or what follows it has no foreseeable end. It comes once for each request.
    case requestEnded
    /// A connection or request was refused, as its client had too many.
    case refused
}
