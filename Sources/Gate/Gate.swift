import Ledger
public import Logging
public import Platform
public import Wire

/// The second half of a request's way, from the proof of who calls to the recorded result:
///
/// ```
/// identify → authorize → handle → record
/// Identified  Permit     Attempt  Outcome
/// ```
///
/// It knows no transport: requests come from the network through the module Edge, and from other services through
/// `Call.services`. Each step is a file of its own, and gives a type that no other file can make, so that none can be
/// left out.
public struct Gate: Sendable {
    /// Everything that requests are decided and answered from.
    public let environment: Environment
    let audit: Audit
    /// Whether what policies deny is let through, and only marked.
    let observes: Bool
    let log: Logger

    /// When an answer that changes nothing may be sent.
    public enum Audit: String, Sendable, CaseIterable {
        /// Its event is taken, and written within a second.
        case batched
        /// Its event is on disk.
        case strict
    }

    /// Makes a gate. For services to reach it, hand it to `Environment.open`.
    ///
    /// One that `observes` lets through what policies deny, and marks it in the event and in the metrics: to learn what is
    /// needed.
    public init(environment: Environment, audit: Audit, observes: Bool = false, log: Logger) {
        self.environment = environment
        self.audit = audit
        self.observes = observes
        self.log = log
    }

    /// Takes a request from the authenticated caller to its result, and records it in any case.
    ///
    /// It never throws: a denial, and a failure of Gatehouse's own, are results like any other. It returns once what
    /// the result promises is on disk.
    public func pass(_ asked: Asked) async -> Outcome {
        var attempt = Attempt(asked)
        do throws(ServiceError) {
            let permit = try await permit(asked, &attempt)
            await handle(permit, &attempt)
        } catch {
            attempt.result = .failure(error)
        }
        return await record(attempt)
    }

    /// The steps up to the permit.
    func permit(_ asked: Asked, _ attempt: inout Attempt) async throws(ServiceError) -> Permit {
        attempt.noteUse(environment)
        let readable = try asked.readable.get()
        let identified = try await identify(readable, asked.call)
        attempt.identified = identified
        defer { attempt.noteAsked(environment) }
        let permit = try await authorize(identified, &attempt)
        try await permit.call.module.prepares?(permit.input, permit.call)
        return permit
    }
}

/// A request whose caller is proved, as it arrives at the gate.
public final class Asked: Sendable {
    /// Who calls, when, from where. Its operation's name is empty when the request names none that the service has.
    public let call: Call
    /// What is asked, or why it can't be read or is not implemented.
    public let readable: Result<Readable, ServiceError>
    /// What the request says, for its event: also where the operation is not built. nil when it can't be read, or is
    /// not within the model's constraints: those bound what an event holds.
    public let input: Structure?

    /// An operation and its input, ready to be authorized.
    public struct Readable: Sendable {
        /// What is asked for.
        public let operation: AnyOperation
        /// Within the model's constraints.
        public let input: Structure

        /// Puts the two together; the input has to have been validated.
        public init(_ operation: AnyOperation, _ input: Structure) {
            self.operation = operation
            self.input = input
        }
    }

    /// - Parameters:
    ///   - call, readable: see the properties.
    ///   - unbuilt: the input of an operation that is not built.
    public init(_ call: Call, _ readable: Result<Readable, ServiceError>, unbuilt: Structure? = nil) {
        self.call = call
        self.readable = readable
        input = (try? readable.get().input) ?? unbuilt
    }

    /// The operation that is asked for; nil when the request can't be read, or it is not built.
    var shape: OperationShape? {
        if case .success(let readable) = readable { return readable.operation.shape }
        return nil
    }
}
