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
    let claims: ClaimedSignature
    /// The service that the request is signed for; nil if it is not signed, or Gatehouse does not have the service.
    let target: Target?
    /// How to read the body.
    let plan: BodyPlan
    /// The way in that a service has besides the API, if the request comes by it.
    let front: (module: ServiceModule, front: Front)?
    /// The pages for people, if the request is for one.
    let site: (any Site)?

    init(
        request: consuming WireRequest, claims: ClaimedSignature, target: Target?, plan: BodyPlan,
        front: (module: ServiceModule, front: Front)? = nil, site: (any Site)? = nil
    ) {
        self.front = front
        self.site = site
        self.request = request
        self.claims = claims
        self.target = target
        self.plan = plan
    }
}

/// What a request says about its signature, none of it verified yet.
enum ClaimedSignature: Sendable {
    /// It is not signed.
    case none
    case claims(SignatureClaims)
    /// There is something, and it is no signature.
    case malformed(SignatureError)

    init(of request: SignableRequest) {
        do throws(SignatureError) {
            self = try SignatureClaims.find(in: request).map(Self.claims) ?? .none
        } catch {
            self = .malformed(error)
        }
    }
}

extension Edge {
    /// Examines a request's head, and decides how its body is read.
    func head(_ request: WireRequest) -> RequestHead {
        if let only { return head(request, .none, for: only) }
        let claims = ClaimedSignature(of: SignableRequest(request, body: nil))
        switch claims {
        case .claims(let found):
            let target = signed(request, as: found.service)
            return RequestHead(request: request, claims: claims, target: target, plan: plan(request, target))
        case .none:
            if let site = site(ofHostOf: request) { return head(request, claims, for: site) }
            if let front = front(of: request) {
                return RequestHead(
                    request: request, claims: claims, target: nil, plan: .stream(limit: front.front.bodyLimit),
                    front: front)
            }
            if let site = site(ofPathOf: request) { return head(request, claims, for: site) }
            return RequestHead(request: request, claims: claims, target: nil, plan: unsignedPlan(request))
        case .malformed:
            // Clients of a site prove themselves in other ways: `Basic`, `Bearer`.
            if let site = site(ofHostOf: request) ?? site(ofPathOf: request) { return head(request, claims, for: site) }
            return RequestHead(
                request: request, claims: claims, target: nil, plan: .whole(limit: AnyOperation.usualBodyLimit))
        }
    }

    /// Whether browsers take the answer for one of the sites' origin: its host is not a bucket's, nor
    /// a service's.
    func sharesOrigin(_ request: WireRequest) -> Bool {
        guard let host = request.header("host") else { return true }
        return !isSentToService(request)
            && !environment.modules.contains { module in
                module.hasVirtualHosts
                    && VirtualHost.label(
                        of: host, before: module.shape.endpointPrefix, publicAddress: environment.publicAddress.url)
                        != nil
            }
    }

    private func site(ofHostOf request: WireRequest) -> (any Site)? {
        guard let host = request.header("host") else { return nil }
        return sites.first { $0.isHost(host) }
    }

    private func site(ofPathOf request: WireRequest) -> (any Site)? {
        sites.first { $0.takes(request) }.flatMap { sharesOrigin(request) ? $0 : nil }
    }

    private func head(_ request: WireRequest, _ claims: ClaimedSignature, for site: any Site) -> RequestHead {
        RequestHead(request: request, claims: claims, target: nil, plan: .whole(limit: site.bodyLimit), site: site)
    }

    private func front(of request: WireRequest) -> (module: ServiceModule, front: Front)? {
        for module in environment.answeredModules {
            if let front = module.fronts.first(where: { $0.takes(request) }) { return (module, front) }
        }
        return nil
    }

    /// A body that nobody signs is a stream as well, where policies decide on anonymous callers.
    private func unsignedPlan(_ request: WireRequest) -> RequestHead.BodyPlan {
        let usual = RequestHead.BodyPlan.whole(limit: AnyOperation.usualBodyLimit)
        guard request.method != "GET", request.method != "HEAD", let target = unsigned(request).0,
            target.module.admitsAnonymous
        else { return usual }
        return plan(request, target)
    }

    private func plan(_ request: WireRequest, _ target: Target?) -> RequestHead.BodyPlan {
        guard let target, target.module.takesUnusualBodies, let name = target.operationName(of: request),
            let operation = target.module.operations[name]
        else { return .whole(limit: target?.module.usualBodyLimit ?? AnyOperation.usualBodyLimit) }
        // Unless the head contains the body's hash, nothing can be verified before the whole body has arrived.
        return operation.isUpload && target.module.signing.acceptsUnsignedPayload
            ? .stream(limit: operation.bodyLimit) : .whole(limit: operation.bodyLimit)
    }
}

extension WireRequest {
    /// Whether a browser shows the answer, or uses it in a page.
    var isOfBrowser: Bool {
        method == "GET" && (header("sec-fetch-dest") != nil || header("accept")?.contains("text/html") == true)
    }
}
