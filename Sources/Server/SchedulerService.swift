import Platform
import ServiceLifecycle

/// The scheduler, run beside the listener.
struct SchedulerService: ServiceLifecycle.Service {
    let scheduler: Scheduler
    /// Whether nothing can be left from before: everything is in memory.
    let isFresh: Bool

    /// Whoever starts a Gatehouse waits for its first answer; what is due at every start can wait for that.
    private static let pause = Duration.milliseconds(100)

    func run() async throws {
        if isFresh { try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.pause) } }
        await withGracefulShutdownHandler {
            await scheduler.run()
        } onGracefulShutdown: {
            scheduler.stop()
        }
    }
}
