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

/// A write that waits for its turn, whatever its result.
protocol PendingWrite: Sendable {
    var requestID: String { get }
    /// Runs the write's body. The caller then settles it, when it is known whether the batch was committed.
    func run(_ transaction: Transaction) -> RanWrite
    /// Answers a write that never ran.
    func fail(_ error: LedgerError)
}

/// A write whose body has run, and that waits for its batch to be committed.
struct RanWrite {
    var commits: Bool
    /// Answers the caller: with the result of the body, or with the error that kept the batch from being committed.
    var settle: (LedgerError?) -> Void
}

/// A write of one result type, and the task that waits for it.
struct WaitingWrite<Result: Sendable>: PendingWrite {
    let requestID: String
    let body: @Sendable (Transaction) throws(LedgerError) -> Verdict<Result>
    let continuation: CheckedContinuation<Swift.Result<Result, LedgerError>, Never>

    func run(_ transaction: Transaction) -> RanWrite {
        let commits: Bool
        let answer: Swift.Result<Result, LedgerError>
        do throws(LedgerError) {
            let verdict = try body(transaction)
            if let failure = transaction.failure { throw failure }
            switch verdict {
            case .commit(let result): (commits, answer) = (true, .success(result))
            case .rollback(let result): (commits, answer) = (false, .success(result))
            }
        } catch {
            (commits, answer) = (false, .failure(error))
        }
        let (continuation, followUps) = (continuation, transaction.followUps)
        return RanWrite(commits: commits) { error in
            for followUp in followUps { followUp() }
            continuation.resume(returning: error.map { .failure($0) } ?? answer)
        }
    }

    func fail(_ error: LedgerError) {
        continuation.resume(returning: .failure(error))
    }
}
