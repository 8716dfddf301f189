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
    /// The way in that a service has besides the API, if the request comes by it.
    let front: (module: ServiceModule, front: Front)?

    init(
        request: WireRequest, claims: Result<SignatureClaims?, SignatureError>, target: Target?, plan: BodyPlan,
        front: (module: ServiceModule, front: Front)? = nil
    ) {
        self.front = front
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
        switch claims {
        case .success(let found?):
            let target = signed(request, as: found.service)
            return RequestHead(request: request, claims: claims, target: target, plan: plan(request, target))
        case .success(nil):
            if let front = front(of: request) {
                return RequestHead(
                    request: request, claims: claims, target: nil, plan: .stream(limit: front.front.bodyLimit),
                    front: front)
            }
            return RequestHead(request: request, claims: claims, target: nil, plan: unsignedPlan(request))
        case .failure:
            return RequestHead(
                request: request, claims: claims, target: nil, plan: .whole(limit: AnyOperation.usualBodyLimit))
        }
    }

    private func front(of request: WireRequest) -> (module: ServiceModule, front: Front)? {
        for module in environment.modules {
            if let front = module.fronts.first(where: { $0.takes(request) }) { return (module, front) }
        }
        return nil
    }

    /// A body that nobody signs is a stream as well, where policies decide on anonymous callers. Its length says whether to look
    /// at all: a request without a body is the usual one.
    private func unsignedPlan(_ request: WireRequest) -> RequestHead.BodyPlan {
        let usual = RequestHead.BodyPlan.whole(limit: AnyOperation.usualBodyLimit)
        guard request.method != "GET", request.method != "HEAD", let target = unsigned(request),
            target.module.admitsAnonymous
        else { return usual }
        return plan(request, target)
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
