public import Gate
public import Platform
import Signature
public import Wire

/// The network's side of a request: the steps before the gate, and the one after it.
///
/// ```
/// head → route → authenticate → decode → [gate] → encode
///        Routed  Authenticated  Asked    Outcome
/// ```
///
/// Each step is a file of its own; `Routed` and `Authenticated` can be made nowhere else.
public struct Edge: Sendable {
    let gate: Gate
    let ownPaths: [OwnPath]
    let sites: [any Site]
    /// What all requests are for, whatever they look like; nil: that depends.
    let only: (any Site)?
    let verifier = SignatureVerifier()
    /// The VPC from within which requests come; nil: from anywhere else.
    private(set) var vpc: VPCPlace?

    var environment: Environment { gate.environment }

    /// - Parameters:
    ///   - ownPaths: the paths that are not part of the AWS API.
    ///   - sites: the pages for people. Of two that take a request, the first gets it.
    public init(_ gate: Gate, ownPaths: [OwnPath], sites: [any Site] = []) {
        self.gate = gate
        self.ownPaths = ownPaths
        self.sites = sites
        only = nil
    }

    /// An edge behind which there is nothing but one site: neither the API nor anything else.
    public init(_ gate: Gate, only site: any Site) {
        self.gate = gate
        (ownPaths, sites, only) = ([], [], site)
    }

    /// The same for a listener within a VPC: the clients of all its connections are there.
    public func within(_ vpc: VPCPlace) -> Edge {
        var edge = self
        edge.vpc = vpc
        return edge
    }

    /// Answers a request whose body is at hand.
    public func respond(to request: WireRequest, sourceIP: String) async -> WireResponse {
        await respond(to: head(request), body: request.body, sourceIP: sourceIP)
    }

    /// Answers a request from the network.
    /// - Parameters:
    ///   - body: its body, if the head's plan is to have it whole.
    ///   - stream: its body, if the plan is to have it as it comes.
    ///   - tls: how it was encrypted; nil: it was not.
    func respond(
        to head: RequestHead, body: [UInt8] = [], stream: IncomingBody? = nil, sourceIP: String,
        tls: TLSDetails? = nil
    ) async -> WireResponse {
        var response = await answer(head, body: body, stream: stream, sourceIP: sourceIP, tls: tls)
        if !sites.isEmpty, head.site == nil, head.request.isOfBrowser, sharesOrigin(head.request) {
            response.headers += Self.sandbox
        }
        return response
    }

    /// Documents that browsers get from the sites' own origin, such as objects of S3, are kept apart from it: a script in one
    /// could otherwise do whatever the reader can on their pages.
    private static let sandbox = [
        (name: "content-security-policy", value: "sandbox allow-scripts allow-forms allow-popups allow-downloads"),
        (name: "x-content-type-options", value: "nosniff"),
    ]

    private func answer(
        _ head: RequestHead, body: [UInt8], stream: IncomingBody?, sourceIP: String, tls: TLSDetails?
    ) async -> WireResponse {
        let time = environment.now()
        let arrival = Arrival(
            head: head, body: body, stream: stream, requestID: RequestIDs.make(time: time), time: time,
            sourceIP: sourceIP, tls: tls)
        if let (module, front) = head.front {
            if case .nowhere? = passage(of: arrival, to: module) { return .unsent }
            return await respond(to: arrival, at: front, of: module)
        }
        if let site = head.site {
            if case .nowhere? = passage(of: arrival, to: nil) { return .unsent }
            if environment.ledger.isShared { try? await environment.catchUp() }
            return await site.respond(
                to: SiteRequest(
                    request: arrival.request, address: sourceIP, tls: tls, requestID: arrival.requestID, time: time))
        }
        let routed = route(arrival)
        if case .nowhere? = routed.passage {
            stream?.stop()
            return .unsent
        }
        if let response = await respondAtOwnPath(to: arrival) { return response }
        let given = await respond(to: routed)
        tell(given, routed)
        var response = given.response
        if head.request.headers.first(named: "origin") != nil, let headers = routed.module?.crossOrigin {
            var request = head.request
            request.path = routed.path
            response.headers += headers(request, environment)
        }
        return response
    }

    /// An answer, and what it says to whom.
    private struct Given {
        let response: WireResponse
        /// nil: the signature proves nobody.
        var caller: Caller?
        /// nil: it succeeded.
        var error: ServiceError?
    }

    private func respond(to routed: Routed) async -> Given {
        do throws(ServiceError) {
            if environment.ledger.isShared { try await environment.catchUp() }
            let authenticated = try authenticate(routed)
            defer { authenticated.request.stream?.stop() }
            let outcome = await gate.pass(decode(authenticated))
            var given = Given(response: encode(outcome, for: authenticated), caller: authenticated.caller)
            if case .failure(let error) = outcome.result { given.error = error }
            return given
        } catch {
            // The caller is unknown, so there is no account in whose history it could be recorded.
            return Given(response: encode(error, for: routed), error: error)
        }
    }

    /// Tells the service of an answer, if it wants to know.
    private func tell(_ given: Given, _ routed: Routed) {
        routed.module?.answered?(environment) { answered(given, routed) }
    }

    private func answered(_ given: Given, _ routed: Routed) -> AnsweredRequest {
        let arrival = routed.arrival
        var request = arrival.head.request
        let target = request.query.isEmpty ? request.path : "\(request.path)?\(request.query)"
        request.path = routed.path
        var signature: SignatureDetails?
        if case .claims(let claims) = routed.claims {
            signature = SignatureDetails(claims, contentHash: request.header("x-amz-content-sha256"))
        }
        let response = given.response
        return AnsweredRequest(
            request: request, target: target, requestID: arrival.requestID, time: arrival.time,
            milliseconds: max(0, Int((environment.now() - arrival.time) * 1000)), address: routed.sourceIP,
            tls: arrival.tls, signature: signature, caller: given.caller, status: response.status,
            errorCode: given.error?.code, headers: response.headers,
            length: request.method == "HEAD" ? 0 : response.stream.map(\.length) ?? response.body.count)
    }
}

/// A request as it came in from the network.
final class Arrival: Sendable {
    let head: RequestHead
    /// The body; empty where it is a stream.
    let body: [UInt8]
    /// The body, if it is still on its way.
    let stream: IncomingBody?
    /// UUID version 7.
    let requestID: String
    /// Seconds since 1970.
    let time: Double
    let sourceIP: String
    /// nil: it was not encrypted.
    let tls: TLSDetails?

    init(
        head: RequestHead, body: [UInt8], stream: IncomingBody?, requestID: String, time: Double, sourceIP: String,
        tls: TLSDetails?
    ) {
        self.head = head
        self.body = body
        self.stream = stream
        self.requestID = requestID
        self.time = time
        self.sourceIP = sourceIP
        self.tls = tls
    }

    /// Head and body together.
    var request: WireRequest {
        var request = head.request
        request.body = body
        return request
    }

    /// What a signature covers.
    var signable: SignableRequest {
        SignableRequest(head.request, body: stream == nil ? body : nil)
    }
}

extension SignableRequest {
    /// - Parameter body: nil for one that is yet to come.
    init(_ request: WireRequest, body: [UInt8]?) {
        self.init(
            method: request.method, path: request.path, query: request.query, headers: request.headers, body: body)
    }
}
