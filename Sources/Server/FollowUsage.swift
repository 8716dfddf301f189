import Ledger
import Platform
import ServiceLifecycle

/// Takes in what was called at other nodes, for the sake of last-used data: at most once a second, and only when there
/// is something new.
struct FollowUsage: ServiceLifecycle.Service {
    let environment: Environment
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(_ environment: Environment) {
        self.environment = environment
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Tells of a commit, of any node.
    func committed(_ work: CommittedWork) {
        if work.hasEvents { wake.yield() }
    }

    func run() async throws {
        await withGracefulShutdownHandler {
            for await _ in wakes {
                // What can't be read now is read with what comes next.
                _ = try? await environment.usage.follow(environment.ledger)
                try? await Task.sleep(for: .seconds(1))
            }
        } onGracefulShutdown: {
            wake.finish()
        }
    }
}
