import Platform

extension Attempt {
    /// Adds the call to the last-used data, in which attempts count whether or not they succeed. It is done before the
    /// event is queued: see `UsageFold`.
    func noteUse(_ environment: Environment) {
        let call = asked.call
        // Callers from outside of AWS have no last-used data.
        guard !call.operation.isEmpty, call.caller.isOfAWS else { return }
        let caller = call.caller
        environment.usage.take(
            RecordedUse(
                principalID: caller.uniqueID ?? caller.accountID, accountID: caller.accountID,
                longTermKey: caller.session == nil ? caller.accessKeyID : nil, service: call.service,
                action: call.operation, region: call.region, time: RequestIDs.milliseconds(call.time)))
    }
}
