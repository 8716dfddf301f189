/// What the headers of a request say about its form, as the model has it.
public struct RequestForm: Sendable {
    /// What `Content-Type` has to be; nil: what the client says, for the body may be of any type.
    public let contentType: String?
    /// Whether `X-Amz-Target` names the operation.
    public let isTargeted: Bool
    /// Whether it is RPC v2 CBOR, which `Smithy-Protocol` says.
    public let isCBOR: Bool
}

extension ServiceShape {
    /// The form of a request in the protocol that it speaks.
    public func requestForm(of request: WireRequest) -> RequestForm {
        switch wireProtocol(of: request) {
        case is JSONProtocol:
            RequestForm(contentType: jsonContentType, isTargeted: true, isCBOR: false)
        case is CBORProtocol: RequestForm(contentType: "application/cbor", isTargeted: false, isCBOR: true)
        case is QueryProtocol, is EC2Protocol:
            RequestForm(
                contentType: "application/x-www-form-urlencoded; charset=utf-8", isTargeted: false, isCBOR: false)
        default: RequestForm(contentType: nil, isTargeted: false, isCBOR: false)
        }
    }
}
