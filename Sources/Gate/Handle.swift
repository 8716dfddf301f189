import Ledger
import Platform
import Synchronization
import Wire

extension Gate {
    /// Does what the request asks for. Without a permit there is no way here.
    ///
    /// A change is committed together with its events; then nothing is left to record.
    func handle(_ permit: Permit, _ attempt: inout Attempt) async {
        do throws(ServiceError) {
            let work = try await permit.operation.begin(permit.input, permit.call)
            if case .passed(let answer) = work {
                attempt.result = answer.result
                attempt.passed = answer.response
                if let change = answer.change { try await keep(change, of: permit.call, &attempt) }
            } else {
                attempt.result = .success(try await finish(work, permit.call, &attempt))
            }
        } catch {
            attempt.passed?.stream?.stop()
            attempt.passed = nil
            attempt.result = .failure(error)
        }
    }

    /// Writes what is kept of another endpoint's answer, together with the events.
    private func keep(
        _ change: @escaping @Sendable (MutableRecords) throws(ServiceError) -> Void, of call: Call,
        _ attempt: inout Attempt
    ) async throws(ServiceError) {
        let unrecorded = attempt
        try await environment.write(call.scope, requestID: call.requestID) { (records) throws(ServiceError) in
            try change(records)
            for event in unrecorded.events(unrecorded.result) { try records.record(event) }
        }
        attempt.isRecorded = true
    }

    private func finish(
        _ work: AnyOperation.Work, _ call: Call, _ attempt: inout Attempt
    ) async throws(ServiceError) -> Structure {
        switch work {
        case .done(let output):
            return output
        case .passed(let answer):
            return try answer.result.get()
        case .read(let body):
            return try await environment.read(call.scope, body)
        case .write(let body, let undo):
            let unanswered = attempt
            let isRefused = Mutex(false)
            do throws(ServiceError) {
                let output = try await environment.write(call.scope, requestID: call.requestID) {
                    (records) throws(ServiceError) in
                    isRefused.withLock { $0 = true }
                    let output = try body(records)
                    for event in unanswered.events(.success(output)) { try records.record(event) }
                    isRefused.withLock { $0 = false }
                    return output
                }
                attempt.isRecorded = true
                return output
            } catch {
                // If the ledger failed, and not what was to be done in it, it may have been committed all the same.
                if isRefused.withLock({ $0 }) { await undo() }
                throw error
            }
        }
    }
}
