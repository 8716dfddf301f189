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
            let name = asciiLowercased(header.name)
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
            case "authorization", "host", "content-length", "accept-encoding", "x-amz-date", "x-amz-content-sha256",
                "x-amz-security-token", "x-amz-decoded-content-length", "x-amz-region-set", "x-amz-trailer":
                break
            // Servers that make variables of headers take one for a dash.
            case _
            where name.utf8.contains(UInt8(ascii: "_")) && !name.hasPrefix("x-amz-meta-") && !more.contains(name): break
            case _ where isKnown(name) || more.contains(name): passed.append(header)
            default:
                if operation.input?.members.contains(where: { $0.isHeader(named: name) }) == true {
                    passed.append(header)
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

    private static func isKnown(_ name: String) -> Bool {
        general.contains(name) || name.hasPrefix("x-amz-") || name.hasPrefix("x-amzn-") || name.hasPrefix("amz-sdk-")
            || name.hasPrefix("access-control-request-") || name.hasPrefix("if-")
    }

    private static let general: Set<String> = [
        "accept", "cache-control", "content-disposition", "content-language", "content-md5", "content-type", "date",
        "expires",
        "origin", "range", "user-agent",
    ]

    /// What a message calls a matter of its connection (RFC 9110, section 7.6.1).
    private static func connectionNames(_ headers: [(name: String, value: String)]) -> Set<String> {
        var names: Set<String> = []
        for header in headers where equalsIgnoringCase(header.name, lowercased: "connection") {
            // What is said of most connections, and names no header.
            if equalsIgnoringCase(header.value, lowercased: "keep-alive") { continue }
            for name in header.value.split(separator: ",") { names.insert(name.lowercased().filter { $0 != " " }) }
        }
        return names
    }

    /// Those of an answer that reach the client: all but those that are about the connection.
    static func of(_ answer: EndpointClient.Answer, isHEAD: Bool) -> [(name: String, value: String)] {
        let ofConnection = connectionNames(answer.headers)
        return answer.headers.filter { header in
            let name = asciiLowercased(header.name)
            switch name {
            case "connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer",
                "transfer-encoding",
                "upgrade":
                return false
            case "content-length": return isHEAD
            default: return !ofConnection.contains(name)
            }
        }
    }

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
