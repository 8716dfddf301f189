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
    /// The longest body that a request may have, in bytes; 1 MiB unless the operation says more. Where only the body
    /// itself says what operation is asked for, as in the query protocol, it is 1 MiB for all.
    static var bodyLimit: Int { get }
    /// The operation for the catalogue, with its types erased.
    static var erased: AnyOperation { get }
}

extension Operation {
    public static var secretMembers: Set<String> { [] }
    public static var recordsOutput: Bool { !isReadOnly }
    public static var bodyLimit: Int { AnyOperation.usualBodyLimit }
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

/// A write whose request has a body that is a stream: it is put aside as it comes, after the permit, and the transaction
/// is not begun before every byte is there and proved.
///
/// ```swift
/// extension S3.PutObject: UploadOperation {
///     static func begin(_ input: Input, _ call: Call) async throws(ServiceError) -> ObjectFile { … }
///     static func handle(
///         _ input: Input, _ received: ObjectFile.Received, _ call: Call, _ records: MutableRecords
///     ) throws(ServiceError) -> Output { … }
/// }
/// ```
///
/// The model has to say that the payload is a stream. A service whose requests are signed by the ``SigningRules`` of S3
/// has it as it comes; others sign the body's hash with the head, so that theirs is whole before anything is known to be
/// true.
public protocol UploadOperation: Operation {
    associatedtype Upload: Platform.Upload
    /// Makes the place for the body. Nothing that anybody could see may change yet.
    static func begin(_ input: Input, _ call: Call) async throws(ServiceError) -> Upload
    static func handle(
        _ input: Input, _ received: Upload.Received, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output
}

/// A body that is put aside as it comes.
///
/// It is told of every end: either ``finish(trailers:)`` is called and the transaction that follows is committed, or
/// ``discard()``, because the body turned out forged or incomplete, the client left, or a step threw. Only a process
/// that dies tells nothing: what it left is for the service to sweep.
public protocol Upload: Sendable {
    /// What the transaction is told of the body: its length, its checksums, where it lies.
    associatedtype Received: Sendable
    /// Puts the next bytes aside. The client is waited for meanwhile, not the other way round.
    mutating func receive(_ bytes: [UInt8]) async throws(ServiceError)
    /// Every byte is there and proved.
    /// - Parameter trailers: the fields that followed the body, their names in lower case.
    mutating func finish(trailers: [(name: String, value: String)]) async throws(ServiceError) -> Received
    /// Undoes everything; also after ``finish(trailers:)``.
    func discard() async
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
        /// `undo` is to be called when the transaction fails.
        case write(
            @Sendable (MutableRecords) throws(ServiceError) -> Structure, undo: @Sendable () async -> Void = {})
    }

    /// In bytes; see ``Operation/bodyLimit``.
    public static let usualBodyLimit = 1 << 20

    public let shape: OperationShape
    public let isReadOnly: Bool
    public let recordsOutput: Bool
    public let secretMembers: Set<String>
    /// The longest body that a request may have, in bytes.
    public let bodyLimit: Int
    /// Whether the request's body is taken as it comes.
    public let isUpload: Bool
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
        bodyLimit = O.bodyLimit
        isUpload = O.self is any UploadOperation.Type
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

extension UploadOperation {
    public static var isReadOnly: Bool { false }

    /// What S3 takes in one request: 5 GiB.
    public static var bodyLimit: Int { 5 << 30 }

    public static var erased: AnyOperation {
        AnyOperation(Self.self) { input, call async throws(ServiceError) in
            let body = input.structure.payloadStream
            defer { body.stop() }
            var upload = try await begin(input, call)
            do throws(ServiceError) {
                while let bytes = try await body.next() { try await upload.receive(bytes) }
                let received = try await upload.finish(trailers: body.trailers)
                let done = upload
                return .write { (records) throws(ServiceError) in
                    try handle(input, received, call, records).structure
                } undo: {
                    await done.discard()
                }
            } catch {
                await upload.discard()
                throw error
            }
        }
    }
}

extension Structure {
    /// The body that comes as a stream; an empty one where the request has none.
    fileprivate var payloadStream: BodyStream {
        guard let payload = shape.payload, let value = self[member: payload], let stream = BodyStream(value) else {
            return .absent
        }
        return stream
    }
}
