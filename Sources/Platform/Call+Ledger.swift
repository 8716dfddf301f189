import Ledger
public import Wire

// For what an operation has to know or to keep outside the one transaction of its `handle`.
extension Call {
    /// Reads the service's records of the caller's account: for an `access` or a `prepare` that has to know something.
    public func read<T: Sendable>(
        _ body: @escaping @Sendable (Records) throws(ServiceError) -> T
    ) async throws(ServiceError) -> T {
        try await environment.read(scope, body)
    }

    /// Changes the service's records of the caller's account in a transaction of its own: it stays even if the
    /// operation fails afterwards, such as the mark of a one-time code that has been used. The call's event is recorded
    /// as durably as the change.
    public func keep<T: Sendable>(
        _ body: @escaping @Sendable (MutableRecords) throws(ServiceError) -> T
    ) async throws(ServiceError) -> T {
        recordDurably()
        return try await environment.write(scope, requestID: requestID, body)
    }
}
