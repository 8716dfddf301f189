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

    private struct State {
        var waiting = 0
        /// Of each account that has any.
        var ofAccounts: [String: Int] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    private init() {
        queues = (0..<max(1, ProcessInfo.processInfo.activeProcessorCount)).map {
            DispatchQueue(label: "gatehouse.srp.\($0)")
        }
    }

    /// How many of an account's may wait at a time: as if one more account came, so that the flood of one leaves room for others.
    static func share(amongAccounts count: Int) -> Int { max(1, most / (count + 1)) }

    /// - Parameter account: whose user it is for.
    /// - Throws: TooManyRequestsException when too many wait; InternalErrorException where the body gives nil, which is when
    ///   there is no memory.
    func run<T: Sendable>(
        for account: String, _ body: @escaping @Sendable () -> T?
    ) async throws(ServiceError) -> T {
        let queue: DispatchQueue? = state.withLock { state in
            let own = state.ofAccounts[account] ?? 0
            let accounts = state.ofAccounts.count + (own == 0 ? 1 : 0)
            guard state.waiting < Self.most, own < Self.share(amongAccounts: accounts) else { return nil }
            state.waiting += 1
            state.ofAccounts[account] = own + 1
            state.next = (state.next + 1) % queues.count
            return queues[state.next]
        }
        guard let queue else { throw .cognito(.tooManyRequestsException, "Rate exceeded") }
        let result: T? = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
        state.withLock { state in
            state.waiting -= 1
            let own = (state.ofAccounts[account] ?? 1) - 1
            state.ofAccounts[account] = own > 0 ? own : nil
        }
        guard let result else { throw .cognito(.internalErrorException, "Something went wrong") }
        return result
    }
}
