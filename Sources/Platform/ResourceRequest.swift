public import Wire

/// A request to something that a web ACL can protect besides the applications of the web front: a user pool.
public struct ResourceRequest: Sendable {
    /// Where the pages of puzzles and challenges send their solutions: a path of whatever is protected that it never sees.
    public static let solutionPath = "/_gatehouse/waf"

    /// The ARN of what it is for.
    public let resource: String
    /// The request, with as much of its contents as may be looked at.
    public let request: WireRequest
    /// What stands before the request's path where it is really asked for; mostly nothing.
    public let base: String
    /// Its path and query as browsers are to ask for it again, behind ``base``; nil: as ``request`` has them.
    public let target: String?
    /// The client's address.
    public let address: String
    /// Whether the client's connection is encrypted.
    public let isSecure: Bool
    /// What logs call it.
    public let requestID: String
    /// When it came, in seconds since 1970.
    public let time: Double

    /// - Parameters: see the properties.
    public init(
        _ request: WireRequest, to resource: String, base: String = "", target: String? = nil, from address: String,
        isSecure: Bool, requestID: String, time: Double
    ) {
        self.resource = resource
        self.request = request
        self.base = base
        self.target = target
        self.address = address
        self.isSecure = isSecure
        self.requestID = requestID
        self.time = time
    }
}

/// Why a request may not go on to what it is for.
public struct ResourceRefusal: Sendable {
    /// What a web ACL did.
    public enum Reason: String, Sendable {
        /// It refused it.
        case block
        /// A puzzle has to be solved first.
        case captcha
        /// A browser has to prove itself first.
        case challenge
        /// It brought the solution of such a thing, and was no more than that.
        case solution
        /// The web ACL can't be asked.
        case unavailable
    }

    public let reason: Reason
    /// What a browser is answered.
    public let response: WireResponse
    /// Why the web ACL can't be asked, for the log; nil: it can.
    public let problem: String?

    /// - Parameters: see the properties.
    public init(_ reason: Reason, _ response: WireResponse, problem: String? = nil) {
        self.reason = reason
        self.response = response
        self.problem = problem
    }
}

extension Environment {
    /// What a request is refused for by what stands before the resource that it is for; nil: it may go on. It counts as a
    /// request, so it is asked once.
    public func refusal(of request: ResourceRequest) -> ResourceRefusal? {
        for screen in screens {
            if let refusal = screen(self, request) { return refusal }
        }
        return nil
    }
}
