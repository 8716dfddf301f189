/// An error as AWS sends it; the one error type of services and protocols.
public struct ServiceError: Error, Sendable, Equatable {
    /// Whose fault an error is; the query protocol states it in `<Type>`.
    public enum Fault: String, Sendable {
        /// The request is wrong: sending it again unchanged will fail again.
        case sender = "Sender"
        /// The service failed: clients may try again.
        case receiver = "Receiver"
    }

    /// `NoSuchEntity`.
    public var code: String
    /// The text for the client; empty when AWS sends none.
    public var message: String
    /// The HTTP status.
    public var status: Int
    /// Whose fault it is, by which clients decide whether to try again.
    public var fault: Fault
    /// Further members of the error's body, by the model's names.
    public var members: [String: Value]
    /// Headers of the answer, for protocols in the REST style.
    public var headers: [String: String] = [:]
    /// What went wrong within, for the log alone: it is never sent, and holds no secret.
    public var cause: String?

    /// Makes an error.
    ///
    /// Without a `fault` it is the sender's for a status below 500, and the receiver's from there on. `members` are the
    /// further members of the error's shape. An error that the model declares is better made from the model, which
    /// knows its status: `IAM.Failure.noSuchEntity("…")`.
    public init(
        _ code: String, _ message: String, status: Int = 400, fault: Fault? = nil, members: [String: Value] = [:]
    ) {
        self.code = code
        self.message = message
        self.status = status
        self.fault = fault ?? (status < 500 ? .sender : .receiver)
        self.members = members
    }
}
