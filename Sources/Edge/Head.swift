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
    /// The service that the request is signed for; nil without a signature, and for a service that Gatehouse does not
    /// answer.
    let module: ServiceModule?
    let plan: BodyPlan
}

extension Edge {
    /// Looks at a request's head, and plans how its body is taken.
    func head(_ request: WireRequest) -> RequestHead {
        let signable = SignableRequest(
            method: request.method, path: request.path, query: request.query, headers: request.headers, body: nil)
        let claims = Result { () throws(SignatureError) in try SignatureClaims.find(in: signable) }
        var module: ServiceModule?
        if case .success(let found?) = claims { module = environment.module(named: found.service) }
        return RequestHead(request: request, claims: claims, module: module, plan: plan(request, module))
    }

    private func plan(_ request: WireRequest, _ module: ServiceModule?) -> RequestHead.BodyPlan {
        guard let module, module.takesUnusualBodies,
            let name = try? module.wireProtocol.operationName(of: request, for: module.shape),
            let operation = module.operations[name]
        else { return .whole(limit: AnyOperation.usualBodyLimit) }
        // Where the head does not say the body's hash, nothing is proved before the whole body is there.
        return operation.isUpload && module.signing.acceptsUnsignedPayload
            ? .stream(limit: operation.bodyLimit) : .whole(limit: operation.bodyLimit)
    }
}
