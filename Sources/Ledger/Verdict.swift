/// How a write ends: the result of the closure of ``Ledger/write(requestID:_:)``.
///
/// A throw undoes everything as `rollback` does. Roll back where the caller is to be told something that is not an
/// error of the ledger, such as that a name is taken.
public enum Verdict<Result: Sendable>: Sendable {
    /// Keep the changes, and answer when they are on disk.
    case commit(Result)
    /// Undo the changes of this transaction, its events included, and answer all the same.
    case rollback(Result)
}

/// A write that waits for its turn, and the task that waits for it.
///
/// The result is kept here, and the continuation carries nothing: what is generic has to look up its types each time that it
/// is copied or called, and this is done for every write.
///
/// It can be sent: until the task goes on, it is used on the database's queue alone.
class PendingWrite: @unchecked Sendable {
    let requestID: String
    private var continuation: CheckedContinuation<Void, Never>?
    private var followUps: [@Sendable () -> Void] = []
    private var failure: LedgerError?

    init(requestID: String) {
        self.requestID = requestID
    }

    /// Has the writer run it.
    /// - Throws: what its body has thrown, or why nothing came of it.
    final func finish(in writer: Writer) async throws(LedgerError) {
        await withCheckedContinuation { continuation in
            self.continuation = continuation
            writer.enqueue(self)
        }
        if let failure { throw failure }
    }

    /// Runs the body, and keeps its result.
    /// - Returns: whether its changes are to be kept.
    func runBody(_ transaction: Transaction) throws(LedgerError) -> Bool { false }

    // MARK: For the writer

    /// Runs the write, from the beginning if it has been run before. The writer then settles it, when it is known whether the
    /// batch was committed.
    /// - Returns: whether its changes are to be kept.
    final func run(_ transaction: Transaction) -> Bool {
        failure = nil
        defer { followUps = transaction.followUps }
        do throws(LedgerError) {
            let commits = try runBody(transaction)
            if let failure = transaction.failure { throw failure }
            return commits
        } catch {
            failure = error
            return false
        }
    }

    /// Says what has become of the batch, and does what was to be done then. The task still waits.
    /// - Parameter error: what kept the batch from being committed.
    final func settle(_ error: LedgerError?) {
        if let error { failure = error }
        for followUp in followUps { followUp() }
        followUps = []
    }

    /// Lets the task go on, once.
    final func resume() {
        continuation?.resume()
        continuation = nil
    }

    /// Lets the tasks go on that wait for writes.
    ///
    /// Each would wake a thread of the pool, which where there are few processors takes this one's at once and sleeps again
    /// after each task. So one of the pool is woken for all of them.
    static func resume(_ writes: [PendingWrite]) {
        guard writes.count > 1 else {
            writes.first?.resume()
            return
        }
        Task.detached { for write in writes { write.resume() } }
    }
}

/// A write of one result type.
final class WaitingWrite<Result: Sendable>: PendingWrite, @unchecked Sendable {
    private let body: @Sendable (Transaction) throws(LedgerError) -> Verdict<Result>
    private var result: Result?

    init(requestID: String, body: @escaping @Sendable (Transaction) throws(LedgerError) -> Verdict<Result>) {
        self.body = body
        super.init(requestID: requestID)
    }

    override func runBody(_ transaction: Transaction) throws(LedgerError) -> Bool {
        switch try body(transaction) {
        case .commit(let result):
            self.result = result
            return true
        case .rollback(let result):
            self.result = result
            return false
        }
    }

    /// What the body has decided on.
    /// - Throws: as ``finish(in:)``.
    func result(by writer: Writer) async throws(LedgerError) -> Result {
        try await finish(in: writer)
        guard let result else { throw LedgerError(.closed, "The ledger was closed before it ran a write.") }
        return result
    }
}
