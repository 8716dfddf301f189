/// The REST-XML protocol of S3, S3 Control, CloudFront and Route 53: method and path name the operation; some members
/// are in the path, query string or headers, the others in an XML body (Smithy's `restXml`).
/// <https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html>
///
/// S3 differs from the other services: its errors are not wrapped in `ErrorResponse`, and its headers have other names.
struct RESTXMLProtocol: WireProtocol {
    var commonErrors: CommonErrors { .plain }

    /// Always: every request has a method and a path.
    func isMarked(_ request: WireRequest) -> Bool { true }

    func operationName(of request: WireRequest, for service: ServiceShape) throws(ServiceError) -> String? {
        RESTBindings.operationName(of: request, for: service)
    }

    // MARK: Requests

    func decode(
        _ request: WireRequest, as operation: OperationShape, of service: ServiceShape
    ) throws(ServiceError) -> Structure {
        var input: Structure
        do throws(ServiceError) {
            input = try RESTBindings.decode(request, as: operation)
            if let payload = input.shape.payload,
                let value = try RESTPayload.decode(request, input.shape, member: payload)
            {
                input[member: payload] = value
                return input
            }
            guard !request.body.isEmpty else { return input }
        } catch {
            // The error has the code of the JSON protocols, which clients of this one don't know.
            throw service.hasBareErrors
                ? ServiceError("InvalidArgument", error.message) : .malformedInput(error.message)
        }
        do throws(XMLDecoding.Malformed) {
            try decodeBody(request.body, into: &input, of: operation)
        } catch {
            throw service.hasBareErrors ? .malformedXML : .malformedInput(error.message)
        }
        return input
    }

    private func decodeBody(
        _ body: [UInt8], into input: inout Structure, of operation: OperationShape
    ) throws(XMLDecoding.Malformed) {
        guard let payload = input.shape.payload else {
            guard input.shape.members.contains(where: { $0.location == nil }) else { return }
            let name = operation.inputName ?? input.shape.locationName ?? input.shape.name
            let root = try XMLDecoding.root(of: body, named: [name])
            return try XMLDecoding.fill(&input, from: root) { $0.location == nil }
        }
        let member = input.shape.members[payload]
        let root = try XMLDecoding.root(of: body, named: payloadNames(member))
        input[member: payload] = try XMLDecoding.value(root, member.shape)
    }

    /// The names that the root element of a payload may have; answers use the first.
    private func payloadNames(_ member: MemberShape) -> [String] {
        guard case .structure(let shape) = member.shape else { return [member.wireName] }
        if let name = member.locationName { return [name] }
        return [shape.locationName ?? shape.name, member.name]
    }

    // MARK: Answers

    func encode(
        _ output: Structure, of operation: OperationShape, of service: ServiceShape, requestID: String
    ) -> WireResponse {
        let (headers, status) = RESTBindings.encode(output)
        let body = operation.hasAnswerBody ? self.body(output, of: operation, service) : RESTBody()
        // A part of a body is not the whole (RFC 9110, section 15.3.7).
        let isPart = headers.contains { $0.name == "Content-Range" }
        return response(status ?? (isPart ? 206 : operation.responseStatus), body, service, requestID, headers)
    }

    private func body(_ output: Structure, of operation: OperationShape, _ service: ServiceShape) -> RESTBody {
        func begun() -> XMLWriter {
            var writer = XMLWriter(writesMilliseconds: true)
            writer.declaration()
            return writer
        }
        var writer: XMLWriter
        if let payload = output.shape.payload {
            guard let value = output[member: payload] else { return RESTBody() }
            if let body = RESTPayload.encode(value) { return body }
            let member = output.shape.members[payload]
            writer = begun()
            writer.value(
                value, member.shape, name: payloadNames(member).first ?? member.name,
                namespace: member.xmlNamespace ?? service.xmlNamespace)
        } else if operation.isUnwrapped {
            guard let index = output.shape.members.firstIndex(where: { $0.location == nil }) else { return RESTBody() }
            let member = output.shape.members[index]
            writer = begun()
            writer.value(
                output[member: index] ?? .null, member.shape, name: member.wireName, namespace: service.xmlNamespace)
        } else {
            guard output.shape.members.contains(where: { $0.location == nil }) else { return RESTBody() }
            writer = begun()
            writer.open(
                operation.outputName, output.shape.xmlNamespace ?? service.xmlNamespace, writer.attributes(output))
            writer.members(output) { $0.location == nil }
            writer.close(operation.outputName)
        }
        return RESTBody(type: "application/xml", bytes: writer.bytes)
    }

    func encode(_ error: ServiceError, for service: ServiceShape, requestID: String) -> WireResponse {
        // S3 has a name and a text of its own. <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
        var error = error
        if service.hasBareErrors, error.code == "InternalFailure" {
            (error.code, error.message) = ("InternalError", "We encountered an internal error. Please try again.")
        }
        let shape = service.errors[error.code]
        var writer = XMLWriter(writesMilliseconds: true)
        writer.declaration()
        if !service.hasBareErrors { writer.open("ErrorResponse", service.xmlNamespace) }
        writer.open("Error")
        if !service.hasBareErrors { writer.element("Type", error.fault.rawValue) }
        writer.element("Code", error.code)
        if !error.message.isEmpty { writer.element("Message", error.message) }
        let members = shape?.members ?? []
        for member in members where member.location == nil {
            guard let value = error.members[member.name] else { continue }
            writer.value(value, member.shape, name: member.wireName, timestampFormat: member.timestampFormat)
        }
        if service.hasBareErrors {
            // S3's errors have members that its model lacks.
            for (name, value) in error.members.sorted(by: { $0.key < $1.key }) {
                guard case .string(let text) = value, !members.contains(where: { $0.name == name }) else { continue }
                writer.element(name, text)
            }
            writer.element("RequestId", requestID)
            writer.element("HostId", Self.hostID(requestID))
        }
        writer.close("Error")
        if !service.hasBareErrors {
            writer.element("RequestId", requestID)
            writer.close("ErrorResponse")
        }
        // To say that nothing was modified takes no body (RFC 9110, section 15.4.5).
        let body = error.status == 304 ? RESTBody() : RESTBody(type: "application/xml", bytes: writer.bytes)
        return response(
            error.status, body, service, requestID,
            RESTBindings.headers(of: error, shape) + error.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        )
    }

    func unknownOperation(_ name: String, version: String?, of service: ServiceShape) -> ServiceError {
        service.hasBareErrors
            ? ServiceError(
                "MethodNotAllowed", "The specified method is not allowed against this resource.", status: 405)
            : ServiceError("UnknownOperationException", "", status: 404)
    }

    /// S3's extended request ID, `x-amz-id-2` or `HostId`, which tells AWS which machine answered. Here it only encodes
    /// the request ID.
    static func hostID(_ requestID: String) -> String {
        String(decoding: Base64.encode(Array(requestID.utf8)), as: UTF8.self)
    }

    private func response(
        _ status: Int, _ body: RESTBody, _ service: ServiceShape, _ requestID: String,
        _ headers: [(name: String, value: String)]
    ) -> WireResponse {
        let common: [(name: String, value: String)] =
            service.hasBareErrors
            ? [("x-amz-request-id", requestID), ("x-amz-id-2", Self.hostID(requestID))]
            : [("x-amzn-RequestId", requestID)]
        return RESTBindings.response(status, body, common, headers)
    }
}

extension ServiceError {
    /// S3's one error for everything that can be wrong with a body.
    fileprivate static var malformedXML: ServiceError {
        ServiceError(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema")
    }
}
