/// The query protocol of IAM, STS, SNS and others: a form goes in, XML comes out (Smithy's `awsQuery`).
struct QueryProtocol: WireProtocol {
    var commonErrors: CommonErrors { .plain }

    func isMarked(_ request: WireRequest) -> Bool { QueryForm.isForm(request) }

    /// The parameter `Action` of a GET's query string or of a POST, if the request is for the service's version.
    ///
    /// Throws `InvalidAction` for another version, and what is wrong with the form when it cannot be read.
    func operationName(
        of request: WireRequest, for service: ServiceShape
    ) throws(ServiceError) -> String? {
        guard let (action, version) = try QueryForm.action(of: request) else { return nil }
        guard version == service.apiVersion else { throw unknownOperation(action, version: version, of: service) }
        return action
    }

    func decode(
        _ request: WireRequest, as operation: OperationShape, of service: ServiceShape
    ) throws(ServiceError) -> Structure {
        guard let input = operation.input, !input.members.isEmpty else { return Structure(operation.input ?? .empty) }
        var decoded = try QueryDecoder.decode(try Form(request), as: input, .query)
        if let queue = service.queuePath(of: request, as: operation), decoded["QueueUrl"] == nil {
            decoded["QueueUrl"] = .string(queue.url(on: request.header("host")))
        }
        return decoded
    }

    func encode(
        _ output: Structure, of operation: OperationShape, of service: ServiceShape, requestID: String
    ) -> WireResponse {
        var writer = XMLWriter()
        writer.open(operation.responseName, service.xmlNamespace)
        if let wrapper = operation.resultWrapper {
            writer.open(wrapper)
            writer.members(output)
            writer.close(wrapper)
        }
        writer.open("ResponseMetadata")
        writer.element("RequestId", requestID)
        writer.close("ResponseMetadata")
        writer.close(operation.responseName)
        return response(operation.responseStatus, writer, requestID)
    }

    func encode(_ error: ServiceError, for service: ServiceShape, requestID: String) -> WireResponse {
        var writer = XMLWriter()
        writer.open("ErrorResponse", service.xmlNamespace)
        writer.open("Error")
        writer.element("Type", error.fault.rawValue)
        writer.element("Code", error.code)
        if !error.message.isEmpty { writer.element("Message", error.message) }
        if let shape = service.errors[error.code] {
            for member in shape.members {
                guard let value = error.members[member.name] else { continue }
                writer.value(value, member.shape, name: member.wireName)
            }
        }
        writer.close("Error")
        writer.element("RequestId", requestID)
        writer.close("ErrorResponse")
        return response(error.status, writer, requestID)
    }

    func unknownOperation(_ name: String, version: String?, of service: ServiceShape) -> ServiceError {
        name.isEmpty
            ? .missingAction
            : ServiceError(
                "InvalidAction", "Could not find operation \(name) for version \(version ?? "NO_VERSION_SPECIFIED")")
    }

    private func response(_ status: Int, _ writer: XMLWriter, _ requestID: String) -> WireResponse {
        WireResponse(
            status: status, headers: [("x-amzn-RequestId", requestID), ("Content-Type", "text/xml")],
            body: writer.bytes)
    }
}

/// What the two protocols have in common whose requests are forms.
enum QueryForm {
    /// The operation and the version that a request names; nil for one that names none.
    static func action(of request: WireRequest) throws(ServiceError) -> (name: String, version: String?)? {
        guard isForm(request), let action = try Form.find("Action", in: request) else { return nil }
        return (action, try Form.find("Version", in: request))
    }

    static func isForm(_ request: WireRequest) -> Bool {
        switch request.method {
        case "GET": return true
        case "POST":
            guard let type = request.header("content-type") else { return true }
            let form = "application/x-www-form-urlencoded"
            guard hasPrefixIgnoringCase(type, lowercased: form) else { return false }
            // Most name a character set behind it.
            guard let next = type.utf8.dropFirst(form.utf8.count).first else { return true }
            return next == UInt8(ascii: ";") || next == UInt8(ascii: " ")
        default: return false
        }
    }
}

extension ServiceError {
    /// A form that names no operation.
    static var missingAction: ServiceError {
        ServiceError("MissingAction", "The request is missing an action or a required parameter.")
    }
}
