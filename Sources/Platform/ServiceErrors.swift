public import Ledger
public import Wire

/// The errors that every service shares.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>
extension ServiceError {
    /// InternalFailure, status 500: something is wrong with Gatehouse, not with the request. What, only the log tells.
    public static var internalFailure: ServiceError {
        ServiceError(
            "InternalFailure",
            "The request processing has failed because of an unknown error, exception or failure.", status: 500)
    }

    /// ServiceUnavailable, status 503: it can be tried again, and clients do.
    public static var serviceUnavailable: ServiceError {
        ServiceError(
            "ServiceUnavailable", "The request has failed due to a temporary failure of the server.", status: 503)
    }

    /// NotImplemented, status 501: Gatehouse does not have that yet. Clients don't retry it.
    public static func notImplemented(_ message: String) -> ServiceError {
        ServiceError("NotImplemented", message, status: 501, fault: .sender)
    }

    /// AccessDenied, status 403. The gate makes it from the policy engine's `Decision`; services have few reasons of
    /// their own.
    public static func accessDenied(_ message: String) -> ServiceError {
        ServiceError("AccessDenied", message, status: 403)
    }

    /// ValidationError, status 400: the input can't be what the operation wants.
    public static func validation(_ message: String) -> ServiceError {
        ServiceError("ValidationError", message, status: 400)
    }

    /// InsufficientStorage, status 507: the disk is full. Clients don't retry it, since nothing changes by itself; AWS, which is
    /// never full, has no such error.
    public static var noRoom: ServiceError {
        ServiceError(
            "InsufficientStorage", "There is no room left on the disk. Ask the operator to make some.", status: 507)
    }

    /// An internal failure, or an unavailable service, or a full disk: a ledger that can't answer is not the client's fault. The
    /// cause goes into the log: see ``logText``.
    public init(_ error: LedgerError) {
        switch error.kind {
        case .unavailable: self = .serviceUnavailable
        case .full: self = .noRoom
        default: self = .internalFailure
        }
        cause = "\(error)"
    }

    /// What the log is told about a fault: what the client is told, and the cause.
    public var logText: String { "\(code): \(message)" + (cause.map { " \($0)" } ?? "") }
}
