import Platform
import Signature
import Wire

/// A request and the service that it is for; the first step's result.
final class Routed: Sendable {
    let arrival: Arrival
    let claims: ClaimedSignature
    /// nil for a service that Gatehouse does not answer.
    let module: ServiceModule?
    /// The path with all that names the resource, whatever host the request was sent to. The signature is over the path
    /// that arrived.
    let path: String
    /// What the host says in the place of headers.
    let labels: [(name: String, value: String)]
    /// The protocol that the request speaks.
    let wireProtocol: any WireProtocol
    /// The operation's name, if it is known already.
    let operationName: String?
    /// Why nobody knows which service it is for; nil: it is known, or there is none.
    let problem: ServiceError?
    /// How it comes from within a VPC; nil: it comes from elsewhere.
    let passage: VPCPassage?
    /// Whether the operation, by its model, or the whole service needs no signature.
    private let needsNoSignature: Bool

    fileprivate init(
        arrival: Arrival, claims: ClaimedSignature, _ target: Target?, _ operation: OperationShape? = nil,
        passage: VPCPassage? = nil
    ) {
        self.arrival = arrival
        self.claims = claims
        self.passage = passage
        module = target?.module
        path = target?.path ?? arrival.head.request.path
        labels = target?.labels ?? []
        // A label is a header that the target has not seen.
        operationName = labels.isEmpty ? target?.nameInHead : nil
        problem = target?.problem
        wireProtocol = target?.wireProtocol ?? ServiceShape.unknown.wireProtocol(of: arrival.request)
        needsNoSignature = (operation?.isUnsigned ?? false) || (target?.module.admitsAnonymous ?? false)
    }

    /// A request whose signature, if it has one, is of no interest.
    convenience init(unsigned arrival: Arrival) {
        self.init(arrival: arrival, claims: .none, nil)
    }

    /// The client's address, as the service sees it.
    var sourceIP: String {
        if case .internet(let address)? = passage { address } else { arrival.sourceIP }
    }

    /// The service's model. A service that Gatehouse does not know has none; then it is one without operations.
    var shape: ServiceShape { module?.shape ?? .unknown }

    /// The service, if the request has no signature and needs none.
    var unsignedModule: ServiceModule? {
        if needsNoSignature, case .none = claims { return module }
        return nil
    }

    /// Whether the client knows errors by names that end with `Exception`.
    var isJSON: Bool { wireProtocol.commonErrors.areExceptions }

    /// Whether the client expects HTTP's own statuses, such as 403, of such an error.
    var isREST: Bool { wireProtocol.commonErrors == .restExceptions }
}

/// What a request is for.
final class Target: Sendable {
    let module: ServiceModule
    /// As in `Routed`.
    let path: String
    /// As in `Routed`.
    let labels: [(name: String, value: String)]
    let wireProtocol: any WireProtocol
    /// What the head says, and the body can't change.
    fileprivate let nameInHead: String?
    /// As in `Routed`.
    fileprivate let problem: ServiceError?

    fileprivate init(
        _ module: ServiceModule, _ request: WireRequest, path: String? = nil, problem: ServiceError? = nil
    ) {
        self.module = module
        self.path = path ?? request.path
        self.problem = problem
        wireProtocol = module.shape.wireProtocol(of: request)
        nameInHead = module.shape.isREST ? Self.name(request, self.path, wireProtocol, module) : nil
        labels = module.shape.hasHostLabels ? module.shape.hostLabels(of: request, nameInHead) : []
    }

    /// The name of the operation that a request asks for, whether there is such an operation or not; nil too when the
    /// request can't be read.
    func operationName(of request: WireRequest) -> String? {
        nameInHead ?? Self.name(request, path, wireProtocol, module)
    }

    private static func name(
        _ request: WireRequest, _ path: String, _ wireProtocol: any WireProtocol, _ module: ServiceModule
    ) -> String? {
        var request = request
        request.path = path
        return try? wireProtocol.operationName(of: request, for: module.shape)
    }
}

extension ServiceShape {
    /// Its protocols' forms serve the clients of most services.
    fileprivate static let unknown = ServiceShape(schema: "service protocol=smithy-rpc-v2-cbor,json,query json=1.1")
}

extension Edge {
    /// Finds what a request without a signature is for; what others are for stands in their signature's scope, and is
    /// known from the head.
    func route(_ arrival: Arrival) -> Routed {
        let head = arrival.head
        if case .claims(let claims) = head.claims {
            let target = named(in: arrival, as: claims.service) ?? head.target
            return Routed(
                arrival: arrival, claims: head.claims, target, passage: passage(of: arrival, to: target?.module))
        }
        let (target, operation) = unsigned(arrival.request)
        return Routed(
            arrival: arrival, claims: head.claims, target, operation, passage: passage(of: arrival, to: target?.module))
    }

    /// How a request comes from within a VPC; nil: it comes from elsewhere.
    /// - Parameter module: what it is for; nil for what is no service of AWS's.
    func passage(of arrival: Arrival, to module: ServiceModule?) -> VPCPassage? {
        guard let vpc else { return nil }
        var region = environment.region
        if case .claims(let claims) = arrival.head.claims { region = claims.region(at: region) ?? region }
        return environment.projection(EC2Index.self).passage(
            from: vpc, arrival.sourceIP, to: module?.signingName, in: module?.region(signedFor: region) ?? region)
    }

    /// What a form is for where services share the name that it is signed for: its body names the action and the version, which
    /// nobody knew when the head came. The first service that has both; nil where the head said it, or nobody has.
    private func named(in arrival: Arrival, as name: String) -> Target? {
        guard arrival.stream == nil, !arrival.body.isEmpty, let target = arrival.head.target,
            target.operationName(of: arrival.head.request) == nil
        else { return nil }
        let modules = environment.modules(signingAs: name)
        guard modules.count > 1 else { return nil }
        let request = arrival.request
        for module in modules {
            let target = self.target(module, request)
            if let name = target.operationName(of: request), module.shape.operation(named: name) != nil {
                return target
            }
        }
        return nil
    }

    /// A request that a front of a service's made.
    func route(_ arrival: Arrival, to module: ServiceModule) -> Routed {
        Routed(
            arrival: arrival, claims: .none, target(module, arrival.request), passage: passage(of: arrival, to: module))
    }

    /// What a request is for that is signed for a service of a name, by its head alone. Where services share the name, the
    /// one that the host's label is for comes first, and then the first that has such an operation.
    func signed(_ request: WireRequest, as name: String) -> Target? {
        let modules = environment.modules(signingAs: name)
        guard let first = modules.first else { return nil }
        if modules.count == 1 { return target(first, request) }
        if let target = ownedByHostLabel(request, modules) { return target }
        if modules.contains(where: \.isPassedOn) { return passedOn(request, modules) }
        for module in modules {
            let target = target(module, request)
            guard let name = target.operationName(of: request), module.shape.operation(named: name) != nil else {
                continue
            }
            return target
        }
        return target(first, request)
    }

    /// The same where endpoints behind Gatehouse answer some of the services: what another server could take for another
    /// service's operation has to say whose it is.
    private func passedOn(_ request: WireRequest, _ modules: [ServiceModule]) -> Target? {
        let targets = modules.map { target($0, request) }
        let choice = ServiceChoice(
            among: targets.map { target in
                let name = target.operationName(of: request)
                return (target.module.shape, name.flatMap { target.module.shape.operation(named: $0) })
            }, request)
        switch choice {
        case .service(let place): return targets[place]
        case .ambiguous: return targets.first.map { Target($0.module, request, path: $0.path, problem: choice.problem) }
        case .none: return targets.first
        }
    }

    /// What a request is for whose host has a label of its client's choice, such as the account with S3 Control: told by the
    /// header that has the label as well, or by a host below the service's own endpoint.
    private func ownedByHostLabel(_ request: WireRequest, _ modules: [ServiceModule]) -> Target? {
        let host = request.header("host") ?? ""
        for module in modules where module.shape.hasHostLabels {
            var labelled = request
            if VirtualHost.names(module.shape.endpointPrefix, in: host) {
                labelled.headers += module.shape.hostLabels(
                    of: request,
                    try? module.shape.wireProtocol(of: request).operationName(of: request, for: module.shape))
            }
            if module.shape.ownsByHostLabel(labelled) { return Target(module, request) }
        }
        return nil
    }

    /// What a request without a signature is for: to answer it in its service's own protocol, and to know whether the
    /// operation needs none.
    func unsigned(_ request: WireRequest) -> (Target?, OperationShape?) {
        let outer = environment.outer?.module(forUnsigned: request)
        // Any path may be an object's: who takes it for one is asked last.
        if let module = outer, !module.hasVirtualHosts {
            let target = target(module, request)
            return (target, target.operationName(of: request).flatMap { module.shape.operation(named: $0) })
        }
        let modules = environment.answeredModules
        if let target = ownedByHostLabel(request, modules) {
            return (target, target.operationName(of: request).flatMap { target.module.shape.operation(named: $0) })
        }
        // A service that knows operations by their paths alone may take any path for one: the others are asked first, and
        // of several that one whose endpoint the host names.
        let host = request.header("host") ?? ""
        let isNamed = modules.map { VirtualHost.names($0.shape.endpointPrefix, in: host) }
        for (asksREST, asksNamed) in [(false, true), (false, false), (true, true), (true, false)] {
            for (module, isNamed) in zip(modules, isNamed)
            where module.shape.isREST == asksREST && isNamed == asksNamed {
                let target = target(module, request)
                guard let name = target.operationName(of: request) else { continue }
                let operation = module.shape.operation(named: name)
                // A form that names an operation may be for any service; everything else is for this one.
                if operation != nil || target.wireProtocol.commonErrors == .exceptions { return (target, operation) }
            }
        }
        guard let module = outer else { return (nil, nil) }
        let target = target(module, request)
        guard let name = target.operationName(of: request) else { return (nil, nil) }
        return (target, module.shape.operation(named: name))
    }

    /// A request as one for a service, whether it is or not.
    func target(_ module: ServiceModule, _ request: WireRequest) -> Target {
        guard module.hasVirtualHosts, let host = request.header("host") else { return Target(module, request) }
        let slash = request.path.utf8.first == UInt8(ascii: "/") ? "" : "/"
        for (endpoint, mark) in module.otherHosts where VirtualHost.names(endpoint, in: host) {
            let label = VirtualHost.label(of: host, before: endpoint, publicAddress: "")
            guard let label else { return Target(module, request) }
            return Target(module, request, path: "/\(mark)\(label)\(slash)\(request.path)")
        }
        guard
            let label = VirtualHost.label(
                of: host, before: module.shape.endpointPrefix, publicAddress: environment.publicAddress.url)
        else { return Target(module, request) }
        return Target(module, request, path: "/\(label)\(slash)\(request.path)")
    }
}
