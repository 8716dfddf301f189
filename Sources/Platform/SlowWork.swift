import Dispatch
import Synchronization
public import Wire

/// What no event loop may wait for is done here, one after another, on a thread of its own.
public final class SlowWork: Sendable {
    /// Asking the hardware token, which takes one call after another itself.
    public static let token = SlowWork("gatehouse.token")

    /// For whom it is done. Each has places of its own, so that nobody keeps all others out for long.
    public enum Share: Sendable {
        /// Whoever has a permission for it.
        case permitted
        /// Anybody: no permission is needed to ask.
        case anybody

        /// How many may wait.
        var most: Int {
            switch self {
            case .permitted: 64
            case .anybody: 4
            }
        }
    }

    private let queue: DispatchQueue
    private let waiting = Mutex<[Share: Int]>([:])

    /// - Parameter label: of the thread, for whoever looks at the process.
    public init(_ label: String) { queue = DispatchQueue(label: label) }

    /// Takes a place.
    /// - Returns: whether there was one; then it has to be given back.
    func enter(_ share: Share) -> Bool {
        waiting.withLock { waiting in
            let count = waiting[share, default: 0]
            guard count < share.most else { return false }
            waiting[share] = count + 1
            return true
        }
    }

    func leave(_ share: Share) { waiting.withLock { $0[share, default: 1] -= 1 } }

    /// Does some work when all has been done that was asked for earlier.
    /// - Parameter share: for whom.
    /// - Returns: what came of it.
    /// - Throws: ThrottlingException when too many wait already.
    public func run<T: Sendable, Failure: Error>(
        for share: Share = .permitted, _ body: @escaping @Sendable () throws(Failure) -> T
    ) async throws(ServiceError) -> Result<T, Failure> {
        guard enter(share) else { throw ServiceError("ThrottlingException", "Rate exceeded") }
        let result: Result<T, Failure> = await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(returning: Result { () throws(Failure) in try body() })
            }
        }
        leave(share)
        return result
    }
}
