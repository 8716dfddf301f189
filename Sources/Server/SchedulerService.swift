import Platform
import ServiceLifecycle

/// The scheduler, run beside the listener.
struct SchedulerService: ServiceLifecycle.Service {
    let scheduler: Scheduler

    func run() async throws {
        await withGracefulShutdownHandler {
            await scheduler.run()
        } onGracefulShutdown: {
            scheduler.stop()
        }
    }
}
