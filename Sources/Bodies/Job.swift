import CMalloc
import NIOPosix
import Synchronization

/// Work that blocks, on a thread of its own: file calls, and the sealing and opening of what they write and read.
///
/// It begins at once, and whoever wants its result may wait for it later: so a body is read ahead, and written behind.
final class Job<Value: Sendable>: Sendable {
    private enum State {
        case running
        case awaited(CheckedContinuation<Result<Value, BodyError>, Never>)
        case done(Result<Value, BodyError>)
    }

    private let state = Mutex(State.running)

    init(_ work: @escaping @Sendable () throws(BodyError) -> Value) {
        jobThreads.submit { _ in self.finish(Result(catching: work)) }
    }

    /// The result, once it is there. One at a time may wait for it.
    var value: Value {
        get async throws(BodyError) {
            try await withCheckedContinuation { waiter in
                let result = state.withLock { state -> Result<Value, BodyError>? in
                    if case .done(let result) = state { return result }
                    state = .awaited(waiter)
                    return nil
                }
                if let result { waiter.resume(returning: result) }
            }.get()
        }
    }

    private func finish(_ result: Result<Value, BodyError>) {
        let waiter = state.withLock { state -> CheckedContinuation<Result<Value, BodyError>, Never>? in
            defer { state = .done(result) }
            if case .awaited(let waiter) = state { return waiter }
            return nil
        }
        waiter?.resume(returning: result)
    }
}

/// The threads of all jobs, which live as long as the process. Most of the time they wait for a disk: there are enough
/// of them that a file system can write the journal once for many files that are synced at the same time.
private let jobThreads = {
    // By default, memory of a chunk's size goes back to the system when it is released, and comes back page by page:
    // reading takes nearly twice as long.
    cmalloc_keep(4 << 20, 8 << 20)
    let threads = NIOThreadPool(numberOfThreads: 16)
    threads.start()
    return threads
}()
