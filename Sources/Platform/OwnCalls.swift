public import Wire

/// Calls that Gatehouse's own pages make for whoever has signed in there: they go through the gate like any request, so that
/// policies decide on each and each is recorded.
extension Environment {
    /// Calls an operation as somebody does whom Gatehouse has let in by other means than a signature: a person in the
    /// console. Policies decide, and the call is recorded, as with any request.
    ///
    /// - Parameters:
    ///   - caller: who asks. Whoever calls this vouches for it.
    ///   - source: from where.
    ///   - region: where, unless the service is a global one.
    /// - Throws: the error that the operation answers, AccessDenied among them.
    public func call<O: OperationModel>(
        _ operation: O.Type, _ input: O.Input, by caller: Caller, from source: Call.Source, in region: String,
        requestID: String
    ) async throws(ServiceError) -> O.Output {
        let shape = O.shape
        guard let module = module(of: shape) else {
            throw .notImplemented("Gatehouse does not answer \(shape.serviceID) yet.")
        }
        let made = Call(
            environment: self, requestID: requestID, time: now(), caller: caller, module: module,
            operation: shape.name, region: module.region(signedFor: region), source: source)
        return O.Output(
            try await serviceGate().perform(ServiceRequest(call: made, input: input.structure, operation: nil)))
    }

    /// Does an operation as a call says, whether or not the API has it in this form.
    ///
    /// ```swift
    /// _ = try await call.environment.perform(EnablePasskey.self, input, call)
    /// ```
    /// - Parameter call: who asks, for an operation of this name of the module that has it.
    /// - Throws: what the operation answers with an error, AccessDenied among them, and the complaints about an input that
    ///   breaks the model's constraints.
    public func perform<O: Operation>(
        _ operation: O.Type, _ input: O.Input, _ call: Call
    ) async throws(ServiceError) -> O.Output {
        let request = ServiceRequest(call: call, input: input.structure, operation: O.erased)
        return O.Output(try await serviceGate().perform(request))
    }
}
