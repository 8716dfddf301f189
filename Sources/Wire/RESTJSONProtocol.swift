/// The REST-JSON protocol of Account, GuardDuty, Security Hub and others: method and path name the operation; some
/// members are in the path, query string or headers, the others in a JSON body (Smithy's `restJson1`).
/// <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html>
struct RESTJSONProtocol: WireProtocol {
    var commonErrors: CommonErrors { .restExceptions }

    /// Always: every request has a method and a path.
    func isMarked(_ request: WireRequest) -> Bool { true }

    func operationName(
        of request: WireRequest, for service: ServiceShape
    ) throws(ServiceError) -> String? {
        RESTBindings.operationName(of: request, for: service)
    }

    func decode(
        _ request: WireRequest, as operation: OperationShape, of service: ServiceShape
    ) throws(ServiceError) -> Structure {
        var input = try RESTBindings.decode(request, as: operation)
        if let payload = input.shape.payload {
            if let value = try RESTPayload.decode(request, input.shape, member: payload) {
                input[member: payload] = value
            } else if !request.body.isEmpty {
                let shape = input.shape.members[payload].shape
                input[member: payload] = try JSONDecoding.value(try JSONDecoding.parse(request.body), shape)
            }
        } else if !request.body.isEmpty, input.shape.members.contains(where: { $0.location == nil }) {
            try JSONDecoding.fill(&input, from: try JSONDecoding.parse(request.body)) { $0.location == nil }
        }
        return input
    }

    func encode(
        _ output: Structure, of operation: OperationShape, of service: ServiceShape, requestID: String
    ) -> WireResponse {
        let (headers, status) = RESTBindings.encode(output)
        let body = operation.hasAnswerBody ? Self.body(output) : RESTBody()
        return response(status ?? operation.responseStatus, body, requestID, headers)
    }

    private static func body(_ output: Structure) -> RESTBody {
        var writer = JSONWriter()
        guard let payload = output.shape.payload else {
            writer.structure(output) { $0.location == nil }
            return RESTBody(type: "application/json", bytes: writer.bytes)
        }
        guard let value = output[member: payload] else { return RESTBody() }
        if let body = RESTPayload.encode(value) { return body }
        writer.value(value, output.shape.members[payload].shape)
        return RESTBody(type: "application/json", bytes: writer.bytes)
    }

    /// The answer for an error, whose name is in a header.
    func encode(_ error: ServiceError, for service: ServiceShape, requestID: String) -> WireResponse {
        let shape = service.errors[error.code]
        var writer = JSONWriter()
        writer.beginObject()
        writer.members(of: error, (shape?.members ?? []).filter { $0.location == nil })
        writer.endObject()
        return response(
            error.status, RESTBody(type: "application/json", bytes: writer.bytes), requestID,
            [("x-amzn-ErrorType", shape?.name ?? error.code)] + RESTBindings.headers(of: error, shape))
    }

    func unknownOperation(_ name: String, version: String?, of service: ServiceShape) -> ServiceError {
        ServiceError("UnknownOperationException", "", status: 404)
    }

    private func response(
        _ status: Int, _ body: RESTBody, _ requestID: String, _ headers: [(name: String, value: String)]
    ) -> WireResponse {
        RESTBindings.response(status, body, [("x-amzn-RequestId", requestID)], headers)
    }
}
