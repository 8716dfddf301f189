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

    /// Adds what the policies were asked about to it, where that is not called as the operation is: s3:ListBucket for
    /// ListObjectsV2, iam:PassRole for whatever a role is handed to.
    func noteAsked(_ environment: Environment) {
        let call = call
        guard call.caller.isOfAWS else { return }
        var asked: [String] = []
        for decision in decisions where !decision.request.action.isAction(call.operation, of: call.service) {
            asked.append(decision.request.action)
        }
        guard !asked.isEmpty else { return }
        environment.usage.take(
            asked, by: call.caller.uniqueID ?? call.caller.accountID, of: call.caller.accountID, in: call.region,
            time: RequestIDs.milliseconds(call.time))
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
