/// The body of a REST message when it is the value of one member: bytes and texts as they are, all else in the
/// protocol's own notation.
///
/// Payloads that the model calls streaming come and go here too, in one piece.
enum RESTPayload {
    /// A body as the value of a shape; nil when it is for the protocol to read.
    static func decode(_ body: [UInt8], _ shape: Shape) throws(ServiceError) -> Value? {
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

    /// A value as a body; nil when it is for the protocol to write.
    static func encode(_ value: Value) -> RESTBody? {
        switch value {
        case .blob(let bytes): RESTBody(type: "application/octet-stream", bytes: bytes)
        case .string(let text): RESTBody(type: "text/plain", bytes: Array(text.utf8))
        default: nil
        }
    }
}

/// The body of an answer, and what it is; empty when an answer has none.
struct RESTBody {
    var type: String?
    var bytes: [UInt8] = []
}

extension OperationShape {
    /// Whether an answer has a body. The one to HEAD has the headers of the one to GET, but says nothing of a body that it
    /// has not.
    var hasAnswerBody: Bool { output != nil && httpMethod != "HEAD" }
}
