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
    /// The request with all that names its resource in its path, whatever host it was sent to. The signature is over the
    /// one that arrived.
    let request: WireRequest
    /// The protocol that the request speaks.
    let wireProtocol: any WireProtocol
    /// Whether the operation, by its model, needs no signature.
    private let needsNoSignature: Bool

    fileprivate init(
        arrival: Arrival, signable: SignableRequest, claims: Result<SignatureClaims?, SignatureError>,
        _ target: Target?
    ) {
        self.arrival = arrival
        self.signable = signable
        self.claims = claims
        module = target?.module
        request = target?.request ?? arrival.request
        wireProtocol = target?.wireProtocol ?? ServiceShape.unknown.wireProtocol(of: arrival.request)
        needsNoSignature = target?.operation?.isUnsigned ?? false
    }

    /// A request whose signature, if it has one, is of no interest.
    convenience init(unsigned arrival: Arrival) {
        let request = arrival.request
        self.init(
            arrival: arrival,
            signable: SignableRequest(
                method: request.method, path: request.path, query: request.query, headers: request.headers, body: []),
            claims: .success(nil), nil)
    }

    /// The service's model. A service that Gatehouse does not know has none; then it is one without operations.
    var shape: ServiceShape { module?.shape ?? .unknown }

    /// The service, if the request has no signature and needs none.
    var unsignedModule: ServiceModule? {
        if needsNoSignature, case .success(nil) = claims { return module }
        return nil
    }

    /// Whether the client knows errors by names that end with `Exception`.
    var isJSON: Bool { wireProtocol.commonErrors.areExceptions }

    /// Whether the client expects HTTP's own statuses, such as 403, of such an error.
    var isREST: Bool { wireProtocol.commonErrors == .restExceptions }
}

/// What a request is for.
private struct Target {
    let module: ServiceModule
    /// As in `Routed`.
    var request: WireRequest
    let wireProtocol: any WireProtocol
    /// nil unless it was looked for.
    var operation: OperationShape?

    init(_ module: ServiceModule, _ request: WireRequest) {
        self.module = module
        self.request = request
        wireProtocol = module.shape.wireProtocol(of: request)
    }
}

extension ServiceShape {
    /// Its protocols' forms serve the clients of most services.
    fileprivate static let unknown = ServiceShape(schema: "service protocol=smithy-rpc-v2-cbor,json,query json=1.1")
}

extension Edge {
    /// Finds the service by the scope of the signature, and for a request without one by what it asks for.
    func route(_ arrival: Arrival) -> Routed {
        let request = arrival.request
        let signable = SignableRequest(
            method: request.method, path: request.path, query: request.query, headers: request.headers,
            body: request.body)
        let claims = Result { () throws(SignatureError) in try SignatureClaims.find(in: signable) }
        let target: Target? =
            if case .success(.some(let found)) = claims {
                signed(request, as: found.service)
            } else {
                unsigned(request)
            }
        return Routed(arrival: arrival, signable: signable, claims: claims, target)
    }

    /// The service of a request that is signed for a name. Where services share it, the one that the host's label is
    /// for comes first, and then the first that has such an operation.
    private func signed(_ request: WireRequest, as name: String) -> Target? {
        let modules = environment.modules(signingAs: name)
        guard let first = modules.first else { return nil }
        if modules.count == 1 { return target(first, request) }
        if let module = modules.first(where: { $0.shape.ownsByHostLabel(request) }) { return Target(module, request) }
        let targets = modules.map { target($0, request) }
        return targets.first { operation($0) != nil } ?? targets[0]
    }

    /// The service of a request without a signature: to answer it in its own protocol, and to know whether the
    /// operation needs none.
    private func unsigned(_ request: WireRequest) -> Target? {
        // A service that knows operations by their paths alone may take any path for one: the others are asked first.
        for asksREST in [false, true] {
            for module in environment.modules where module.shape.isREST == asksREST {
                var target = target(module, request)
                guard let name = try? target.wireProtocol.operationName(of: target.request, for: module.shape) else {
                    continue
                }
                target.operation = module.shape.operation(named: name)
                // A form that names an operation may be for any service, all else is for this one.
                if target.operation != nil || target.wireProtocol.commonErrors == .exceptions { return target }
            }
        }
        return nil
    }

    private func operation(_ target: Target) -> OperationShape? {
        guard let name = try? target.wireProtocol.operationName(of: target.request, for: target.module.shape) else {
            return nil
        }
        return target.module.shape.operation(named: name)
    }

    private func target(_ module: ServiceModule, _ request: WireRequest) -> Target {
        guard module.hasVirtualHosts, let host = request.header("host"),
            let label = VirtualHost.label(
                of: host, before: module.shape.endpointPrefix, publicAddress: environment.publicAddress.url)
        else { return Target(module, request) }
        var request = request
        request.path = "/\(label)" + (request.path.utf8.first == UInt8(ascii: "/") ? "" : "/") + request.path
        return Target(module, request)
    }
}
