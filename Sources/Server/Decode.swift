import Platform
import Wire

/// A request whose operation and input are known and within the model's constraints.
final class Decoded: Sendable {
    let call: Call
    let operation: AnyOperation
    let input: Structure

    fileprivate init(call: Call, operation: AnyOperation, input: Structure) {
        self.call = call
        self.operation = operation
        self.input = input
    }
}

extension Pipeline {
    /// Reads the operation and its input from the request's bytes.
    /// - Throws: AWS's errors for an unknown operation, a body that can't be read, and violated constraints;
    ///   NotImplemented for an operation that Gatehouse does not have yet.
    func decode(_ authenticated: Authenticated) throws(ServiceError) -> Decoded {
        let service = authenticated.service
        let request = authenticated.routed.arrival.request
        let name = try operationName(authenticated)
        guard let shape = service.shape.operation(named: name) else {
            throw service.wireProtocol.unknownOperation(name, version: nil, of: service.shape)
        }
        guard let operation = service.operations[name] else {
            throw .notImplemented(
                "\(service.shape.serviceID) \(name) is not built in Gatehouse yet. `gatehouse operations` lists what is."
            )
        }
        let input = try service.wireProtocol.decode(request, as: shape, of: service.shape)
        try validate(input, of: shape)
        return Decoded(
            call: call(authenticated, operation: name, caller: caller(authenticated, operation, input)),
            operation: operation, input: input)
    }

    /// The name of the operation that a request asks for, whether there is such an operation or not.
    func operationName(_ authenticated: Authenticated) throws(ServiceError) -> String {
        let service = authenticated.service
        let request = authenticated.routed.arrival.request
        guard let name = try service.wireProtocol.operationName(of: request, for: service.shape) else {
            if service.isJSON { throw service.wireProtocol.unknownOperation("", version: nil, of: service.shape) }
            throw ServiceError(
                "MissingAction", "The request is missing an action or a required parameter.", status: 400)
        }
        return name
    }

    /// Until its token is looked at, a federated request is nobody's, but it stands in its role's account.
    private func caller(
        _ authenticated: Authenticated, _ operation: AnyOperation, _ input: Structure
    ) -> Caller {
        guard let federation = operation.federation else { return authenticated.caller }
        let account = federation.account(input).flatMap { environment.directory.account($0) }
        return Caller(accountID: account?.id ?? "", identity: .anonymous)
    }

    private func call(_ authenticated: Authenticated, operation: String, caller: Caller) -> Call {
        let arrival = authenticated.routed.arrival
        return Call(
            environment: environment, requestID: arrival.requestID, time: arrival.time, caller: caller,
            service: authenticated.service.shape.id, operation: operation, region: authenticated.region,
            sourceIP: arrival.sourceIP, userAgent: arrival.request.header("user-agent"),
            isSecureTransport: arrival.isSecureTransport)
    }
}
