import Ledger
public import Logging
public import Platform
public import ServiceLifecycle

/// What has to be done from time to time: events older than 90 days leave the history.
public struct Housekeeping: ServiceLifecycle.Service {
    private static let historySeconds = 90.0 * 24 * 3600

    private let environment: Environment
    private let log: Logger

    public init(_ environment: Environment, log: Logger) {
        self.environment = environment
        self.log = log
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat {
                do {
                    let end = environment.now() - Self.historySeconds
                    try await environment.ledger.purgeEvents(before: Int64(end * 1000))
                } catch {
                    log.error("old events could not be deleted", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: .seconds(3600))
            } while !Task.isCancelled
        }
    }
}
