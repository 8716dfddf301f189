import Platform
import Signature
import Wire

/// A request and the service that it is for; the first step's result.
final class Routed: Sendable {
    let arrival: Arrival
    let signable: SignableRequest
    /// What the request claims of its signature, before any proof; nil without a signature.
    let claims: Result<SignatureClaims?, SignatureError>
    /// nil for a service that Gatehouse does not answer.
    let module: ServiceModule?
    /// Whether the operation, by its model, needs no signature.
    private let needsNoSignature: Bool

    fileprivate init(
        arrival: Arrival, signable: SignableRequest, claims: Result<SignatureClaims?, SignatureError>,
        module: ServiceModule?, needsNoSignature: Bool
    ) {
        self.arrival = arrival
        self.signable = signable
        self.claims = claims
        self.module = module
        self.needsNoSignature = needsNoSignature
    }

    /// A request whose signature, if it has one, is of no interest.
    convenience init(unsigned arrival: Arrival) {
        let request = arrival.request
        self.init(
            arrival: arrival,
            signable: SignableRequest(
                method: request.method, path: request.path, query: request.query, headers: request.headers, body: []),
            claims: .success(nil), module: nil, needsNoSignature: false)
    }

    /// The service, if the request has no signature and needs none.
    var unsignedModule: ServiceModule? {
        if needsNoSignature, case .success(nil) = claims { return module }
        return nil
    }

    /// Whether the client reads errors as JSON.
    var isJSON: Bool {
        module?.isJSON ?? (arrival.request.header("x-amz-target") != nil)
    }

    /// Whether the client expects HTTP's own statuses, such as 403, of a service that speaks JSON.
    var isREST: Bool { module?.isREST ?? false }
}

extension Edge {
    /// Finds the service by the scope of the signature, and for a request without one by `X-Amz-Target` or `Version`.
    func route(_ arrival: Arrival, _ head: RequestHead) -> Routed {
        let request = arrival.request
        let signable = SignableRequest(
            method: request.method, path: request.path, query: request.query, headers: request.headers,
            body: arrival.stream == nil ? request.body : nil)
        if case .success(.some) = head.claims {
            return Routed(
                arrival: arrival, signable: signable, claims: head.claims, module: head.module, needsNoSignature: false)
        }
        let (module, operation) = unsigned(request)
        return Routed(
            arrival: arrival, signable: signable, claims: head.claims, module: module,
            needsNoSignature: operation?.isUnsigned ?? false)
    }

    /// The service of a request without a signature: to answer it in its own protocol, and to know whether the
    /// operation needs none.
    private func unsigned(_ request: WireRequest) -> (ServiceModule?, OperationShape?) {
        let target = request.header("x-amz-target")
        for module in environment.modules {
            if let target {
                guard let prefix = module.shape.targetPrefix, target.hasPrefix(prefix + ".") else { continue }
                return (module, module.shape.operation(named: String(target.dropFirst(prefix.utf8.count + 1))))
            } else if let name = try? module.wireProtocol.operationName(of: request, for: module.shape),
                let operation = module.shape.operation(named: name)
            {
                return (module, operation)
            }
        }
        return (nil, nil)
    }
}
