import Platform

extension Attempt {
    /// Takes the call into the last-used data, in which attempts count whatever becomes of them. It is done before the
    /// event is queued: see `UsageFold`.
    func noteUse(_ environment: Environment) {
        let caller = authenticated.caller
        // Callers from outside of AWS have nothing that could be last used.
        guard let operationName, caller.isOfAWS else { return }
        environment.usage.take(
            RecordedUse(
                principalID: caller.uniqueID ?? caller.accountID, accountID: caller.accountID,
                longTermKey: caller.session == nil ? caller.accessKeyID : nil, service: authenticated.service.shape.id,
                action: operationName, region: authenticated.region,
                time: RequestIDs.milliseconds(authenticated.routed.arrival.time)))
    }
}
