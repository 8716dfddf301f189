/// EC2's own variant of the query protocol: names begin with a capital letter, lists are flattened, and errors look
/// different (Smithy's `ec2Query`).
/// <https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html>
struct EC2Protocol: WireProtocol {
    var commonErrors: CommonErrors { .ec2 }

    func isMarked(_ request: WireRequest) -> Bool { QueryForm.isForm(request) }

    /// The parameter `Action`, as in the query protocol.
    func operationName(of request: WireRequest, for service: ServiceShape) throws(ServiceError) -> String? {
        guard let (action, version) = try QueryForm.action(of: request) else { return nil }
        guard version == service.apiVersion else { throw unknownOperation(action, version: version, of: service) }
        return action
    }

    func decode(
        _ request: WireRequest, as operation: OperationShape, of service: ServiceShape
    ) throws(ServiceError) -> Structure {
        guard let input = operation.input, !input.members.isEmpty else { return Structure(operation.input ?? .empty) }
        return try QueryDecoder.decode(try Form(request), as: input, .ec2)
    }

    func encode(
        _ output: Structure, of operation: OperationShape, of service: ServiceShape, requestID: String
    ) -> WireResponse {
        var writer = XMLWriter(writesMilliseconds: true)
        writer.open(operation.responseName, service.xmlNamespace)
        writer.element("requestId", requestID)
        writer.members(output)
        writer.close(operation.responseName)
        return response(operation.responseStatus, writer, requestID)
    }

    /// The error with its code and message, and any further members that the model declares.
    func encode(_ error: ServiceError, for service: ServiceShape, requestID: String) -> WireResponse {
        var writer = XMLWriter()
        writer.open("Response")
        writer.open("Errors")
        writer.open("Error")
        writer.element("Code", error.code)
        writer.element("Message", error.message)
        for member in service.errors[error.code]?.members ?? [] {
            guard let value = error.members[member.name] else { continue }
            writer.value(value, member.shape, name: member.wireName)
        }
        writer.close("Error")
        writer.close("Errors")
        writer.element("RequestID", requestID)
        writer.close("Response")
        return response(error.status, writer, requestID)
    }

    func unknownOperation(_ name: String, version: String?, of service: ServiceShape) -> ServiceError {
        name.isEmpty
            ? .missingAction : ServiceError("InvalidAction", "The action \(name) is not valid for this web service.")
    }

    private func response(_ status: Int, _ writer: XMLWriter, _ requestID: String) -> WireResponse {
        WireResponse(
            status: status, headers: [("x-amzn-RequestId", requestID), ("Content-Type", "text/xml;charset=UTF-8")],
            body: writer.bytes)
    }
}
