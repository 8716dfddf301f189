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
        for header in request.headers {
            let name = header.name.lowercased()
            switch name {
            case _ where ofConnection.contains(name): break
            case "content-encoding":
                let encodings = header.value.split(separator: ",").map { $0.filter { $0 != " " } }
                isChunked = encodings.contains { $0.lowercased() == "aws-chunked" }
                let others = encodings.filter { $0.lowercased() != "aws-chunked" }
                if !others.isEmpty { passed.append((name: header.name, value: others.joined(separator: ","))) }
            case "x-amz-target": if form.isTargeted { passed.append(header) }
            case "smithy-protocol": if form.isCBOR { passed.append(header) }
            case "content-type" where form.contentType != nil: break
            // Servers that make variables of headers take one for a dash.
            case _ where name.contains("_") && !name.hasPrefix("x-amz-meta-") && !more.contains(name): break
            case _ where ofSignature.contains(name): break
            case _ where isKnown(name) || more.contains(name): passed.append(header)
            default:
                if operation.input?.members.contains(where: { $0.isHeader(named: name) }) == true { passed.append(header) }
            }
        }
        if let type = form.contentType, !request.body.isEmpty || request.header("content-type") != nil {
            passed.append((name: "Content-Type", value: type))
        }
        // The trailer is gone, and its checksum with it.
        if isChunked { passed.removeAll { $0.name.lowercased() == "x-amz-sdk-checksum-algorithm" } }
        return passed
    }

    /// What says how the request was signed and framed on its way to Gatehouse.
    private static let ofSignature: Set<String> = [
        "x-amz-content-sha256", "x-amz-date", "x-amz-decoded-content-length", "x-amz-region-set", "x-amz-security-token",
        "x-amz-trailer",
    ]

    private static func isKnown(_ name: String) -> Bool {
        general.contains(name) || name.hasPrefix("x-amz-") || name.hasPrefix("x-amzn-") || name.hasPrefix("amz-sdk-")
            || name.hasPrefix("access-control-request-") || name.hasPrefix("if-")
    }

    private static let general: Set<String> = [
        "accept", "cache-control", "content-disposition", "content-language", "content-md5", "content-type", "date", "expires",
        "origin", "range", "user-agent",
    ]

    /// What a message calls a matter of its connection (RFC 9110, section 7.6.1).
    private static func connectionNames(_ headers: [(name: String, value: String)]) -> Set<String> {
        var names: Set<String> = []
        for header in headers where equalsIgnoringCase(header.name, lowercased: "connection") {
            for name in header.value.split(separator: ",") { names.insert(name.lowercased().filter { $0 != " " }) }
        }
        return names
    }

    /// Those of an answer that reach the client: all but those that are about the connection.
    static func of(_ answer: EndpointClient.Answer, isHEAD: Bool) -> [(name: String, value: String)] {
        var ofConnection: Set<String> = [
            "connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
        ]
        if !isHEAD { ofConnection.insert("content-length") }
        ofConnection.formUnion(connectionNames(answer.headers))
        return answer.headers.filter { !ofConnection.contains($0.name.lowercased()) }
    }
}

extension WireResponse {
    /// Gatehouse's own request id in the place of the endpoint's, so that `gatehouse why` finds the call.
    mutating func setRequestID(_ id: String) {
        let names = ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"]
        let present = headers.first { names.contains($0.name.lowercased()) }?.name
        headers.removeAll { names.contains($0.name.lowercased()) }
        headers.append((name: present ?? "x-amzn-RequestId", value: id))
    }
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
