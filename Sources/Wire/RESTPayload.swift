/// The body of a REST message that consists of a single member: bytes and strings as they are, streams piece by piece,
/// everything else in the protocol's own format.
enum RESTPayload {
    /// The payload of a request, for the member at `position`; nil if the protocol has to parse it.
    static func decode(
        _ request: WireRequest, _ shape: StructureShape, member position: Int
    ) throws(ServiceError) -> Value? {
        if shape.streamsPayload { return .stream(request.stream ?? BodyStream(request.body)) }
        return request.body.isEmpty ? nil : try plain(request.body, shape.members[position].shape)
    }

    /// A body that is the value itself; nil if the protocol has to parse it.
    static func plain(_ body: [UInt8], _ shape: Shape) throws(ServiceError) -> Value? {
        switch shape {
        case .blob: return .blob(body)
        case .string:
            guard let text = String(validating: body, as: UTF8.self) else {
                throw .serialization("The request body is not UTF-8.")
            }
            return .string(text)
        default: return nil
        }
    }

    /// A value as a body; nil if the protocol has to write it.
    static func encode(_ value: Value) -> RESTBody? {
        switch value {
        case .blob(let bytes): RESTBody(type: "application/octet-stream", bytes: bytes)
        case .stream(let stream):
            stream.bytes.map { RESTBody(type: "application/octet-stream", bytes: $0) }
                ?? RESTBody(type: "application/octet-stream", stream: stream)
        case .string(let text): RESTBody(type: "text/plain", bytes: Array(text.utf8))
        default: nil
        }
    }
}

/// The body of an answer and its content type; empty if the answer has no body.
struct RESTBody {
    var type: String?
    var bytes: [UInt8] = []
    /// The body, if it is a stream; then there are no ``bytes``.
    var stream: BodyStream?
}

extension OperationShape {
    /// Whether an answer has a body. The answer to a HEAD request has none, so it doesn't describe one either.
    var hasAnswerBody: Bool { output != nil && httpMethod != "HEAD" }
}
