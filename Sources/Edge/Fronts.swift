import Gate
import Platform
import Signature
import Wire

extension Edge {
    /// Answers a request that comes in by a front of a service's.
    func respond(to arrival: Arrival, at front: Front, of module: ServiceModule) async -> WireResponse {
        if environment.ledger.isShared { try? await environment.catchUp() }
        var request = arrival.head.request
        if let body = arrival.stream {
            let proved = ProvedBody(body, .none) { _ in .internalFailure }
            request.stream = proved.stream(announced: request.header("content-length").flatMap { Int($0) })
        } else {
            request.stream = BodyStream(arrival.body)
        }
        defer { request.stream?.stop() }
        let visit = Visit(
            request: request, resourcePath: target(module, request).path, environment: environment,
            requestID: arrival.requestID, time: arrival.time,
            isSecure: arrival.tls != nil
        ) { request, signature in
            await ask(module, request, signature, by: arrival)
        }
        var response = await front.respond(visit)
        if request.header("origin") != nil, let headers = module.crossOrigin {
            request.path = visit.resourcePath
            response.headers += headers(request, environment)
        }
        return response
    }

    /// Takes a request that a front made through all the steps that any other takes.
    private func ask(
        _ module: ServiceModule, _ request: WireRequest, _ signature: FormSignature?, by visit: Arrival
    ) async -> Result<WireResponse, ServiceError> {
        let head = RequestHead(request: request, claims: .none, target: nil, plan: .whole(limit: 0))
        let arrival = Arrival(
            head: head, body: [], stream: nil, requestID: RequestIDs.make(time: visit.time), time: visit.time,
            sourceIP: visit.sourceIP, tls: visit.tls)
        let routed = route(arrival, to: module)
        do throws(ServiceError) {
            let authenticated = try authenticate(routed, for: module, by: signature, request.stream)
            defer { authenticated.request.stream?.stop() }
            let outcome = await gate.pass(decode(authenticated))
            if case .failure(let error) = outcome.result { return .failure(error) }
            return .success(encode(outcome, for: authenticated))
        } catch {
            return .failure(error)
        }
    }
}
