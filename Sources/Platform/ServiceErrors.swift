public import Ledger
public import Wire

/// The errors that every service shares.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>
extension ServiceError {
    public static var internalFailure: ServiceError {
        ServiceError(
            "InternalFailure",
            "The request processing has failed because of an unknown error, exception or failure.", status: 500)
    }

    /// What Gatehouse does not have yet says so. The status is not one that clients try again on.
    public static func notImplemented(_ message: String) -> ServiceError {
        ServiceError("NotImplemented", message, status: 501, fault: .sender)
    }

    public static func accessDenied(_ message: String) -> ServiceError {
        ServiceError("AccessDenied", message, status: 403)
    }

    public static func validation(_ message: String) -> ServiceError {
        ServiceError("ValidationError", message, status: 400)
    }

    /// A ledger that can't answer is not the client's doing; what is wrong with it goes into the log: see ``logText``.
    public init(_ error: LedgerError) {
        self = .internalFailure
        cause = "\(error)"
    }

    /// What the log is told of a fault: what the client is told, and the cause.
    public var logText: String { "\(code): \(message)" + (cause.map { " \($0)" } ?? "") }
}
