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
///
/// With PROBE_CA_FILE it speaks HTTPS too, on a free port, and leaves its authority's certificate in that file.
/// PROBE_PATIENCE is how many seconds it waits for a request or for bytes that are to come.
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
        let authority = ProcessInfo.processInfo.environment["PROBE_CA_FILE"]
        if authority != nil { configuration.tls = .localAuthority(names: []) }
        configuration.modules += [.vault, .courier, .depot] + ServiceModule.shapes
        var log = Logger(label: "probe") { StreamLogHandler.standardError(label: $0) }
        log.logLevel = .error
        let doors = try await Listener.Doors(
            address: "127.0.0.1", port: port, securePort: authority == nil ? nil : 0)
        let gatehouse = try await Gatehouse(configuration, log: log)
        if let authority { try gatehouse.localAuthority?.write(toFile: authority, atomically: true, encoding: .utf8) }
        var limits = Listener.Limits()
        if let patience = ProcessInfo.processInfo.environment["PROBE_PATIENCE"].flatMap({ Int64($0) }) {
            (limits.requestSeconds, limits.idleSeconds) = (patience, patience)
        }
        let listener = Listener(doors, tls: gatehouse.tls, limits: limits, log: log, edge: gatehouse.edge) { ports in
            if let https = ports.https { print("with TLS on https://localhost:\(https)") }
            print("Gatehouse listens on http://127.0.0.1:\(ports.http)")
            fflush(nil)
        }
        let group = ServiceGroup(
            configuration: .init(
                services: gatehouse.services + [.init(service: listener, serviceName: "listener")],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: log))
        try await group.run()
        await gatehouse.close()
    }
}
