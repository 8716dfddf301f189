/// The newest of AWS's protocols: the path names the operation, and bodies are CBOR (Smithy's `rpcv2Cbor`).
/// <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>
struct CBORProtocol: WireProtocol {
    var commonErrors: CommonErrors { .exceptions }

    func isMarked(_ request: WireRequest) -> Bool { request.header("smithy-protocol") == "rpc-v2-cbor" }

    /// The last segment of `/service/NAME/operation/OPERATION`, which may follow further segments.
    func operationName(of request: WireRequest, for service: ServiceShape) throws(ServiceError) -> String? {
        guard request.method == "POST", isMarked(request) else { return nil }
        let segments = request.path.split(separator: "/", omittingEmptySubsequences: false).suffix(4).map(String.init)
        guard segments.count == 4, segments[0] == "service", segments[2] == "operation",
            segments[1] == service.rpcName
        else { return nil }
        return segments[3]
    }

    func decode(
        _ request: WireRequest, as operation: OperationShape, of service: ServiceShape
    ) throws(ServiceError) -> Structure {
        let shape = operation.input ?? .empty
        if request.body.isEmpty { return Structure(shape) }
        return try CBORReader.decode(request.body, as: shape)
    }

    func encode(
        _ output: Structure, of operation: OperationShape, of service: ServiceShape, requestID: String
    ) -> WireResponse {
        // An operation without output answers with no body at all.
        guard operation.output != nil else { return response(operation.responseStatus, [], requestID) }
        var writer = CBORWriter()
        writer.structure(output)
        return response(operation.responseStatus, writer.bytes, requestID)
    }

    func encode(_ error: ServiceError, for service: ServiceShape, requestID: String) -> WireResponse {
        let shape = service.errors[error.code]
        let members = (shape?.members ?? []).filter { error.members[$0.name] != nil }
        var writer = CBORWriter()
        writer.map(count: 1 + (error.message.isEmpty ? 0 : 1) + members.count)
        writer.string("__type")
        writer.string(service.absoluteName(ofError: error))
        if !error.message.isEmpty {
            writer.string(shape?.messageName ?? "message")
            writer.string(error.message)
        }
        for member in members {
            guard let value = error.members[member.name] else { continue }
            writer.string(member.name)
            writer.value(value, member.shape)
        }
        var answer = response(error.status, writer.bytes, requestID)
        answer.headers += service.queryCompatibleHeaders(of: error)
        return answer
    }

    func unknownOperation(_ name: String, version: String?, of service: ServiceShape) -> ServiceError {
        ServiceError("UnknownOperationException", "", status: 404)
    }

    private func response(_ status: Int, _ body: [UInt8], _ requestID: String) -> WireResponse {
        var headers: [(name: String, value: String)] = [
            ("x-amzn-RequestId", requestID), ("smithy-protocol", "rpc-v2-cbor"),
        ]
        if !body.isEmpty { headers.append(("Content-Type", "application/cbor")) }
        return WireResponse(status: status, headers: headers, body: body)
    }
}

extension ServiceShape {
    /// The service's name in paths: the name of its shape in the Smithy model, which is also the JSON protocol's target
    /// prefix.
    var rpcName: String { targetPrefix ?? serviceID }
}

extension StructureShape {
    /// How the model spells an error's `message` member; nil if it has none.
    fileprivate var messageName: String? {
        members.first { equalsIgnoringCase($0.name, lowercased: "message") }?.name
    }
}
