public import Platform
public import WAF
import WAFV2API
import Wire

/// A request to something that a web ACL may protect.
public struct FilteredRequest: Sendable {
    /// What a web ACL sees of it. Its address is the connection's.
    public var web: WebRequest
    /// The host that it is for, in lower case and without a port.
    public var host: String
    /// `HTTP/1.1`
    public var version: String
    /// Whether it came by TLS.
    public var isSecure: Bool
    /// What logs call it.
    public var requestID: String
    /// When it came, in seconds since 1970.
    public var time: Double
    /// What stands before its path where browsers ask for it; mostly nothing.
    public var base: String
    /// Its path and query as browsers are to ask for it again; nil: as ``web`` has them.
    public var target: String?

    /// - Parameters: see the properties.
    public init(
        web: WebRequest, host: String, version: String, isSecure: Bool, requestID: String, time: Double,
        base: String = "", target: String? = nil
    ) {
        self.web = web
        self.host = host
        self.version = version
        self.isSecure = isSecure
        self.requestID = requestID
        self.time = time
        self.base = base
        self.target = target
    }
}

/// What becomes of a request.
public enum FilterDecision: Sendable {
    /// It goes on, with these headers in the place of the client's of the same names.
    case pass(headers: [(name: String, value: String)])
    /// It is answered with this, for that reason.
    case refuse(ResourceRefusal)
}

/// What stands before one thing that a web ACL protects: decides on its requests, and counts, samples and logs them.
///
/// If the web ACL can't be asked, requests are refused with 500: so does a load balancer, unless it was told to fail open, which
/// Gatehouse has no setting for.
/// AWS: <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#load-balancer-waf>
public struct WebACLFilter: Sendable {
    private let environment: Environment
    private let resource: ProtectedResource
    private let webACL: Result<ReadyWebACL, ServiceError>

    init(
        _ webACL: Result<ReadyWebACL, ServiceError>, before resource: ProtectedResource, _ environment: Environment
    ) {
        self.environment = environment
        self.resource = resource
        self.webACL = webACL
    }

    /// How many bytes of a body are looked at.
    public var bodyLimit: Int {
        guard case .success(let acl) = webACL else { return 0 }
        return acl.bodyLimit(of: resource.type)
    }

    /// Decides on a request, and takes note of it.
    /// - Complexity: that of the web ACL's rules. It never waits.
    public func decide(_ request: FilteredRequest) -> FilterDecision {
        let acl: ReadyWebACL
        switch webACL {
        case .success(let ready): acl = ready
        case .failure(let error):
            environment.metrics.add(1, to: .undecidedRequests)
            return .refuse(
                ResourceRefusal(.unavailable, FilterAnswer.unavailable, problem: error.cause ?? error.message))
        }
        let tokens = ClientTokens(environment: environment, host: request.host, domains: acl.tokenDomains)
        var request = request
        let shown = tokens.read(request.web)
        (request.web.captcha, request.web.challenge) = (shown.captcha, shown.challenge)
        request.web.session = shown.token?.id
        request.web.isForUserPool = resource.type == .userPool
        let interstitial = Interstitial(request, acl, tokens, environment)
        guard !interstitial.isAnswer else {
            return .refuse(ResourceRefusal(.solution, interstitial.answer(shown.token)))
        }
        let verdict = acl.firewall.evaluate(request.web, at: request.time)
        note(verdict, of: request, acl)
        switch verdict.outcome {
        case .allow: return .pass(headers: verdict.insertedHeaders.map { ($0.name, $0.value) })
        case .block(let response): return .refuse(ResourceRefusal(.block, FilterAnswer.blocked(response)))
        case .captcha: return .refuse(ResourceRefusal(.captcha, interstitial.captcha()))
        case .challenge: return .refuse(ResourceRefusal(.challenge, interstitial.challenge()))
        }
    }

    private func note(_ verdict: Verdict, of request: FilteredRequest, _ acl: ReadyWebACL) {
        acl.metrics.count(verdict)
        var request = request
        request.web = acl.protection.shown(request.web)
        acl.recorder.record(request.web, verdict, version: request.version, at: request.time)
        let traffic = environment.projection(WebTraffic.self)
        traffic.paths.count(request.web, labels: verdict.labels, webACL: acl.arn, at: request.time)
        guard acl.log.isWanted || traffic.writesLogFile else { return }
        let seen = LoggedRequest(
            request: request, verdict: verdict, source: resource.source,
            country: request.web.address.flatMap { traffic.addresses.country(of: $0)?.country },
            protection: acl.protection)
        acl.log.take(seen, acl, environment)
    }
}

/// What stands before something at a moment.
public enum WebACLState: Sendable {
    /// No web ACL protects it.
    case none
    case ready(WebACLFilter)
    /// The web ACL has changed, and is being made ready. When that is done, it is asked again.
    case preparing(Task<Void, Never>)
}

/// What is answered in the place of what is protected.
enum FilterAnswer {
    /// As a load balancer answers, with 403, or as the rule says.
    static func blocked(_ response: Verdict.Response) -> WireResponse {
        if response == .usual { return page(403, "Forbidden") }
        var headers = response.headers.map { (name: $0.name, value: $0.value) }
        if let body = response.body { headers.append((name: "content-type", value: body.contentType.mediaType)) }
        return WireResponse(
            status: response.status, headers: headers, body: Array((response.body?.content ?? "").utf8))
    }

    static var unavailable: WireResponse { page(500, "Internal Server Error") }

    /// What programs are told by which a puzzle or a challenge was asked for.
    /// <https://docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-and-challenge-actions.html>
    static func action(_ name: String, _ status: Int) -> WireResponse {
        WireResponse(
            status: status,
            headers: [
                (name: "x-amzn-waf-action", value: name), (name: "cache-control", value: "no-store, max-age=0"),
                (name: "content-type", value: "text/html; charset=UTF-8"),
            ], body: [])
    }

    private static func page(_ status: Int, _ reason: String) -> WireResponse {
        let lines = [
            "<html>", "<head><title>\(status) \(reason)</title></head>", "<body>",
            "<center><h1>\(status) \(reason)</h1></center>", "</body>", "</html>", "",
        ]
        return WireResponse(
            status: status, headers: [(name: "content-type", value: "text/html")],
            body: Array(lines.joined(separator: "\r\n").utf8))
    }
}

extension Environment {
    /// What stands before something. Asked for each request, so that a change holds from the next one on, or soon after: see ``Renewed``.
    /// - Complexity: a look-up, and it never waits.
    public func webACLState(of arn: String) -> WebACLState {
        guard let (webACL, resource) = projection(WebACLIndex.self).webACL(protecting: arn) else { return .none }
        switch webACL.readiness(self) {
        case .preparing(let task): return .preparing(task)
        case .ready(let made): return .ready(WebACLFilter(made, before: resource, self))
        }
    }

    /// What stands before something; nil: no web ACL protects it. The first request after a change waits until the web ACL is ready.
    private func webACLFilter(of arn: String) -> WebACLFilter? {
        projection(WebACLIndex.self).webACL(protecting: arn).map {
            WebACLFilter($0.webACL.ready(self), before: $0.resource, self)
        }
    }

    /// What a web ACL says of a request to a resource of a service's; nil: it may go on.
    static let screenedByWebACL: @Sendable (Environment, ResourceRequest) -> ResourceRefusal? = {
        environment, request in
        guard let filter = environment.webACLFilter(of: request.resource) else { return nil }
        switch filter.decide(FilteredRequest(request, bodyLimit: filter.bodyLimit)) {
        case .pass: return nil
        case .refuse(let refusal): return refusal
        }
    }
}

extension FilteredRequest {
    init(_ resource: ResourceRequest, bodyLimit: Int) {
        let request = resource.request
        var web = WebRequest(
            method: request.method, path: request.path, query: request.query.isEmpty ? nil : request.query,
            headers: request.headers.map { WebRequest.Header($0.name, $0.value) },
            body: Array(request.body.prefix(bodyLimit)), isBodyOversize: request.body.count > bodyLimit)
        web.address = IPAddress(resource.address)
        let host = request.header("host") ?? ""
        let name = host.last == "]" ? host[...] : host.lastIndex(of: ":").map { host[..<$0] } ?? host[...]
        self.init(
            web: web, host: name.lowercased(), version: "HTTP/1.1", isSecure: resource.isSecure,
            requestID: resource.requestID, time: resource.time, base: resource.base,
            target: resource.target)
    }
}
