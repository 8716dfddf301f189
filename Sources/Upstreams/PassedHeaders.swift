import Fetch
import Synchronization
import Wire

/// The header fields that pass between a client and an endpoint.
enum PassedHeaders {
    /// Those of a request that reach the endpoint: what the model, AWS or HTTP has a meaning for. Others could tell a stand-in
    /// something that Gatehouse knows nothing of, such as in whose name it is to act.
    ///
    /// What says in which protocol the request is, is said as the model has it, so that nobody finds another one in it.
    /// - Parameters:
    ///   - model: of the service.
    ///   - more: the names of further ones, in lower case.
    static func of(
        _ request: WireRequest, _ operation: OperationShape, of model: ServiceShape, also more: Set<String>
    ) -> [(name: String, value: String)] {
        let form = model.requestForm(of: request)
        var passed: [(name: String, value: String)] = []
        passed.reserveCapacity(request.headers.count + 8)
        var isChunked = false
        let ofConnection = connectionNames(request.headers)
        // By index, for a loop over the elements would copy both texts of each.
        for index in request.headers.indices where !isListed(request.headers[index].name, in: ofConnection) {
            switch HeaderMeaning(ofName: request.headers[index].name) {
            case .ofHop: break
            case .contentEncoding:
                let header = request.headers[index]
                let encodings = header.value.split(separator: ",").map { $0.filter { $0 != " " } }
                isChunked = encodings.contains { $0.lowercased() == "aws-chunked" }
                let others = encodings.filter { $0.lowercased() != "aws-chunked" }
                if !others.isEmpty { passed.append((name: header.name, value: others.joined(separator: ","))) }
            case .target: if form.isTargeted { passed.append(request.headers[index]) }
            case .smithyProtocol: if form.isCBOR { passed.append(request.headers[index]) }
            case .contentType: if form.contentType == nil { passed.append(request.headers[index]) }
            case .general: passed.append(request.headers[index])
            case nil:
                if isPassed(asciiLowercased(request.headers[index].name), operation, also: more) {
                    passed.append(request.headers[index])
                }
            }
        }
        if let type = form.contentType, !request.body.isEmpty || request.header("content-type") != nil {
            passed.append((name: "Content-Type", value: type))
        }
        // The trailer is gone, and its checksum with it.
        if isChunked { passed.removeAll { $0.name.lowercased() == "x-amz-sdk-checksum-algorithm" } }
        return passed
    }

    /// Whether a field passes whose name means nothing by itself.
    /// - Parameter name: in lower case.
    private static func isPassed(_ name: String, _ operation: OperationShape, also more: Set<String>) -> Bool {
        if more.contains(name) { return true }
        // Servers that make variables of headers take one for a dash.
        if name.utf8.contains(UInt8(ascii: "_")), !name.hasPrefix("x-amz-meta-") { return false }
        return name.hasPrefix("x-amz-") || name.hasPrefix("x-amzn-") || name.hasPrefix("amz-sdk-")
            || name.hasPrefix("access-control-request-") || name.hasPrefix("if-")
            || operation.input?.members.contains { $0.isHeader(named: name) } == true
    }

    private static func isListed(_ name: String, in names: Set<String>) -> Bool {
        !names.isEmpty && names.contains(asciiLowercased(name))
    }

    /// What a message calls a matter of its connection (RFC 9110, section 7.6.1).
    private static func connectionNames(_ headers: [(name: String, value: String)]) -> Set<String> {
        var names: Set<String> = []
        for index in headers.indices where equalsIgnoringCase(headers[index].name, lowercased: "connection") {
            let value = headers[index].value
            // What is said of most connections, and names no header.
            if equalsIgnoringCase(value, lowercased: "keep-alive") { continue }
            for name in value.split(separator: ",") { names.insert(name.lowercased().filter { $0 != " " }) }
        }
        return names
    }

    /// Those of an answer that reach the client: all but those that are about the connection.
    static func of(_ answer: EndpointClient.Answer, isHEAD: Bool) -> [(name: String, value: String)] {
        let ofConnection = connectionNames(answer.headers)
        return answer.headers.filter { header in
            if isListed(header.name, in: ofConnection) { return false }
            if equalsIgnoringCase(header.name, lowercased: "content-length") { return isHEAD }
            return !answerHopNames.contains { equalsIgnoringCase(header.name, lowercased: $0) }
        }
    }

    private static let answerHopNames = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer", "transfer-encoding",
        "upgrade",
    ]

    /// A name of ASCII in lower case; Foundation's way, which knows all languages, takes ten times as long.
    static func asciiLowercased(_ name: String) -> String {
        let isUpper = { (byte: UInt8) in (0x41...0x5a).contains(byte) }
        guard name.utf8.contains(where: isUpper) else { return name }
        return String(unsafeUninitializedCapacity: name.utf8.count) { buffer in
            var count = 0
            for byte in name.utf8 {
                buffer[count] = isUpper(byte) ? byte | 0x20 : byte
                count += 1
            }
            return count
        }
    }
}

extension WireResponse {
    /// Gatehouse's own request id in the place of the endpoint's, so that `gatehouse why` finds the call.
    mutating func setRequestID(_ id: String) {
        var present: String?
        for index in headers.indices.reversed() where Self.isRequestID(headers[index].name) {
            present = headers.remove(at: index).name
        }
        headers.append((name: present ?? "x-amzn-RequestId", value: id))
    }

    private static func isRequestID(_ name: String) -> Bool {
        equalsIgnoringCase(name, lowercased: "x-amzn-requestid")
            || equalsIgnoringCase(name, lowercased: "x-amz-request-id")
            || equalsIgnoringCase(name, lowercased: "x-amzn-request-id")
    }
}

/// What the name of a request's header field says of where the field belongs.
private enum HeaderMeaning {
    /// It is between two servers: of the connection, or of the signature, which is made anew.
    case ofHop
    /// The endpoint gets it as it is.
    case general
    case contentEncoding, contentType, target, smithyProtocol

    /// nil: the name alone does not tell.
    init?(ofName name: String) {
        let length = name.utf8.count
        guard length < Self.byLength.count else { return nil }
        for index in Self.byLength[length].indices
        where equalsIgnoringCase(name, lowercased: Self.byLength[length][index].name) {
            self = Self.byLength[length][index].meaning
            return
        }
        return nil
    }

    /// By the lengths of the names: to look for one so takes less than to work out its hash.
    private static let byLength: [[(name: String, meaning: HeaderMeaning)]] = {
        var all: [(name: String, meaning: HeaderMeaning)] = [
            ("content-encoding", .contentEncoding), ("content-type", .contentType), ("x-amz-target", .target),
            ("smithy-protocol", .smithyProtocol),
        ]
        all += [
            "authorization", "host", "content-length", "accept-encoding", "x-amz-date", "x-amz-content-sha256",
            "x-amz-security-token", "x-amz-decoded-content-length", "x-amz-region-set", "x-amz-trailer",
        ].map { ($0, .ofHop) }
        all += [
            "accept", "cache-control", "content-disposition", "content-language", "content-md5", "date", "expires",
            "origin", "range", "user-agent",
        ].map { ($0, .general) }
        let longest = all.map(\.name.utf8.count).max() ?? 0
        return (0...longest).map { length in all.filter { $0.name.utf8.count == length } }
    }()
}

/// What of a body was read already, given once.
final class Beginning: Sendable {
    private let bytes: Mutex<[UInt8]?>

    init(_ bytes: [UInt8]) {
        self.bytes = Mutex(bytes)
    }

    func take() -> [UInt8]? {
        bytes.withLock { bytes in
            defer { bytes = nil }
            return bytes
        }
    }
}

extension ServiceError {
    /// The endpoint can't be asked, or has not answered.
    static func unavailable(_ name: String, _ address: String, _ reason: String, status: Int) -> ServiceError {
        var error = ServiceError(
            status == 504 ? "GatewayTimeout" : status == 502 ? "BadGateway" : "ServiceUnavailable",
            "The endpoint behind Gatehouse for \(name), \(address), does not answer: \(reason).", status: status)
        error.cause = reason
        return error
    }
}
