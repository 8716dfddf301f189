import NIOCore
import NIOExtras
import NIOPosix
import Synchronization

/// A port that is listened on.
struct Door: Sendable {
    let channel: any Channel
    let port: Int
    /// The address, in numbers.
    var address: String? { channel.localAddress?.ipAddress }
    /// Whether it is for HTTPS.
    let isSecure: Bool
    /// `TCP_NOTSENT_LOWAT`: how much of what a client has yet to take is in the kernel, in bytes. Without, that may be
    /// some megabytes for each connection, and nobody sees for a long time whether a client takes anything.
    private static let mostUnsent: NIOBSDSocket.Option = {
        #if canImport(Darwin)
            NIOBSDSocket.Option(rawValue: 0x201)
        #else
            NIOBSDSocket.Option(rawValue: 25)
        #endif
    }()
    private let quiescing: ServerQuiescingHelper

    /// Begins to listen.
    /// - Parameter setUp: of each connection, with the port; throws when it is not to be, so that it is closed.
    static func open(
        _ address: String, _ port: Int, isSecure: Bool,
        _ setUp: @escaping @Sendable (_ channel: any Channel, _ port: Int) throws -> Void
    ) async throws(WebFront.ListenProblem) -> Door {
        let group = MultiThreadedEventLoopGroup.singleton
        let quiescing = ServerQuiescingHelper(group: group)
        do {
            let server = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.tcpOption(Self.mostUnsent), value: 131_072)
                // More reads at a time would find nothing most times, each by a call of the system.
                .childChannelOption(.maxMessagesPerRead, value: 1)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            quiescing.makeServerChannelHandler(channel: channel))
                    }
                }
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try setUp(channel, channel.localAddress?.port ?? port) }
                }
                .bind(host: address, port: port).get()
            return Door(
                channel: server, port: server.localAddress?.port ?? port, isSecure: isSecure, quiescing: quiescing)
        } catch {
            throw WebFront.ListenProblem(port: port, isSecure: isSecure, cause: error)
        }
    }

    /// Takes no more connections, and has those that are open end with their requests.
    func close() { quiescing.initiateShutdown(promise: nil) }
}

extension WebFront {
    /// Why a port can't be listened on.
    public struct ListenProblem: Error, Sendable {
        /// The port that was to be listened on.
        public let port: Int
        /// Whether it is that for HTTPS.
        public let isSecure: Bool
        /// What the system said.
        public let cause: any Error
    }
}
