import ArgumentParser
import Edge
import Logging
import Server
import ServiceLifecycle

/// What `make bench` measures against: the same HTTP server, with a fixed answer and nothing checked.
struct BenchBaseline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bench-baseline", shouldDisplay: false)

    @Option var port: Int

    func run() async throws {
        let log = Logger(label: "baseline") { StreamLogHandler.standardError(label: $0) }
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: BaselineListener(port: port, log: log))],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: log))
        try await group.run()
    }
}
