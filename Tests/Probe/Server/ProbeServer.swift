import CourierService
import DepotService
import Edge
import Foundation
import Logging
import Platform
import Server
import ServiceLifecycle
import ShapesService
import VaultService

/// A Gatehouse with the tests' own services beside AWS's, in memory or in a directory:
///
///     probe-server PORT ACCOUNT KEY-ID SECRET [DIRECTORY]
@main
struct ProbeServer {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 5, let port = Int(arguments[1]) else {
            FileHandle.standardError.write(Data("probe-server PORT ACCOUNT KEY-ID SECRET [DIRECTORY]\n".utf8))
            exit(2)
        }
        var configuration = Gatehouse.Configuration()
        configuration.accountID = arguments[2]
        configuration.rootAccessKeyID = arguments[3]
        configuration.rootSecretAccessKey = arguments[4]
        configuration.dataDirectory = arguments.count > 5 ? arguments[5] : nil
        configuration.modules += [.vault, .courier, .depot] + ServiceModule.shapes
        var log = Logger(label: "probe") { StreamLogHandler.standardError(label: $0) }
        log.logLevel = .error
        let gatehouse = try await Gatehouse(configuration, log: log)
        let listener = Listener(address: "127.0.0.1", port: port, log: log, edge: gatehouse.edge) { ports in
            print("Gatehouse listens on http://127.0.0.1:\(ports.http)")
            fflush(nil)
        }
        let group = ServiceGroup(
            configuration: .init(
                services: gatehouse.services + [listener], gracefulShutdownSignals: [.sigterm, .sigint], logger: log))
        try await group.run()
        await gatehouse.close()
    }
}
