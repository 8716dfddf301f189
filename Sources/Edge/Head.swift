import Platform
import Signature
import Wire

/// What is known of a request as soon as its head is there, before its body has come.
struct RequestHead: Sendable {
    /// How a body is to be taken; the limits are in bytes.
    enum BodyPlan: Sendable {
        /// It is held in memory.
        case whole(limit: Int)
        /// It is handed on as it comes.
        case stream(limit: Int)
    }

    /// Without the body at first.
    var request: WireRequest
    /// What the request claims of its signature, before any proof; nil without a signature.
    let claims: Result<SignatureClaims?, SignatureError>
    /// What the request is for by its signature; nil without one, and for a service that Gatehouse does not answer.
    let target: Target?
    let plan: BodyPlan
}

extension Edge {
    /// Looks at a request's head, and plans how its body is taken.
    func head(_ request: WireRequest) -> RequestHead {
        let signable = SignableRequest(
            method: request.method, path: request.path, query: request.query, headers: request.headers, body: nil)
        let claims = Result { () throws(SignatureError) in try SignatureClaims.find(in: signable) }
        var target: Target?
        if case .success(let found?) = claims { target = signed(request, as: found.service) }
        return RequestHead(request: request, claims: claims, target: target, plan: plan(request, target))
    }

    private func plan(_ request: WireRequest, _ target: Target?) -> RequestHead.BodyPlan {
        guard let target, target.module.takesUnusualBodies, let name = target.operationName(of: request),
            let operation = target.module.operations[name]
        else { return .whole(limit: AnyOperation.usualBodyLimit) }
        // Where the head does not say the body's hash, nothing is proved before the whole body is there.
        return operation.isUpload && target.module.signing.acceptsUnsignedPayload
            ? .stream(limit: operation.bodyLimit) : .whole(limit: operation.bodyLimit)
    }
}
