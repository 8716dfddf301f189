import Gate
import Platform
import Wire

extension Edge {
    /// Reads the operation and its input from the request's bytes. What can't be read goes to the gate with its error,
    /// since it is recorded: AWS's errors for an unknown operation, a body that can't be read, and violated constraints;
    /// NotImplemented for an operation that Gatehouse does not have yet.
    func decode(_ authenticated: Authenticated) -> Asked {
        let module = authenticated.module
        let name: String
        do throws(ServiceError) {
            name = try operationName(authenticated)
        } catch {
            return Asked(call(authenticated, operation: "", caller: authenticated.caller), .failure(error))
        }
        guard let shape = module.shape.operation(named: name) else {
            let error = authenticated.routed.wireProtocol.unknownOperation(name, version: nil, of: module.shape)
            return Asked(call(authenticated, operation: "", caller: authenticated.caller), .failure(error))
        }
        guard let operation = module.operations[name] else {
            let error =
                module.refused?(shape)
                ?? .notImplemented(
                    "\(module.shape.serviceID) \(name) is not built in Gatehouse yet. `gatehouse operations` lists what is."
                )
            return Asked(
                call(authenticated, operation: name, caller: authenticated.caller), .failure(error),
                unbuilt: try? input(authenticated, shape))
        }
        var (caller, region) = (authenticated.caller, authenticated.region)
        let readable = Result { () throws(ServiceError) -> Asked.Readable in
            let input = try input(authenticated, shape)
            if let federation = operation.federation {
                // Until its token is checked, the request has no caller, but it belongs to an account: its role's, its pool's.
                let place = federation.place(input, environment)
                let account = place.flatMap { environment.directory.account($0.account) }
                caller = Caller(accountID: account?.id ?? "", identity: .anonymous)
                if let place, !place.region.isEmpty { region = place.region }
            }
            return Asked.Readable(operation, input)
        }
        return Asked(call(authenticated, operation: name, caller: caller, region: region), readable)
    }

    /// The input of a request, within the model's constraints.
    private func input(_ authenticated: Authenticated, _ shape: OperationShape) throws(ServiceError) -> Structure {
        let (module, routed) = (authenticated.module, authenticated.routed)
        try module.proves(authenticated.request, shape)
        let input = try routed.wireProtocol.decode(authenticated.request, as: shape, of: module.shape)
        // What breaks the constraints of a service that is passed on, its endpoint says in its own words.
        if !module.isPassedOn { try validate(input, of: shape, by: module.validation) }
        return input
    }

    /// The name of the operation that a request asks for, whether there is such an operation or not.
    private func operationName(_ authenticated: Authenticated) throws(ServiceError) -> String {
        let (shape, routed) = (authenticated.module.shape, authenticated.routed)
        if let problem = routed.problem { throw problem }
        if let name = routed.operationName { return name }
        guard let name = try routed.wireProtocol.operationName(of: authenticated.request, for: shape) else {
            throw routed.wireProtocol.unknownOperation("", version: nil, of: shape)
        }
        return name
    }

    private func call(
        _ authenticated: Authenticated, operation: String, caller: Caller, region: String? = nil
    ) -> Call {
        let arrival = authenticated.routed.arrival
        let headers = arrival.head.request.headers
        var source = Call.Source(
            address: authenticated.routed.sourceIP, userAgent: headers.first(named: "user-agent"),
            host: headers.first(named: "host"), tls: arrival.tls, signature: authenticated.signature)
        source.isOfFront = authenticated.isOfFront
        if case .endpoint(let passage)? = authenticated.routed.passage { source.endpoint = passage }
        if authenticated.signature == nil, let proof = headers.first(named: "dpop") {
            // Of two, neither counts (RFC 9449, section 4.3): together they can't be read.
            source.proof = headers.count { $0.name.lowercased() == "dpop" } == 1 ? proof : ""
        }
        if authenticated.module.isPassedOn {
            // As it was sent, but for its body: out of its chunks.
            var request = arrival.head.request
            // Which bucket a host's name means, others may see otherwise.
            if authenticated.module.hasVirtualHosts { request.path = authenticated.routed.path }
            (request.body, request.stream) = (authenticated.request.body, authenticated.request.stream)
            source.request = request
        } else if authenticated.module.isScreened {
            // Whether it is signed or not: a signature that an operation has no use for is not to get a request past a web ACL.
            source.request = arrival.request
        }
        return Call(
            environment: environment, requestID: arrival.requestID, time: arrival.time, caller: caller,
            module: authenticated.module, operation: operation, region: region ?? authenticated.region, source: source)
    }
}
