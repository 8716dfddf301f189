public import Ledger
public import Wire

/// An operation that is implemented: what permission it needs, and what it does.
///
/// A service gives an operation its behaviour by extending the generated model:
///
/// ```swift
/// extension Vault.GetBox: ReadOperation {
///     static public func access(_ input: Input, _ call: Call) -> Authorization { call.access(onBox: input.arn) }
///
///     static public func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
///         let (box, _) = try records.box(input.arn)
///         …
///         return Output {
///             $0.arn = box.arn
///             $0.contents = box.contents
///         }
///     }
/// }
/// ```
///
/// Conform to one of the kinds below, never to this protocol alone. Choose the weakest that will do:
///
/// | Kind | Its `handle` may |
/// |---|---|
/// | ``ComputeOperation`` | answer from the call and what is in memory |
/// | ``ReadOperation`` | read the ledger |
/// | ``WriteOperation`` | change the ledger, in one transaction |
/// | ``PreparedWriteOperation`` | do something slow first, then change the ledger |
/// | ``UploadOperation`` | take a body that is a stream, then change the ledger |
///
/// The gate calls `access` first, asks the policies, and calls `handle` only with a permit. By then the input has been
/// checked against the constraints of the model. Errors are AWS's: `throw IAM.Failure.noSuchEntity("…")`.
public protocol Operation: OperationModel {
    /// What the caller must be allowed to do for this input: action, resource ARN and condition keys, as the
    /// operation's row in the Service Authorization Reference has them.
    ///
    /// It runs before anything is looked up on the caller's behalf, so that a caller without permission doesn't learn
    /// what exists. A throw here refuses the request; so does an empty list.
    ///
    /// AWS: https://docs.aws.amazon.com/service-authorization/latest/reference/
    static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization
    /// CloudTrail's `readOnly`. Each kind of operation has it already.
    static var isReadOnly: Bool { get }
    /// Whether CloudTrail's `responseElements` has the output. It does by default for operations that change something,
    /// and not for those that read.
    static var recordsOutput: Bool { get }
    /// Members of the input and output whose values never reach CloudTrail, in addition to those that the model marks
    /// as sensitive.
    static var secretMembers: Set<String> { get }
    /// The longest body that a request may have, in bytes; 1 MiB unless the operation says more. Where only the body
    /// itself says what operation is asked for, as in the query protocol, it is 1 MiB for all.
    static var bodyLimit: Int { get }
    /// The operation with its types erased, for the gate. Each kind of operation has it already.
    static var erased: AnyOperation { get }
    /// Whether it is an ``UploadOperation``; asked of the type itself, since to search the program for its conformances takes
    /// long for hundreds of operations.
    static var isUpload: Bool { get }
    /// What a ``FederatedOperation`` has; nil for any other.
    static var federation: AnyOperation.Federation? { get }
}

extension Operation {
    public static var secretMembers: Set<String> { [] }
    public static var recordsOutput: Bool { !isReadOnly }
    public static var bodyLimit: Int { AnyOperation.usualBodyLimit }
    public static var isUpload: Bool { false }
    public static var federation: AnyOperation.Federation? { nil }
}

/// An operation that answers from the call alone: from its caller, the directory and the projections, all of which are
/// in memory.
///
/// `sts:GetCallerIdentity` is one. It may wait for something, such as a password to be hashed, but it reads no records;
/// see ``Call/read(_:)`` for the few that have to do both.
public protocol ComputeOperation: Operation {
    /// Answers the request.
    static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output
}

/// An operation that reads the service's records of the caller's account, as one state of the ledger.
public protocol ReadOperation: Operation {
    /// Answers the request. It runs at once, and must not block.
    static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output
}

/// An operation that changes the service's records of the caller's account.
///
/// The change, its journal entry and its event are one transaction; a throw undoes all of it, and the event of the
/// failed call is recorded alone. When the answer is sent, the change is on disk.
public protocol WriteOperation: Operation {
    /// Makes the change, and answers the request. Every other writer waits for it: what is slow belongs into a
    /// ``PreparedWriteOperation``. When a database is lost before it has committed, this is run again: what it does besides
    /// changing records belongs into ``MutableRecords/afterwards(_:)``.
    static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output
}

/// A write that has something slow to do first, such as hashing a password, parsing a document, or asking another
/// service.
///
/// The slow part comes after the permit and before the transaction, so that no other writer waits for it.
///
/// ```swift
/// extension Courier.Deliver: PreparedWriteOperation {
///     …
///     public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> PreparedCall<Vault.PutBox> {
///         let put = Vault.PutBox.Input {
///             $0.arn = input.boxArn
///             $0.contents = input.contents
///         }
///         return try await call.services.prepare(Vault.PutBox.self, put, as: call.courier(inOwnName: input.inOwnName))
///     }
///
///     public static func handle(
///         _ input: Input, _ put: PreparedCall<Vault.PutBox>, _ call: Call, _ records: MutableRecords
///     ) throws(ServiceError) -> Output {
///         let parcel = Parcel(id: call.requestID, boxARN: try put.complete(in: records).arn)
///         try records.put(parcel)
///         …
///         return Output { $0.parcelId = parcel.id }
///     }
/// }
/// ```
public protocol PreparedWriteOperation: Operation {
    /// What ``prepare(_:_:)`` passes on to the transaction.
    associatedtype Preparation: Sendable

    /// Does what is slow. What it reads may have changed by the time of the transaction, which has to check it again.
    static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation
    /// Does the rest, in one transaction. What was prepared may be out of date by now, and has to be checked again.
    /// - Throws: the error for the client; then nothing is changed.
    static func handle(
        _ input: Input, _ preparation: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output
    /// Takes back what ``prepare(_:_:)`` has done elsewhere, such as a grant of KMS. It is told when the transaction was certainly not
    /// committed; what `prepare` itself has begun when it throws is its own to take back. Nothing, unless the operation says otherwise.
    static func undo(_ preparation: Preparation, _ call: Call) async
}

extension PreparedWriteOperation {
    public static func undo(_ preparation: Preparation, _ call: Call) async {}
}

/// A write whose request has a body that is a stream. The body is put aside as it arrives, after the permit, and the
/// transaction is begun only when every byte is there and proved.
///
/// ```swift
/// extension Depot.PutParcel: UploadOperation {
///     static public func access(_ input: Input, _ call: Call) -> Authorization { … }
///
///     static public func begin(_ input: Input, _ call: Call) async throws(ServiceError) -> ParcelUpload {
///         ParcelUpload(…)
///     }
///
///     static public func handle(
///         _ input: Input, _ received: ParcelUpload.Received, _ call: Call, _ records: MutableRecords
///     ) throws(ServiceError) -> Output {
///         try records.put(Parcel(name: input.name, length: received.length, sha256: received.sha256))
///         …
///     }
/// }
/// ```
///
/// The model has to say that the payload is a stream. A service whose requests are signed by the `SigningRules` of S3
/// gets it piece by piece; others sign the body's hash with the head, so that theirs is complete before anything is
/// known to be true.
public protocol UploadOperation: Operation {
    /// The type that stores the body as it arrives, and tells the transaction about it.
    associatedtype Upload: Platform.Upload
    /// Makes a place for the body. Nothing that anybody could see may change yet.
    static func begin(_ input: Input, _ call: Call) async throws(ServiceError) -> Upload
    /// Makes what was received part of the service's state, in one transaction, once every byte is there and proved.
    /// - Throws: the error for the client; then nothing is changed, and the body is discarded.
    static func handle(
        _ input: Input, _ received: Upload.Received, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output
}

/// A body that is put aside as it arrives.
///
/// It is told of every end: either ``finish(trailers:)`` is called and the transaction that follows is committed, or
/// ``discard()``, because the body turned out to be forged or incomplete, the client left, or a step threw. Only a
/// process that dies tells nothing, nor does a ledger that fails, since nobody knows whether the transaction was committed
/// then: what they leave behind is for the service to sweep up.
public protocol Upload: Sendable {
    /// What the transaction is told about the body: its length, its checksums, where it is.
    associatedtype Received: Sendable
    /// Puts the next bytes aside. The client waits meanwhile, so no more than a piece or two is ever in memory.
    mutating func receive(_ bytes: [UInt8]) async throws(ServiceError)
    /// Told when every byte is there and proved.
    /// - Parameter trailers: the fields that followed the body, their names in lower case.
    mutating func finish(trailers: [(name: String, value: String)]) async throws(ServiceError) -> Received
    /// Undoes everything; also after ``finish(trailers:)``.
    func discard() async
}

/// An operation whose callers need no signature: a token within the input proves who they are, as with
/// AssumeRoleWithSAML.
///
/// Conform to it besides one of the kinds above. The model has to say that requests need no signature; one that is
/// there is verified all the same, and has no further meaning.
public protocol FederatedOperation: Operation {
    /// The account in whose history the call is recorded, even when the token is refused: that of the role which is
    /// asked for.
    static func account(_ input: Input) -> String?
    /// The same with the Region, where an operation belongs to the place of something that its request names: a user pool's
    /// app client. Without a Region it is Gatehouse's own. What ``account(_:)`` says, by default.
    static func place(_ input: Input, _ environment: Environment) -> Scope?
    /// Proves who is calling. It runs before the policies are asked; `call` has no caller yet, only that account.
    static func identify(_ input: Input, _ call: Call) async throws(ServiceError) -> Caller
}

/// An operation without its types, as the gate knows it. Services never make one; see ``Operation/erased``.
///
/// There is one of each; requests pass it from step to step, which is why it is a class.
public final class AnyOperation: Sendable {
    /// What an operation is going to do, once what is slow is done: it needs only the ledger, and no more time than a
    /// transaction may take.
    public enum Work: Sendable {
        /// Nothing is left to do: this is the output.
        case done(Structure)
        /// It has to read, in one state of the ledger.
        case read(@Sendable (Records) throws(ServiceError) -> Structure)
        /// `undo` is to be called when the transaction was certainly not committed.
        case write(
            @Sendable (MutableRecords) throws(ServiceError) -> Structure, undo: @Sendable () async -> Void = {})
        /// Another endpoint has done it, and this is its answer.
        case passed(PassedAnswer)
    }

    /// In bytes; see ``Operation/bodyLimit``.
    public static let usualBodyLimit = 1 << 20

    /// The operation's part of the model: its name, and the shapes of input and output.
    public let shape: OperationShape
    /// See ``Operation/isReadOnly``.
    public let isReadOnly: Bool
    /// See ``Operation/recordsOutput``.
    public let recordsOutput: Bool
    /// See ``Operation/secretMembers``.
    public let secretMembers: Set<String>
    /// The longest body that a request may have, in bytes.
    public let bodyLimit: Int
    /// Whether it is an ``UploadOperation``, so that the request's body is taken as it arrives.
    public let isUpload: Bool
    /// See ``Operation/access(_:_:)``.
    public let access: @Sendable (_ input: Structure, _ call: Call) async throws(ServiceError) -> Authorization
    /// nil: the signature tells who calls.
    public let federation: Federation?
    /// Does what is done outside of a transaction, and says what is left.
    public let begin: @Sendable (_ input: Structure, _ call: Call) async throws(ServiceError) -> Work

    /// See ``FederatedOperation``.
    public struct Federation: Sendable {
        /// The account whose event history gets the call, and the Region that it is made in, if the input says which.
        public let place: @Sendable (_ input: Structure, _ environment: Environment) -> Scope?
        /// Finds the caller in what the input proves.
        public let identify: @Sendable (_ input: Structure, _ call: Call) async throws(ServiceError) -> Caller

        fileprivate init<O: FederatedOperation>(_ operation: O.Type) {
            place = { O.place(O.Input($0), $1) }
            identify = { input, call async throws(ServiceError) in try await O.identify(O.Input(input), call) }
        }
    }

    /// Makes an operation that another endpoint does; see ``ServiceModule/isPassedOn``.
    /// - Parameters: see the properties of the same names; `takesStream` is ``isUpload``.
    public init(
        passingOn shape: OperationShape, isReadOnly: Bool, secretMembers: Set<String>, bodyLimit: Int,
        takesStream: Bool,
        access: @escaping @Sendable (_ input: Structure, _ call: Call) async throws(ServiceError) -> Authorization,
        begin: @escaping @Sendable (_ input: Structure, _ call: Call) async throws(ServiceError) -> Work
    ) {
        self.shape = shape
        self.isReadOnly = isReadOnly
        recordsOutput = !isReadOnly
        self.secretMembers = secretMembers
        self.bodyLimit = bodyLimit
        isUpload = takesStream
        self.access = access
        federation = nil
        self.begin = begin
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
        isUpload = O.isUpload
        access = { input, call async throws(ServiceError) in try await O.access(O.Input(input), call) }
        federation = O.federation
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
            } undo: {
                await undo(preparation, call)
            }
        }
    }
}

extension FederatedOperation {
    public static func account(_ input: Input) -> String? { nil }
    public static func place(_ input: Input, _ environment: Environment) -> Scope? {
        account(input).map { Scope(account: $0) }
    }
    public static var federation: AnyOperation.Federation? { AnyOperation.Federation(Self.self) }
}

extension UploadOperation {
    public static var isReadOnly: Bool { false }

    public static var isUpload: Bool { true }

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
