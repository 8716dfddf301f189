/// The parts of an HTTP request that a signature covers, as they came over the wire.
///
/// It knows no HTTP library: whoever owns the connection fills it in. Nothing may be decoded, normalised or reordered
/// on the way, because the signature covers the bytes that were sent; the verifier does the normalising that AWS
/// prescribes.
public struct SignableRequest: Sendable {
    /// The method, in upper case: `GET`, `POST`.
    public var method: String
    /// The path as it was sent: still percent-encoded, without the query.
    public var path: String
    /// What follows the `?`, as it was sent; empty when there is no query.
    public var query: String
    /// The header fields in the order in which they came. Names may be in any case, and may repeat.
    /// HTTP/2's `:authority` stands here as `host`.
    public var headers: [(name: String, value: String)]
    /// The body, whole; nil when it is yet to come. Then the request has to say its hash, or that it has none, in
    /// `x-amz-content-sha256`, and what ``SignatureVerifier`` returns proves it as it comes.
    public var body: [UInt8]?

    /// Makes a request; without `headers` and `body` it is one that has none, not one that is incomplete.
    public init(
        method: String, path: String, query: String = "", headers: [(name: String, value: String)] = [],
        body: [UInt8]? = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The value of the first header field of that name, whatever its case. How repeated fields are joined for signing
    /// is the verifier's business.
    ///
    /// - Parameter name: the name in lower case.
    /// - Complexity: O(*n*) in the number of header fields.
    public func firstValue(ofHeader name: String) -> String? {
        for index in headers.indices where ASCII.isSame(headers[index].name, lowercased: name) {
            return headers[index].value
        }
        return nil
    }
}
