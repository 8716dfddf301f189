/// The JSON protocol of CloudTrail, KMS, Organizations and others: the operation stands in the header `X-Amz-Target`,
/// JSON goes in and comes out (Smithy's `awsJson1_0` and `awsJson1_1`).
public struct JSONProtocol: WireProtocol {
    public init() {}

    public func operationName(
        of request: WireRequest, for service: ServiceShape
    ) throws(ServiceError) -> String? {
        guard request.method == "POST", let target = request.header("x-amz-target"),
            let dot = target.utf8.lastIndex(of: UInt8(ascii: ".")),
            target[..<dot] == service.targetPrefix ?? ""
        else { return nil }
        return String(target[dot...].dropFirst())
    }

    public func decode(
        _ request: WireRequest, as operation: OperationShape, of service: ServiceShape
    ) throws(ServiceError) -> Structure {
        let shape = operation.input ?? .empty
        if request.body.isEmpty { return Structure(shape) }
        return try JSONDecoding.input(try JSONDecoding.parse(request.body), shape)
    }

    public func encode(
        _ output: Structure, of operation: OperationShape, of service: ServiceShape, requestID: String
    ) -> WireResponse {
        // An operation without output answers with no body at all.
        guard operation.output != nil else { return response(operation.responseStatus, [], service, requestID) }
        var writer = JSONWriter()
        writer.structure(output)
        return response(operation.responseStatus, writer.bytes, service, requestID)
    }

    public func encode(_ error: ServiceError, for service: ServiceShape, requestID: String) -> WireResponse {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("__type", service.errors[error.code]?.name ?? error.code)
        writer.members(of: error, service.errors[error.code]?.members ?? [])
        writer.endObject()
        return response(error.status, writer.bytes, service, requestID)
    }

    public func unknownOperation(_ name: String, version: String?, of service: ServiceShape) -> ServiceError {
        ServiceError("UnknownOperationException", "")
    }

    private func response(
        _ status: Int, _ body: [UInt8], _ service: ServiceShape, _ requestID: String
    ) -> WireResponse {
        WireResponse(
            status: status,
            headers: [
                ("x-amzn-RequestId", requestID),
                ("Content-Type", "application/x-amz-json-\(service.jsonVersion ?? "1.1")"),
            ], body: body)
    }
}

extension ServiceError {
    /// A JSON body that cannot be read, or a value that is not of its member's type.
    static func serialization(_ message: String) -> ServiceError {
        ServiceError("SerializationException", message)
    }
}
