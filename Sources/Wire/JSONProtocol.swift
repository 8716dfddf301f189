/// The JSON protocol of CloudTrail, KMS, Organizations and others: the operation stands in the header `X-Amz-Target`,
/// JSON goes in and comes out (Smithy's `awsJson1_0` and `awsJson1_1`).
struct JSONProtocol: WireProtocol {
    var commonErrors: CommonErrors { .exceptions }

    func isMarked(_ request: WireRequest) -> Bool { request.header("x-amz-target") != nil }

    func operationName(
        of request: WireRequest, for service: ServiceShape
    ) throws(ServiceError) -> String? {
        guard request.method == "POST", let target = request.header("x-amz-target"),
            let dot = target.utf8.lastIndex(of: UInt8(ascii: ".")), let prefix = service.targetPrefix
        else { return nil }
        let name = target[..<dot]
        // Clients made from Smithy's model know the last part of CloudTrail's alone: CloudTrail_20131101.
        guard name == prefix || name == prefix.split(separator: ".").last ?? "" else { return nil }
        return String(target[dot...].dropFirst())
    }

    func decode(
        _ request: WireRequest, as operation: OperationShape, of service: ServiceShape
    ) throws(ServiceError) -> Structure {
        let shape = operation.input ?? .empty
        if request.body.isEmpty { return Structure(shape) }
        return try JSONDecoding.input(try JSONDecoding.parse(request.body), shape)
    }

    func encode(
        _ output: Structure, of operation: OperationShape, of service: ServiceShape, requestID: String
    ) -> WireResponse {
        // An operation without output answers with no body at all.
        guard operation.output != nil else { return response(operation.responseStatus, [], service, requestID) }
        // An answer of events takes the place of the body.
        if operation.answersEvents, let events = output.stream {
            var answer = WireResponse(
                status: operation.responseStatus,
                headers: [
                    ("x-amzn-RequestId", requestID), ("Content-Type", "application/vnd.amazon.eventstream"),
                ], body: [])
            answer.stream = events
            return answer
        }
        var writer = JSONWriter()
        writer.structure(output)
        return response(operation.responseStatus, writer.bytes, service, requestID)
    }

    func encode(_ error: ServiceError, for service: ServiceShape, requestID: String) -> WireResponse {
        var writer = JSONWriter()
        writer.beginObject()
        // Version 1.1 has the name alone.
        let name = service.errors[error.code]?.name ?? error.code
        writer.member("__type", service.jsonVersion == "1.0" ? service.absoluteName(ofError: error) : name)
        writer.members(of: error, service.errors[error.code]?.members ?? [])
        writer.endObject()
        var answer = response(service.queryCompatibleStatus(of: error), writer.bytes, service, requestID)
        answer.headers += service.queryCompatibleHeaders(of: error)
        return answer
    }

    func unknownOperation(_ name: String, version: String?, of service: ServiceShape) -> ServiceError {
        ServiceError("UnknownOperationException", "")
    }

    private func response(
        _ status: Int, _ body: [UInt8], _ service: ServiceShape, _ requestID: String
    ) -> WireResponse {
        WireResponse(
            status: status,
            headers: [
                ("x-amzn-RequestId", requestID),
                ("Content-Type", service.jsonContentType),
            ], body: body)
    }
}

extension ServiceShape {
    /// An error's name with its namespace, as JSON 1.0 and RPC v2 CBOR have it: `com.amazonaws.sqs#QueueDoesNotExist`. The
    /// model does not say the namespace; it is the service's name, and that of AWS's framework for errors which the model
    /// lacks.
    func absoluteName(ofError error: ServiceError) -> String {
        guard let shape = errors[error.code] else { return "com.amazon.coral.service#\(error.code)" }
        return "com.amazonaws.\(id)#\(shape.name)"
    }

    /// The code that an error has in the query protocol, for clients that know it by that.
    /// <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait>
    func queryCompatibleHeaders(of error: ServiceError) -> [(name: String, value: String)] {
        guard isQueryCompatible else { return [] }
        let code = error.code == "AccessDeniedException" ? "AccessDenied" : error.code
        return [("x-amzn-query-error", "\(code);\(error.fault.rawValue)")]
    }

    /// The status that an error has: that of a denial is the one of the query protocol, too.
    func queryCompatibleStatus(of error: ServiceError) -> Int {
        isQueryCompatible && error.code == "AccessDeniedException" ? 403 : error.status
    }
}

extension ServiceError {
    /// A JSON body that cannot be read, or a value that is not of its member's type.
    static func serialization(_ message: String) -> ServiceError {
        ServiceError("SerializationException", message)
    }
}
