public import Gate
import Platform
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
    let verifier = SignatureVerifier()

    var environment: Environment { gate.environment }

    /// - Parameter ownPaths: the paths that are not part of the AWS API.
    public init(_ gate: Gate, ownPaths: [OwnPath]) {
        self.gate = gate
        self.ownPaths = ownPaths
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
        let time = environment.now()
        let arrival = Arrival(
            head: head, body: body, stream: stream, requestID: RequestIDs.make(time: time), time: time,
            sourceIP: sourceIP, tls: tls)
        if let (module, front) = head.front { return await respond(to: arrival, at: front, of: module) }
        if let response = await respondAtOwnPath(to: arrival) { return response }
        let routed = route(arrival)
        var response = await respond(to: routed)
        if head.request.headers.first(named: "origin") != nil, let headers = routed.module?.crossOrigin {
            var request = head.request
            request.path = routed.path
            response.headers += headers(request, environment)
        }
        return response
    }

    private func respond(to routed: Routed) async -> WireResponse {
        do throws(ServiceError) {
            if environment.ledger.isShared { try await environment.catchUp() }
            let authenticated = try authenticate(routed)
            defer { authenticated.request.stream?.stop() }
            return encode(await gate.pass(decode(authenticated)), for: authenticated)
        } catch {
            // The caller is unknown, so there is no account in whose history it could be recorded.
            return encode(error, for: routed)
        }
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
