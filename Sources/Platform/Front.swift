public import Signature
public import Wire

/// A way into a service besides its API, for browsers: S3's websites, and the forms that are posted to it.
///
/// A front makes requests of the API of what comes in by it, and asks the service with them, so that policies decide on each and
/// each is recorded; and it makes what browsers expect of the answers.
public struct Front: Sendable {
    /// The longest body that comes in by it, in bytes.
    public let bodyLimit: Int
    /// Whether a request without a signature comes in by this front; by its head alone.
    public let takes: @Sendable (WireRequest) -> Bool
    /// Answers such a request.
    public let respond: @Sendable (Visit) async -> WireResponse

    /// Makes a front; see the properties.
    public init(
        bodyLimit: Int, takes: @escaping @Sendable (WireRequest) -> Bool,
        respond: @escaping @Sendable (Visit) async -> WireResponse
    ) {
        self.bodyLimit = bodyLimit
        self.takes = takes
        self.respond = respond
    }
}

/// A request that came in by a ``Front``.
public struct Visit: Sendable {
    /// The request as it came; its body is a stream.
    public let request: WireRequest
    /// The path with all that names the resource, whatever host the request was sent to.
    public let resourcePath: String
    /// What requests are decided and answered from.
    public let environment: Environment
    /// What the request is called, where none of the API was made of it.
    public let requestID: String
    /// When it arrived, in seconds since 1970.
    public let time: Double
    /// Whether it came over TLS.
    public let isSecure: Bool
    private let pass: @Sendable (WireRequest, FormSignature?) async -> Result<WireResponse, ServiceError>

    /// Makes a visit; the edge does.
    public init(
        request: WireRequest, resourcePath: String, environment: Environment, requestID: String, time: Double,
        isSecure: Bool,
        pass: @escaping @Sendable (WireRequest, FormSignature?) async -> Result<WireResponse, ServiceError>
    ) {
        self.request = request
        self.resourcePath = resourcePath
        self.environment = environment
        self.requestID = requestID
        self.time = time
        self.isSecure = isSecure
        self.pass = pass
    }

    /// Asks the service, like any request of its API.
    /// - Parameter signature: says who asks; nil: nobody in particular.
    /// - Throws: what the service answers with an error, a refused signature included.
    public func ask(
        _ request: WireRequest, signedBy signature: FormSignature? = nil
    ) async throws(ServiceError) -> WireResponse {
        try await pass(request, signature).get()
    }
}
