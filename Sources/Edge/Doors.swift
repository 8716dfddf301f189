import NIOCore
import NIOExtras
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

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
    private let begin = NIODeadline.now()

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
                    guard let opening = entrance.opening.withLock({ $0 }) else {
                        return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
                    }
                    return opening.admit(channel)
                }
                .bind(host: address, port: port).get()
        } catch {
            throw ListenError(address: address, port: port, cause: error)
        }
        self.port = channel.localAddress?.port ?? port
        self.quiescing = quiescing
        self.entrance = entrance
    }

    /// Lets clients in, those who wait first. Those who waited in vain, and have left, are not answered.
    /// - Parameter setUp: of each connection; throws when it is not to be, so that it is closed.
    func letIn(_ setUp: @escaping @Sendable (any Channel) throws -> Void) async throws {
        let opening = Opening(after: NIODeadline.now() - begin, setUp)
        entrance.opening.withLock { $0 = opening }
        try await channel.setOption(.autoRead, value: true).get()
    }
}

/// nil in it: nobody is let in.
private final class Entrance: Sendable {
    let opening = Mutex<Opening?>(nil)
}

/// Since when clients are let in, and how.
private struct Opening: Sendable {
    private let time = NIODeadline.now()
    private let setUp: @Sendable (any Channel) throws -> Void
    private let isLate: Bool
    /// Longer than any client that half-closes takes for a request, and shorter than SDKs wait for an answer.
    private static let patience = TimeAmount.seconds(1)

    /// - Parameter wait: for how long clients could connect, and were not let in.
    init(after wait: TimeAmount, _ setUp: @escaping @Sendable (any Channel) throws -> Void) {
        self.setUp = setUp
        isLate = wait > Self.patience
    }

    /// Makes a connection ready, or refuses it.
    ///
    /// A client that gave up has closed its side and asked again, perhaps several times: what it asked at first must not be done as
    /// well. One that has just half-closed its side looks the same, but not for so long.
    func admit(_ channel: any Channel) -> EventLoopFuture<Void> {
        #if os(Linux)
            if isLate, let options = channel as? any SocketOptionProvider {
                return options.getTCPInfo().flatMapThrowing { info in
                    let silence = TimeAmount.milliseconds(Int64(info.tcpi_last_data_recv))
                    let wait = silence - (NIODeadline.now() - time)
                    guard Int(info.tcpi_state) == TCP_ESTABLISHED || wait < Self.patience else {
                        throw ChannelError.ioOnClosedChannel
                    }
                    try setUp(channel)
                }
            }
        #endif
        return channel.eventLoop.makeCompletedFuture { try setUp(channel) }
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
