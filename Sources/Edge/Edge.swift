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
        await respond(to: head(request), sourceIP: sourceIP)
    }

    /// Answers a request from the network.
    /// - Parameters:
    ///   - stream: its body, if the head's plan is to have it as it comes.
    ///   - tls: how it was encrypted; nil: it was not.
    func respond(
        to head: RequestHead, stream: IncomingBody? = nil, sourceIP: String, tls: TLSDetails? = nil
    ) async -> WireResponse {
        let time = environment.now()
        let arrival = Arrival(
            request: head.request, stream: stream, requestID: RequestIDs.make(time: time), time: time,
            sourceIP: sourceIP, tls: tls)
        if let response = await respondAtOwnPath(to: arrival) { return response }
        let routed = route(arrival, head)
        var response = await respond(to: routed)
        if head.request.header("origin") != nil, let headers = routed.module?.crossOrigin {
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
struct Arrival: Sendable {
    var request: WireRequest
    /// The body, if it is still on its way.
    var stream: IncomingBody?
    /// UUID version 7.
    var requestID: String
    /// Seconds since 1970.
    var time: Double
    var sourceIP: String
    /// nil: it was not encrypted.
    var tls: TLSDetails?
}
