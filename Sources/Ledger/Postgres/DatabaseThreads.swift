import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A few threads that wait for a database, so that nobody else's do: those of tasks and of event loops are as many as
/// there are processors, and the process would stand still with them.
///
/// Work is begun in the order in which it came. With one thread it is also done in that order.
final class DatabaseThreads: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var running = 0
        var idle = 0
        var isClosed = false
    }

    private let most: Int
    private let state = Mutex(State())
    private let work = DispatchSemaphore(value: 0)

    /// - Parameter most: how many threads there are at most. The first is made at once, the others when there is work for
    ///   them: where the system has none left, the work waits for those that there are.
    /// - Throws: `io` when there can't be a single one.
    init(most: Int) throws(LedgerError) {
        self.most = most
        state.withLock { $0.running = 1 }
        try Self.start { self.run() }
    }

    /// Has a thread do something.
    /// - Returns: false when this is closed.
    @discardableResult
    func submit(_ body: @escaping @Sendable () -> Void) -> Bool {
        let (isTaken, isNew) = state.withLock { state in
            guard !state.isClosed else { return (false, false) }
            state.waiting.append(body)
            guard state.idle < state.waiting.count, state.running < most else { return (true, false) }
            state.running += 1
            return (true, true)
        }
        guard isTaken else { return false }
        if isNew {
            do throws(LedgerError) { try Self.start { self.run() } } catch { state.withLock { $0.running -= 1 } }
        }
        work.signal()
        return true
    }

    /// Does what was submitted before, and then ends the threads. It waits for none of that.
    func close() {
        let running = state.withLock { state in
            state.isClosed = true
            return state.running
        }
        for _ in 0..<running { work.signal() }
    }

    /// Does what was submitted before, and waits for it; on a single thread.
    func closeAndWait() {
        let done = DispatchSemaphore(value: 0)
        guard submit({ done.signal() }) else { return }
        done.wait()
        close()
    }

    private func run() {
        while true {
            state.withLock { $0.idle += 1 }
            work.wait()
            let next: (@Sendable () -> Void)? = state.withLock { state in
                state.idle -= 1
                return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
            }
            guard let next else {
                if state.withLock({ $0.isClosed }) { return }
                continue
            }
            next()
        }
    }

    /// Begins a thread that ends with its body.
    /// - Throws: `io` when the system has no more of them.
    static func start(_ body: @escaping @Sendable () -> Void) throws(LedgerError) {
        final class Box {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        let box = Unmanaged.passRetained(Box(body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let code = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        guard code != 0 else { return }
        box.release()
        throw LedgerError(.io, "The ledger can't have another thread: \(String(cString: strerror(code))).")
    }
}
