import Synchronization

/// Work that goes on after its request is answered, such as a report in the making. Each piece has a name, and runs once
/// at a time.
public final class BackgroundTasks: Sendable {
    private struct State {
        var running: [String: Task<Void, Never>] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    public init() {}

    /// Starts a piece of work, unless one of that name is running or all has been told to end.
    public func start(_ name: String, _ work: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            guard !state.isClosed, state.running[name] == nil else { return }
            state.running[name] = Task(priority: .utility) {
                await work()
                self.state.withLock { $0.running[name] = nil }
            }
        }
    }

    /// Whether a piece of work of that name is running.
    public func isRunning(_ name: String) -> Bool {
        state.withLock { $0.running[name] != nil }
    }

    /// Waits for what is running.
    public func settle() async {
        for task in state.withLock({ Array($0.running.values) }) { await task.value }
    }

    /// Starts nothing any more, and waits for what is running.
    public func finish() async {
        state.withLock { $0.isClosed = true }
        await settle()
    }
}
