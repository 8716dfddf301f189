import Platform
import ServiceLifecycle
import ShieldService

/// Tells the other nodes at the end of each minute what it has brought to the applications behind this one's web front. All do so
/// at the same time, so that their minutes are the same.
struct ReportTraffic: ServiceLifecycle.Service {
    let environment: Environment

    func run() async throws {
        await cancelWhenGracefulShutdown {
            // Minutes are counted from now on.
            await environment.reportTraffic()
            while true {
                let passed = environment.now().truncatingRemainder(dividingBy: 60)
                guard (try? await Task.sleep(for: .seconds(max(0.1, 60.1 - passed)))) != nil else { return }
                await environment.reportTraffic()
            }
        }
    }
}
