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
                longTermKey: caller.session == nil && caller.zonalSession == nil ? caller.accessKeyID : nil,
                service: call.service,
                action: call.operation, region: call.region, time: RequestIDs.milliseconds(call.time)))
    }

    /// Adds what the policies were asked about.
    func noteAsked(_ environment: Environment) {
        call.noteUse(of: decisions.lazy.map(\.request.action))
    }
}

extension Call {
    /// Adds actions that the policies were asked about to the last-used data, where they are not called as the operation is:
    /// s3:ListBucket for ListObjectsV2, iam:PassRole for whatever a role is handed to.
    func noteUse(of actions: some Sequence<String>) {
        guard caller.isOfAWS else { return }
        let asked = actions.filter { !$0.isAction(operation, of: service) }
        guard !asked.isEmpty else { return }
        environment.usage.take(
            asked, by: caller.uniqueID ?? caller.accountID, of: caller.accountID, in: region,
            time: RequestIDs.milliseconds(time))
    }
}

extension String {
    /// Whether it is `service:operation`.
    fileprivate func isAction(_ operation: String, of service: String) -> Bool {
        let (own, service, operation) = (utf8, service.utf8, operation.utf8)
        guard own.count == service.count + 1 + operation.count, own.starts(with: service) else { return false }
        return own.suffix(operation.count).elementsEqual(operation)
    }
}
