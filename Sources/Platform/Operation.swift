public import Ledger
public import Wire

/// An operation that is built: what it must be allowed, and what it does.
///
/// A service gives an operation its behaviour by extending the generated model:
///
/// ```swift
/// extension IAM.GetUser: ReadOperation {
///     static func access(_ input: Input, _ call: Call) -> Authorization { … }
///     static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output { … }
/// }
/// ```
///
/// Conform to one of the kinds below, never to this protocol alone.
public protocol Operation: OperationModel {
    /// What the caller must be allowed for this input. A throw here refuses the request; so does an empty list.
    static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization
    /// CloudTrail's `readOnly`.
    static var isReadOnly: Bool { get }
    /// Whether CloudTrail's `responseElements` has the output: of what changes something it does, of reads not.
    static var recordsOutput: Bool { get }
    /// Members of the input and output whose values never reach CloudTrail, on top of those that the model marks.
    static var secretMembers: Set<String> { get }
    /// The operation for the catalogue, with its types erased.
    static var erased: AnyOperation { get }
}

extension Operation {
    public static var secretMembers: Set<String> { [] }
    public static var recordsOutput: Bool { !isReadOnly }
}

/// Answers from the call alone.
public protocol ComputeOperation: Operation {
    static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output
}

/// Reads records of the caller's account.
public protocol ReadOperation: Operation {
    static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output
}

/// Changes records of the caller's account. The change, its journal entry and its event are one transaction; a throw
/// undoes all of it.
public protocol WriteOperation: Operation {
    static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output
}

/// A write with something slow to do first (hashing a password), after the permit and before the transaction, in
/// which every other writer would wait for it.
public protocol PreparedWriteOperation: Operation {
    associatedtype Preparation: Sendable
    static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation
    static func handle(
        _ input: Input, _ preparation: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output
}

/// An operation whose callers need no signature: a token within the input proves who they are. Conform to one of the
/// kinds above beside it. The model has to say that requests need no signature; one that is there is proved all the
/// same, and has no further meaning.
public protocol FederatedOperation: Operation {
    /// The account in whose history the call stands, also when the token is refused: the role's.
    static func account(_ input: Input) -> String?
    /// Proves who calls. It comes before the policies are asked, and `call` has no caller yet but that account.
    static func identify(_ input: Input, _ call: Call) async throws(ServiceError) -> Caller
}

/// An operation without its types, as the pipeline knows it.
public struct AnyOperation: Sendable {
    /// Runs the operation. When it changed the ledger, the event that `record` makes of its output was committed with
    /// the change, and `isRecorded` says so; else recording is left to the pipeline.
    public typealias Run =
        @Sendable (_ input: Structure, _ call: Call, _ record: @escaping @Sendable (Structure) -> Event)
        async -> (result: Result<Structure, ServiceError>, isRecorded: Bool)

    public let shape: OperationShape
    public let isReadOnly: Bool
    public let recordsOutput: Bool
    public let secretMembers: Set<String>
    public let access: @Sendable (_ input: Structure, _ call: Call) async throws(ServiceError) -> Authorization
    /// nil: the signature tells who calls.
    public let federation: Federation?
    public let run: Run

    /// See ``FederatedOperation``.
    public struct Federation: Sendable {
        public let account: @Sendable (_ input: Structure) -> String?
        public let identify: @Sendable (_ input: Structure, _ call: Call) async throws(ServiceError) -> Caller

        fileprivate init<O: FederatedOperation>(_ operation: O.Type) {
            account = { O.account(O.Input($0)) }
            identify = { input, call async throws(ServiceError) in try await O.identify(O.Input(input), call) }
        }
    }

    fileprivate init<O: Operation>(_ operation: O.Type, run: @escaping Run) {
        shape = O.shape
        isReadOnly = O.isReadOnly
        recordsOutput = O.recordsOutput
        secretMembers = O.secretMembers
        access = { input, call async throws(ServiceError) in try await O.access(O.Input(input), call) }
        federation = (operation as? any FederatedOperation.Type).map { Federation($0) }
        self.run = run
    }
}

// MARK: - Defaults of the kinds

extension ComputeOperation {
    public static var isReadOnly: Bool { true }

    public static var erased: AnyOperation {
        AnyOperation(Self.self) { input, call, _ in
            do throws(ServiceError) {
                return (.success(try await handle(Input(input), call).structure), false)
            } catch {
                return (.failure(error), false)
            }
        }
    }
}

extension ReadOperation {
    public static var isReadOnly: Bool { true }

    public static var erased: AnyOperation {
        AnyOperation(Self.self) { input, call, _ in
            do throws(LedgerError) {
                let result = try await call.environment.ledger.read {
                    (reader) throws(LedgerError) -> Result<Structure, ServiceError> in
                    let records = Records(reader, scope: call.scope)
                    do throws(ServiceError) {
                        return .success(try handle(Input(input), call, records).structure)
                    } catch {
                        return .failure(error)
                    }
                }
                return (result, false)
            } catch {
                return (.failure(ServiceError(error)), false)
            }
        }
    }
}

extension WriteOperation {
    public static var isReadOnly: Bool { false }

    public static var erased: AnyOperation {
        AnyOperation(Self.self) { input, call, record in
            await write(call, record) { (records) throws(ServiceError) in
                try handle(Input(input), call, records).structure
            }
        }
    }
}

extension PreparedWriteOperation {
    public static var isReadOnly: Bool { false }

    public static var erased: AnyOperation {
        AnyOperation(Self.self) { input, call, record in
            do throws(ServiceError) {
                let preparation = try await prepare(Input(input), call)
                return await write(call, record) { (records) throws(ServiceError) in
                    try handle(Input(input), preparation, call, records).structure
                }
            } catch {
                return (.failure(error), false)
            }
        }
    }
}

/// One transaction: the operation's changes and the event that tells of them.
private func write(
    _ call: Call, _ record: @escaping @Sendable (Structure) -> Event,
    _ body: @escaping @Sendable (MutableRecords) throws(ServiceError) -> Structure
) async -> (result: Result<Structure, ServiceError>, isRecorded: Bool) {
    do throws(LedgerError) {
        let result = try await call.environment.ledger.write(requestID: call.requestID) {
            (transaction) throws(LedgerError) -> Verdict<Result<Structure, ServiceError>> in
            let output: Structure
            do throws(ServiceError) {
                output = try body(MutableRecords(transaction, scope: call.scope))
            } catch {
                return .rollback(.failure(error))
            }
            try transaction.record(record(output))
            return .commit(.success(output))
        }
        if case .success = result { return (result, true) }
        return (result, false)
    } catch {
        return (.failure(ServiceError(error)), false)
    }
}
