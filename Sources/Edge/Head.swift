import Platform
import Signature
import Wire

/// What is known about a request once its head has arrived, before its body has.
final class RequestHead: Sendable {
    /// How to read the body. Limits are in bytes.
    enum BodyPlan: Sendable {
        /// Collect it in memory.
        case whole(limit: Int)
        /// Pass it on as it arrives.
        case stream(limit: Int)
    }

    /// The request without its body.
    let request: WireRequest
    /// What the request says about its signature, none of it verified yet; nil if it is not signed.
    let claims: Result<SignatureClaims?, SignatureError>
    /// The service that the request is signed for; nil if it is not signed, or Gatehouse does not have the service.
    let target: Target?
    /// How to read the body.
    let plan: BodyPlan

    init(
        request: WireRequest, claims: Result<SignatureClaims?, SignatureError>, target: Target?, plan: BodyPlan
    ) {
        self.request = request
        self.claims = claims
        self.target = target
        self.plan = plan
    }
}

extension Edge {
    /// Examines a request's head, and decides how its body is read.
    func head(_ request: WireRequest) -> RequestHead {
        let claims = Result { () throws(SignatureError) in
            try SignatureClaims.find(in: SignableRequest(request, body: nil))
        }
        var target: Target?
        if case .success(let found?) = claims { target = signed(request, as: found.service) }
        return RequestHead(request: request, claims: claims, target: target, plan: plan(request, target))
    }

    private func plan(_ request: WireRequest, _ target: Target?) -> RequestHead.BodyPlan {
        guard let target, target.module.takesUnusualBodies, let name = target.operationName(of: request),
            let operation = target.module.operations[name]
        else { return .whole(limit: AnyOperation.usualBodyLimit) }
        // Unless the head contains the body's hash, nothing can be verified before the whole body has arrived.
        return operation.isUpload && target.module.signing.acceptsUnsignedPayload
            ? .stream(limit: operation.bodyLimit) : .whole(limit: operation.bodyLimit)
    }
}
