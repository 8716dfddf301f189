public import Wire

/// Calls that Gatehouse's own pages make for whoever has signed in there: they go through the gate like any request, so that
/// policies decide on each and each is recorded.
extension Environment {
    /// Does an operation as a call says, whether or not the API has it in this form.
    ///
    /// ```swift
    /// let users = try await environment.perform(IAM.ListUsers.self, IAM.ListUsers.Input(), call)
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
