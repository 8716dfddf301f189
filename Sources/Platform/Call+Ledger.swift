import Ledger
public import Wire

// For what an operation has to know or to keep outside the one transaction of its `handle`.
extension Call {
    /// Reads records of the caller's account.
    public func read<T: Sendable>(
        _ body: @escaping @Sendable (Records) throws(ServiceError) -> T
    ) async throws(ServiceError) -> T {
        let scope = scope
        let result: Result<T, ServiceError>
        do throws(LedgerError) {
            result = try await environment.ledger.read {
                (reader) throws(LedgerError) -> Result<T, ServiceError> in
                do throws(ServiceError) {
                    return .success(try body(Records(reader, scope: scope)))
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw ServiceError(error)
        }
        return try result.get()
    }

    /// Changes records of the caller's account in a transaction of its own: what it keeps stays also when the operation
    /// fails afterwards. The call's event is recorded as durably as the change.
    public func keep<T: Sendable>(
        _ body: @escaping @Sendable (MutableRecords) throws(ServiceError) -> T
    ) async throws(ServiceError) -> T {
        recordDurably()
        let scope = scope
        let result: Result<T, ServiceError>
        do throws(LedgerError) {
            result = try await environment.ledger.write(requestID: requestID) {
                (transaction) throws(LedgerError) -> Verdict<Result<T, ServiceError>> in
                do throws(ServiceError) {
                    return .commit(.success(try body(MutableRecords(transaction, scope: scope))))
                } catch {
                    return .rollback(.failure(error))
                }
            }
        } catch {
            throw ServiceError(error)
        }
        return try result.get()
    }
}
