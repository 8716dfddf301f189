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

/// Reads the service's records of the caller's account.
public protocol ReadOperation: Operation {
    static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output
}

/// Changes the service's records of the caller's account. The change, its journal entry and its event are one transaction; a throw
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

/// An operation without its types, as the gate knows it.
public struct AnyOperation: Sendable {
    /// What an operation is going to do, once what is slow is done: it needs only the ledger, and no more time than a
    /// transaction may take.
    public enum Work: Sendable {
        /// There is nothing left to do.
        case done(Structure)
        case read(@Sendable (Records) throws(ServiceError) -> Structure)
        case write(@Sendable (MutableRecords) throws(ServiceError) -> Structure)
    }

    public let shape: OperationShape
    public let isReadOnly: Bool
    public let recordsOutput: Bool
    public let secretMembers: Set<String>
    public let access: @Sendable (_ input: Structure, _ call: Call) async throws(ServiceError) -> Authorization
    /// nil: the signature tells who calls.
    public let federation: Federation?
    /// Does what is done outside of a transaction, and says what is left.
    public let begin: @Sendable (_ input: Structure, _ call: Call) async throws(ServiceError) -> Work

    /// See ``FederatedOperation``.
    public struct Federation: Sendable {
        public let account: @Sendable (_ input: Structure) -> String?
        public let identify: @Sendable (_ input: Structure, _ call: Call) async throws(ServiceError) -> Caller

        fileprivate init<O: FederatedOperation>(_ operation: O.Type) {
            account = { O.account(O.Input($0)) }
            identify = { input, call async throws(ServiceError) in try await O.identify(O.Input(input), call) }
        }
    }

    fileprivate init<O: Operation>(
        _ operation: O.Type,
        begin: @escaping @Sendable (_ input: O.Input, _ call: Call) async throws(ServiceError) -> Work
    ) {
        shape = O.shape
        isReadOnly = O.isReadOnly
        recordsOutput = O.recordsOutput
        secretMembers = O.secretMembers
        access = { input, call async throws(ServiceError) in try await O.access(O.Input(input), call) }
        federation = (operation as? any FederatedOperation.Type).map { Federation($0) }
        self.begin = { input, call async throws(ServiceError) in try await begin(O.Input(input), call) }
    }
}

// MARK: - Defaults of the kinds

extension ComputeOperation {
    public static var isReadOnly: Bool { true }

    public static var erased: AnyOperation {
        AnyOperation(Self.self) { input, call async throws(ServiceError) in
            .done(try await handle(input, call).structure)
        }
    }
}

extension ReadOperation {
    public static var isReadOnly: Bool { true }

    public static var erased: AnyOperation {
        AnyOperation(Self.self) { input, call in
            .read { (records) throws(ServiceError) in try handle(input, call, records).structure }
        }
    }
}

extension WriteOperation {
    public static var isReadOnly: Bool { false }

    public static var erased: AnyOperation {
        AnyOperation(Self.self) { input, call in
            .write { (records) throws(ServiceError) in try handle(input, call, records).structure }
        }
    }
}

extension PreparedWriteOperation {
    public static var isReadOnly: Bool { false }

    public static var erased: AnyOperation {
        AnyOperation(Self.self) { input, call async throws(ServiceError) in
            let preparation = try await prepare(input, call)
            return .write { (records) throws(ServiceError) in
                try handle(input, preparation, call, records).structure
            }
        }
    }
}
