import Synchronization
public import Wire

/// Work that is done once for all who ask for it while it is being done.
public final class SingleFlight<Key: Hashable & Sendable>: Sendable {
    private let running = Mutex<[Key: Task<Result<Void, ServiceError>, Never>]>([:])

    /// Nothing is being done yet.
    public init() {}

    /// Does the work, or waits for who is doing it already.
    /// - Parameter key: what the work is for.
    /// - Throws: what `body` throws, to all who wait.
    public func run(
        _ key: Key, _ body: @escaping @Sendable () async throws(ServiceError) -> Void
    ) async throws(ServiceError) {
        let task = running.withLock { running in
            if let task = running[key] { return task }
            // Whoever asked first may go away; the others still wait.
            let task = Task { () -> Result<Void, ServiceError> in
                let result: Result<Void, ServiceError>
                do throws(ServiceError) { result = .success(try await body()) } catch { result = .failure(error) }
                self.running.withLock { $0[key] = nil }
                return result
            }
            running[key] = task
            return task
        }
        try await task.value.get()
    }
}
