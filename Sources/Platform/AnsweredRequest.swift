public import Wire

/// A request from the network that has been answered, whoever made it and whatever the answer: for a service that keeps
/// records of its own, as S3 does with access logs. See ``ServiceModule/answered``.
public struct AnsweredRequest: Sendable {
    /// Without its body, and with all that names the resource in its path.
    public let request: WireRequest
    /// What the request line has, with the query: `/box/a?versionId=…`.
    public let target: String
    /// UUID of version 7.
    public let requestID: String
    /// When it came, in seconds since 1970.
    public let time: Double
    /// From its arrival to the beginning of the answer, in milliseconds.
    public let milliseconds: Int
    /// The client's address.
    public let address: String
    /// How it was encrypted; nil: it was not.
    public let tls: TLSDetails?
    /// How it was signed; nil: it was not, or the signature can't be read.
    public let signature: SignatureDetails?
    /// nil: its signature proves nobody.
    public let caller: Caller?
    /// The HTTP status of the answer.
    public let status: Int
    /// nil: it succeeded.
    public let errorCode: String?
    /// The answer without its body.
    public let headers: [(name: String, value: String)]
    /// Bytes of the answer's body; nil where that is not known before it is sent.
    public let length: Int?

    /// - Parameters: see the properties.
    public init(
        request: WireRequest, target: String, requestID: String, time: Double, milliseconds: Int, address: String,
        tls: TLSDetails?, signature: SignatureDetails?, caller: Caller?, status: Int, errorCode: String?,
        headers: [(name: String, value: String)], length: Int?
    ) {
        self.request = request
        self.target = target
        self.requestID = requestID
        self.time = time
        self.milliseconds = milliseconds
        self.address = address
        self.tls = tls
        self.signature = signature
        self.caller = caller
        self.status = status
        self.errorCode = errorCode
        self.headers = headers
        self.length = length
    }
}
