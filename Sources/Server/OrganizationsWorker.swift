import Ledger
import Logging
import OrganizationsService
public import ServiceLifecycle

/// Does what Organizations goes on with after it has answered, as soon as it stands in the ledger; at the start what was
/// left over.
public struct OrganizationsWorker: ServiceLifecycle.Service {
    private let work: BackgroundWork
    private let wakes: AsyncStream<Void>
    private let log: Logger

    init(_ work: BackgroundWork, wakes: AsyncStream<Void>, log: Logger) {
        self.work = work
        self.wakes = wakes
        self.log = log
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await finish()
            for await _ in wakes { await finish() }
        }
    }

    /// Does all that there is to do now.
    public func finish() async {
        while !Task.isCancelled {
            do {
                return try await work.finish()
            } catch {
                log.error("background work failed, and will be tried again", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}
