import Platform
import ServiceLifecycle
import TransportSecurity
import UnixSignals

/// Reads the operator's certificate again when its files change, and on SIGHUP.
struct CertificateReload: ServiceLifecycle.Service {
    let files: CertificateFiles
    let clock: Clock

    /// Files are looked at, and not watched: that works on every file system, also through links and mounted secrets.
    private static let interval = Duration.seconds(5)

    func run() async throws {
        let (files, clock) = (files, clock)
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) {
                        files.reload(always: true, at: clock.realTime)
                    }
                }
                group.addTask {
                    while (try? await Task.sleep(for: Self.interval)) != nil {
                        files.reload(always: false, at: clock.realTime)
                    }
                }
            }
        }
    }
}
