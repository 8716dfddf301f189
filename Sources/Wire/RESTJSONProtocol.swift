/// The REST-JSON protocol of Account, GuardDuty, Security Hub and others: method and path name the operation; labels,
/// query string and headers carry members, JSON the others (Smithy's `restJson1`).
/// <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html>
public struct RESTJSONProtocol: WireProtocol {
    public init() {}

    public func operationName(
        of request: WireRequest, for service: ServiceShape
    ) throws(ServiceError) -> String? {
        RESTTarget(request).flatMap { service.routes.operation(method: request.method, $0) }
    }

    public func decode(
        _ request: WireRequest, as operation: OperationShape, of service: ServiceShape
    ) throws(ServiceError) -> Structure {
        var input = try RESTBindings.decode(request, as: operation)
        if let payload = input.shape.payload, input.shape.streamsPayload {
            input[member: payload] = .stream(request.stream ?? BodyStream(request.body))
            return input
        }
        guard !request.body.isEmpty else { return input }
        if let payload = input.shape.payload {
            input[member: payload] = try Self.payload(request.body, input.shape.members[payload].shape)
        } else if input.shape.members.contains(where: { $0.location == nil }) {
            try JSONDecoding.fill(&input, from: try JSONDecoding.parse(request.body)) { $0.location == nil }
        }
        return input
    }

    /// The value of the member that is the whole body.
    private static func payload(_ body: [UInt8], _ shape: Shape) throws(ServiceError) -> Value {
        switch shape {
        case .blob: return .blob(body)
        case .string:
            guard let text = String(validating: body, as: UTF8.self) else {
                throw .serialization("The request body is not UTF-8.")
            }
            return .string(text)
        default: return try JSONDecoding.value(try JSONDecoding.parse(body), shape)
        }
    }

    public func encode(
        _ output: Structure, of operation: OperationShape, of service: ServiceShape, requestID: String
    ) -> WireResponse {
        let (headers, status) = RESTBindings.encode(output)
        let body = operation.output == nil ? Body(type: nil, bytes: []) : Self.body(output)
        let isTyped = headers.contains { equalsIgnoringCase($0.name.utf8, lowercased: "content-type".utf8) }
        var answer = response(
            status ?? operation.responseStatus, Body(type: isTyped ? nil : body.type, bytes: body.bytes), requestID,
            headers)
        if let payload = output.shape.payload, case .stream(let stream)? = output[member: payload] {
            answer.stream = stream
        }
        return answer
    }

    private struct Body {
        var type: String?
        var bytes: [UInt8]
    }

    private static func body(_ output: Structure) -> Body {
        guard let payload = output.shape.payload else {
            var writer = JSONWriter()
            writer.structure(output) { $0.location == nil }
            return Body(type: "application/json", bytes: writer.bytes)
        }
        let member = output.shape.members[payload]
        switch output[member: payload] {
        case nil: return Body(type: nil, bytes: [])
        case .blob(let bytes)?: return Body(type: "application/octet-stream", bytes: bytes)
        case .stream?: return Body(type: "application/octet-stream", bytes: [])
        case .string(let text)?: return Body(type: "text/plain", bytes: Array(text.utf8))
        case let value?:
            var writer = JSONWriter()
            writer.value(value, member.shape)
            return Body(type: "application/json", bytes: writer.bytes)
        }
    }

    /// The error's name stands in a header; its members that the model puts into headers are that name again.
    public func encode(_ error: ServiceError, for service: ServiceShape, requestID: String) -> WireResponse {
        let shape = service.errors[error.code]
        var writer = JSONWriter()
        writer.beginObject()
        writer.members(of: error, (shape?.members ?? []).filter { $0.location == nil })
        writer.endObject()
        return response(
            error.status, Body(type: "application/json", bytes: writer.bytes), requestID,
            [("x-amzn-ErrorType", shape?.name ?? error.code)])
    }

    public func unknownOperation(_ name: String, version: String?, of service: ServiceShape) -> ServiceError {
        ServiceError("UnknownOperationException", "", status: 404)
    }

    private func response(
        _ status: Int, _ body: Body, _ requestID: String, _ headers: [(name: String, value: String)]
    ) -> WireResponse {
        var all: [(name: String, value: String)] = [("x-amzn-RequestId", requestID)]
        if let type = body.type { all.append(("Content-Type", type)) }
        return WireResponse(status: status, headers: all + headers, body: body.bytes)
    }
}
