/// The head of an answer, as an application sent it, or as the proxy makes one itself.
struct ResponseHead: Sendable {
    let status: Int
    /// What stands behind the status.
    let reason: [UInt8]
    let fields: Fields
    let framing: BodyFraming
    /// What `Content-Length` says, also where no body follows; nil: it is not there.
    let length: Int?
    /// Whether another request may follow on the connection.
    let isKeepAlive: Bool
    /// The protocol that the connection speaks from now on.
    let upgrade: Range<Int>?

    var isInterim: Bool { status < 200 }

    /// Whether events follow as they happen, which may go on for days.
    var isEventStream: Bool {
        guard framing != .none, let type = fields.all.first(where: { fields.bytes.equals($0.name, "content-type") })
        else { return false }
        let start: StaticString = "text/event-stream"
        let end = type.value.lowerBound + start.utf8CodeUnitCount
        return end <= type.value.upperBound && fields.bytes.equals(type.value.lowerBound..<end, start)
    }

    /// An answer of the proxy's own, or of what screens the requests.
    init(status: Int, fields: [(name: String, value: String)], length: Int, isToHEAD: Bool) {
        self.status = status
        reason = Array(Self.reason(of: status).utf8)
        self.fields = Fields(fields)
        (framing, self.length, isKeepAlive, upgrade) = (isToHEAD ? .none : .length(length), length, true, nil)
    }

    /// Reads an answer's head.
    /// - Parameters:
    ///   - bytes: with the empty line at the end, each line ending in carriage return and line feed.
    ///   - isToHEAD: whether the request wanted only the head.
    /// - Throws: for what HTTP does not allow.
    init(_ bytes: [UInt8], isToHEAD: Bool) throws(Refusal) {
        let lines = try HeadCollector.lines(of: bytes)
        guard let first = lines.first, first.count >= 12, bytes[first].starts(with: "HTTP/1.".utf8) else {
            throw .malformed("an answer has no status line")
        }
        let minor = bytes[first.lowerBound + 7]
        let code = first.lowerBound + 9..<first.lowerBound + 12
        guard minor == 0x30 || minor == 0x31, bytes[first.lowerBound + 8] == .space, let status = bytes.number(code),
            status >= 100, first.count == 12 || bytes[code.upperBound] == .space
        else { throw .malformed("an answer's status line is none") }
        let reason = bytes[code.upperBound..<first.upperBound].dropFirst()
        guard reason.allSatisfy(\.isOfFieldValue) else {
            throw .malformed("an answer's status line has a control character")
        }
        var fields = Fields(bytes)
        for line in lines.dropFirst() { try fields.read(line) }

        self.status = status
        self.reason = Array(reason)
        self.fields = fields
        let options = fields.fields(.connection).flatMap { fields.bytes.list($0.value) }
        let upgrade = try fields.only(.upgrade)
        self.upgrade = upgrade?.value
        (framing, length) = try Self.framing(fields, status: status, isToHEAD: isToHEAD)
        isKeepAlive =
            minor == 0x31 && framing != .untilClose && !options.contains { fields.bytes.equals($0, "close") }
    }

    private static func framing(
        _ fields: Fields, status: Int, isToHEAD: Bool
    ) throws(Refusal) -> (BodyFraming, length: Int?) {
        let (length, encoding) = (try fields.only(.contentLength), try fields.only(.transferEncoding))
        guard length == nil || encoding == nil else {
            throw .malformed("an answer has both a length and an encoding of transfer")
        }
        let number = length.flatMap { fields.bytes.number($0.value) }
        guard (length == nil) == (number == nil) else { throw .malformed("an answer's Content-Length is no number") }
        guard !isToHEAD, status >= 200, status != 204, status != 304 else { return (.none, number) }
        if let number { return (.length(number), number) }
        guard let encoding else { return (.untilClose, nil) }
        guard fields.value(of: encoding, equals: "chunked") else {
            throw .malformed("an answer's encoding of transfer is not chunked")
        }
        return (.chunked, nil)
    }

    /// What an Application Load Balancer calls a status.
    static func reason(of status: Int) -> String {
        switch status {
        case 200: "OK"
        case 202: "Accepted"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Not Allowed"
        case 408: "Request Time-out"
        case 413: "Request Entity Too Large"
        case 414: "Request-URI Too Large"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Temporarily Unavailable"
        case 504: "Gateway Time-out"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}
