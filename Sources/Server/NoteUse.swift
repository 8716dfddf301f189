import Platform

extension Attempt {
    /// Takes the call into the last-used data, in which attempts count whatever becomes of them. It is done before the
    /// event is queued: see `UsageFold`.
    func noteUse(_ environment: Environment) {
        guard let operationName else { return }
        let caller = authenticated.caller
        let principalID: String
        if case .root = caller.identity {
            principalID = caller.accountID
        } else {
            guard let id = caller.uniqueID else { return }
            principalID = id
        }
        environment.usage.take(
            RecordedUse(
                principalID: principalID, accountID: caller.accountID,
                longTermKey: caller.session == nil ? caller.accessKeyID : nil, service: authenticated.service.shape.id,
                action: operationName, region: authenticated.region,
                time: RequestIDs.milliseconds(authenticated.routed.arrival.time)))
    }
}
