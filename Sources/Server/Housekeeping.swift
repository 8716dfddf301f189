import Directory
import Ledger
public import Logging
import OrganizationsService
public import Platform
public import ServiceLifecycle

/// What has to be done from time to time: events older than 90 days leave the history, and what of organizations is
/// over the ledger; last-used data is written into it.
public struct Housekeeping: ServiceLifecycle.Service {
    private static let historySeconds = 90.0 * 24 * 3600
    /// Last-used data is written after so many calls, or seconds. A start after a crash reads the events since.
    private static let checkpointCalls = 50_000
    private static let checkpointSeconds = 900.0

    private let environment: Environment
    private let log: Logger

    public init(_ environment: Environment, log: Logger) {
        self.environment = environment
        self.log = log
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await forgetWhatIsOld() }
                group.addTask { await checkpointUsage() }
            }
        }
    }

    private func forgetWhatIsOld() async {
        repeat {
            do {
                let end = environment.now() - Self.historySeconds
                try await environment.ledger.purgeEvents(before: Int64(end * 1000))
                try await BackgroundWork(environment).forgetWhatIsOver()
            } catch {
                log.error("what is old could not be deleted", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(3600))
        } while !Task.isCancelled
    }

    private func checkpointUsage() async {
        var last = ContinuousClock.now
        repeat {
            try? await Task.sleep(for: .seconds(10))
            let isDue = environment.usage.waiting >= Self.checkpointCalls
            guard isDue || ContinuousClock.now - last >= .seconds(Self.checkpointSeconds) else { continue }
            last = .now
            do {
                try await environment.checkpointUsage()
            } catch {
                log.error("last-used data could not be written", metadata: ["error": "\(error)"])
            }
        } while !Task.isCancelled
    }
}

extension Environment {
    /// Writes the last-used data into the ledger.
    func checkpointUsage() async throws(LedgerError) {
        let directory = directory
        try await usage.checkpoint(into: ledger, time: RequestIDs.milliseconds(now())) { id in
            directory.user(uniqueID: id) != nil || directory.role(uniqueID: id) != nil || directory.account(id) != nil
        } isKey: { id in
            directory.accessKey(id) != nil
        }
    }
}
