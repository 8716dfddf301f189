import Ledger
public import Platform
public import Wire

/// Requests that services make of each other: the same steps, from the same place on.
extension Gate: ServiceGate {
    /// - Throws: the error that the operation answers.
    public func perform(_ request: ServiceRequest) async throws(ServiceError) -> Structure {
        try await pass(asked(request)).result.get()
    }

    /// - Throws: the error that the operation answers; then it is recorded already.
    public func prepare(_ request: ServiceRequest) async throws(ServiceError) -> any PreparedRequest {
        let asked = asked(request)
        var attempt = Attempt(asked)
        do throws(ServiceError) {
            let permit = try await permit(asked, &attempt)
            let work = try await permit.operation.begin(permit.input, permit.call)
            return PermittedRequest(gate: self, permit: permit, work: work, attempt: attempt)
        } catch {
            attempt.result = .failure(error)
            _ = await record(attempt)
            throw error
        }
    }

    private func asked(_ request: ServiceRequest) -> Asked {
        let call = request.call
        guard let operation = request.operation ?? call.module.operations[call.operation]
        else {
            return Asked(
                call,
                .failure(
                    .notImplemented("\(call.module.shape.serviceID) \(call.operation) is not built in Gatehouse yet.")),
                unbuilt: request.input)
        }
        return Asked(
            call,
            Result { () throws(ServiceError) in
                try validate(request.input, of: operation.shape, by: call.module.validation)
                return Asked.Readable(operation, request.input)
            })
    }
}

/// A request that has its permit, and waits for the transaction in which it is done.
private struct PermittedRequest: PreparedRequest {
    let gate: Gate
    let permit: Permit
    let work: AnyOperation.Work
    let attempt: Attempt

    func complete(in records: MutableRecords) throws(ServiceError) -> Structure {
        var attempt = attempt
        do throws(ServiceError) {
            let output = try output(records.of(permit.call.scope))
            attempt.result = .success(output)
            for event in attempt.events(attempt.result) { try records.record(event) }
            let done = attempt
            records.afterwards { gate.count(done) }
            return output
        } catch {
            attempt.result = .failure(error)
            let failed = attempt
            records.afterwards { gate.recordFailure(failed) }
            throw error
        }
    }

    func discard() async {
        if case .write(_, let undo) = work { await undo() }
    }

    private func output(_ records: MutableRecords) throws(ServiceError) -> Structure {
        switch work {
        case .done(let structure): structure
        case .passed(let answer): try answer.result.get()
        case .read(let body): try body(records.readOnly)
        case .write(let body, _): try body(records)
        }
    }
}
