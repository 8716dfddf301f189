import NIOCore
import NIOExtras
import NIOPosix
import Synchronization

extension Listener {
    /// The ports that a ``Listener`` is to serve, listened on already. Nobody is let in before it runs: clients who come early wait.
    ///
    /// So an occupied port is found while nothing has been done yet, and what else a start takes can be done meanwhile.
    public struct Doors: Sendable {
        let address: String
        let http: Door
        /// nil: HTTPS is not spoken.
        let https: Door?

        /// Which ports these are.
        public var ports: Ports { Ports(http: http.port, https: https?.port) }

        /// Begins to listen.
        /// - Parameters:
        ///   - port: for HTTP; 0 for a free one.
        ///   - securePort: for HTTPS; 0 for a free one, nil where it is not spoken.
        /// - Throws: ``ListenError`` when a port can't be listened on.
        public init(address: String, port: Int, securePort: Int? = nil) async throws(ListenError) {
            self.address = address
            http = try await Door(address, port)
            guard let securePort else {
                https = nil
                return
            }
            do throws(ListenError) {
                https = try await Door(address, securePort)
            } catch {
                try? await http.channel.close()
                throw error
            }
        }
    }
}

/// A port that is listened on.
final class Door: Sendable {
    /// As the system assigned it if 0 was asked for.
    let port: Int
    let channel: any Channel
    let quiescing: ServerQuiescingHelper
    private let entrance: Entrance

    /// What makes a connection ready; nil as long as nobody is let in.
    private final class Entrance: Sendable {
        let setUp = Mutex<(@Sendable (any Channel) throws -> Void)?>(nil)
    }

    init(_ address: String, _ port: Int) async throws(ListenError) {
        let group = MultiThreadedEventLoopGroup.singleton
        let quiescing = ServerQuiescingHelper(group: group)
        let entrance = Entrance()
        do {
            channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.autoRead, value: false)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            quiescing.makeServerChannelHandler(channel: channel))
                    }
                }
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        guard let setUp = entrance.setUp.withLock({ $0 }) else { throw ChannelError.ioOnClosedChannel }
                        try setUp(channel)
                    }
                }
                .bind(host: address, port: port).get()
        } catch {
            throw ListenError(address: address, port: port, cause: error)
        }
        self.port = channel.localAddress?.port ?? port
        self.quiescing = quiescing
        self.entrance = entrance
    }

    /// Lets clients in, those who wait first.
    /// - Parameter setUp: of each connection; throws when it is not to be, so that it is closed.
    func letIn(_ setUp: @escaping @Sendable (any Channel) throws -> Void) async throws {
        entrance.setUp.withLock { $0 = setUp }
        try await channel.setOption(.autoRead, value: true).get()
    }
}

/// Why a port can't be listened on.
public struct ListenError: Error, Sendable, CustomStringConvertible {
    /// The address that was to be listened on.
    public let address: String
    /// The port that was to be listened on.
    public let port: Int
    /// What the system said: an `IOError`, or `SocketAddressError.UnknownHost`.
    public let cause: any Error

    /// What the system said.
    public var description: String { "\(cause)" }
}
