import Dispatch
import Synchronization
public import Wire

/// What no event loop may wait for is done here, one after another, on a thread of its own.
public final class SlowWork: Sendable {
    /// Asking the hardware token, which takes one call after another itself.
    public static let token = SlowWork("gatehouse.token")

    /// How many may wait, so that nobody keeps all others out for long.
    private static let most = 64
    private let queue: DispatchQueue
    private let waiting = Mutex(0)

    /// - Parameter label: of the thread, for whoever looks at the process.
    public init(_ label: String) { queue = DispatchQueue(label: label) }

    /// Does some work when all has been done that was asked for earlier.
    /// - Returns: what came of it.
    /// - Throws: ThrottlingException when too many wait already.
    public func run<T: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> T
    ) async throws(ServiceError) -> Result<T, Failure> {
        let isAdmitted = waiting.withLock { count in
            guard count < Self.most else { return false }
            count += 1
            return true
        }
        guard isAdmitted else { throw ServiceError("ThrottlingException", "Rate exceeded") }
        let result: Result<T, Failure> = await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(returning: Result { () throws(Failure) in try body() })
            }
        }
        waiting.withLock { $0 -= 1 }
        return result
    }
}
