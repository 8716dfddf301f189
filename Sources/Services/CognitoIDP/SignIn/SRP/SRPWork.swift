import CognitoIDPAPI
import Dispatch
import FoundationEssentials
import Platform
import Synchronization
import Wire

/// Where exponentiations are done: each takes about a millisecond, which no request's thread should wait for. There are as many
/// threads for it as processors.
final class SRPWork: Sendable {
    static let shared = SRPWork()

    /// How many may wait, so that all are answered within a second or two.
    private static let most = 512
    private let queues: [DispatchQueue]
    private let state = Mutex((waiting: 0, next: 0))

    private init() {
        queues = (0..<max(1, ProcessInfo.processInfo.activeProcessorCount)).map {
            DispatchQueue(label: "gatehouse.srp.\($0)")
        }
    }

    /// - Throws: TooManyRequestsException when too many wait; InternalErrorException where the body gives nil, which is when
    ///   there is no memory.
    func run<T: Sendable>(_ body: @escaping @Sendable () -> T?) async throws(ServiceError) -> T {
        let queue: DispatchQueue? = state.withLock { state in
            guard state.waiting < Self.most else { return nil }
            state.waiting += 1
            state.next = (state.next + 1) % queues.count
            return queues[state.next]
        }
        guard let queue else { throw .cognito(.tooManyRequestsException, "Rate exceeded") }
        let result: T? = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
        state.withLock { $0.waiting -= 1 }
        guard let result else { throw .cognito(.internalErrorException, "Something went wrong") }
        return result
    }
}
