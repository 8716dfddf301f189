/// The body of a REST message when it is the value of one member: bytes and texts as they are, streams as they come, all
/// else in the protocol's own notation.
enum RESTPayload {
    /// The payload of a request, of the member at the position; nil when it is for the protocol to read.
    static func decode(
        _ request: WireRequest, _ shape: StructureShape, member position: Int
    ) throws(ServiceError) -> Value? {
        if shape.streamsPayload { return .stream(request.stream ?? BodyStream(request.body)) }
        guard !request.body.isEmpty else { return nil }
        switch shape.members[position].shape {
        case .blob: return .blob(request.body)
        case .string:
            guard let text = String(validating: request.body, as: UTF8.self) else {
                throw .serialization("The request body is not UTF-8.")
            }
            return .string(text)
        default: return nil
        }
    }

    /// A value as a body; nil when it is for the protocol to write.
    static func encode(_ value: Value) -> RESTBody? {
        switch value {
        case .blob(let bytes): RESTBody(type: "application/octet-stream", bytes: bytes)
        case .stream(let stream): RESTBody(type: "application/octet-stream", stream: stream)
        case .string(let text): RESTBody(type: "text/plain", bytes: Array(text.utf8))
        default: nil
        }
    }
}

/// The body of an answer, and what it is; empty when an answer has none.
struct RESTBody {
    var type: String?
    var bytes: [UInt8] = []
    /// In place of the bytes.
    var stream: BodyStream?
}

extension OperationShape {
    /// Whether an answer has a body. The one to HEAD has the headers of the one to GET, but says nothing of a body that it
    /// has not.
    var hasAnswerBody: Bool { output != nil && httpMethod != "HEAD" }
}
