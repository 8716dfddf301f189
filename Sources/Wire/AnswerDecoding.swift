// The client's side of the protocols: what a server answered, read by the model. Requests are written by nobody here: what
// is passed on is what the client wrote.

extension WireProtocol {
    /// The output that the answer of an operation that succeeded carries.
    ///
    /// A streamed body, and one of events, is left alone: its member stays absent. Members that the shape lacks are ignored,
    /// and what the model calls required may be absent.
    ///
    /// ```swift
    /// let answer = wire.encode(groups, of: operation, of: IAM.service, requestID: "1234")
    /// let output = try wire.decodeAnswer(
    ///     status: answer.status, headers: answer.headers, body: answer.body, as: operation, of: IAM.service)
    /// print(output["IsTruncated"] == .boolean(false))  // true
    /// ```
    ///
    /// - Parameters:
    ///   - status: the HTTP status, of a success: for others there is ``decodeError(status:headers:body:of:)``.
    ///   - headers: in the order in which they came, names in any case.
    ///   - body: the whole body, its content encoding removed; empty where it is a stream.
    /// - Throws: ``ServiceError`` with the status 502 for an answer that can't be read, or that has a value which is not of
    ///   its member's type, or a member twice.
    /// - Complexity: linear in the length of the answer.
    public func decodeAnswer(
        status: Int, headers: [(name: String, value: String)], body: [UInt8], as operation: OperationShape,
        of service: ServiceShape
    ) throws(ServiceError) -> Structure {
        guard let shape = operation.output, !shape.members.isEmpty else { return Structure(operation.output ?? .empty) }
        let answer = WireResponse(status: status, headers: headers, body: body)
        do throws(ServiceError) {
            return try output(of: answer, as: shape, operation)
        } catch {
            throw .unreadableAnswer(error.message)
        }
    }
}

extension WireResponse {
    /// Whether the body is a stream of events, which come one by one.
    fileprivate var isEventStream: Bool {
        headers.first(named: "content-type")?.lowercased().hasPrefix("application/vnd.amazon.eventstream") == true
    }
}

// MARK: Protocols

extension JSONProtocol {
    func output(
        of answer: WireResponse, as shape: StructureShape, _ operation: OperationShape
    ) throws(ServiceError) -> Structure {
        if answer.body.isEmpty || answer.isEventStream { return Structure(shape) }
        return try JSONDecoding.input(try JSONDecoding.parse(answer.body), shape)
    }
}

extension CBORProtocol {
    func output(
        of answer: WireResponse, as shape: StructureShape, _ operation: OperationShape
    ) throws(ServiceError) -> Structure {
        if answer.body.isEmpty || answer.isEventStream { return Structure(shape) }
        return try CBORReader.decode(answer.body, as: shape)
    }
}

extension QueryProtocol {
    /// The members are in the element that the model names, within the answer's outermost.
    func output(
        of answer: WireResponse, as shape: StructureShape, _ operation: OperationShape
    ) throws(ServiceError) -> Structure {
        let root = try XMLAnswer.root(answer.body)
        guard let wrapper = operation.resultWrapper else { return try XMLAnswer.structure(root, shape) }
        let results = root.children.filter { isSame($0.name, wrapper) }
        guard let result = results.first, results.count == 1 else {
            throw ServiceError("", "The body's root element must have one element \(wrapper).")
        }
        return try XMLAnswer.structure(result, shape)
    }
}

extension EC2Protocol {
    func output(
        of answer: WireResponse, as shape: StructureShape, _ operation: OperationShape
    ) throws(ServiceError) -> Structure {
        try XMLAnswer.structure(try XMLAnswer.root(answer.body), shape)
    }
}

extension RESTJSONProtocol {
    func output(
        of answer: WireResponse, as shape: StructureShape, _ operation: OperationShape
    ) throws(ServiceError) -> Structure {
        var output = try RESTBindings.decode(answer, as: shape)
        guard operation.httpMethod != "HEAD", !answer.body.isEmpty, !answer.isEventStream else { return output }
        guard let payload = shape.payload else {
            guard shape.members.contains(where: { $0.location == nil }) else { return output }
            try JSONDecoding.fill(&output, from: try JSONDecoding.parse(answer.body)) { $0.location == nil }
            return output
        }
        guard !shape.streamsPayload else { return output }
        output[member: payload] =
            if let plain = try RESTPayload.plain(answer.body, shape.members[payload].shape) {
                plain
            } else {
                try JSONDecoding.value(try JSONDecoding.parse(answer.body), shape.members[payload].shape)
            }
        return output
    }
}

extension RESTXMLProtocol {
    func output(
        of answer: WireResponse, as shape: StructureShape, _ operation: OperationShape
    ) throws(ServiceError) -> Structure {
        var output = try RESTBindings.decode(answer, as: shape)
        guard operation.httpMethod != "HEAD", !answer.body.isEmpty, !answer.isEventStream else { return output }
        guard let payload = shape.payload else {
            guard let first = shape.members.firstIndex(where: { $0.location == nil }) else { return output }
            let root = try XMLAnswer.root(answer.body)
            if operation.isUnwrapped {
                output[member: first] = try XMLAnswer.value(root, shape.members[first].shape)
            } else {
                try XMLAnswer.fill(&output, from: root)
            }
            return output
        }
        guard !shape.streamsPayload else { return output }
        output[member: payload] =
            if let plain = try RESTPayload.plain(answer.body, shape.members[payload].shape) {
                plain
            } else {
                try XMLAnswer.value(try XMLAnswer.root(answer.body), shape.members[payload].shape)
            }
        return output
    }
}

/// What ``XMLDecoding`` does, for answers: the root's name is nobody's concern, as in AWS's own clients.
private enum XMLAnswer {
    static func root(_ body: [UInt8]) throws(ServiceError) -> XMLNode {
        guard let root = XMLTree(body)?.root else { throw ServiceError("", "The body is not valid XML.") }
        return root
    }

    static func structure(_ node: XMLNode, _ shape: StructureShape) throws(ServiceError) -> Structure {
        var structure = Structure(shape)
        try fill(&structure, from: node)
        return structure
    }

    static func fill(_ structure: inout Structure, from node: XMLNode) throws(ServiceError) {
        do throws(XMLDecoding.Malformed) {
            try XMLDecoding.fill(&structure, from: node) { $0.location == nil }
        } catch { throw ServiceError("", error.message) }
    }

    static func value(_ node: XMLNode, _ shape: Shape) throws(ServiceError) -> Value {
        do throws(XMLDecoding.Malformed) {
            return try XMLDecoding.value(node, shape)
        } catch { throw ServiceError("", error.message) }
    }
}

extension ServiceError {
    /// An upstream's answer that can't be read: whoever sent it is at fault.
    fileprivate static func unreadableAnswer(_ reason: String) -> ServiceError {
        // The readers were written for requests.
        let request = "The request body"
        let reason = reason.hasPrefix(request) ? "The body" + reason.dropFirst(request.count) : reason
        return ServiceError("SerializationException", "The answer can't be read. \(reason)", status: 502)
    }
}
