public import Logging
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
public import ServiceLifecycle

/// Takes requests from the network and hands them to the edge: the first step of a request's way, and the last.
///
/// Clients that are slow, idle, too many or too talkative can't hold it: there are limits on connections, headers,
/// bodies and time.
public struct Listener: Service {
    public struct Limits: Sendable {
        /// Bytes of a request's headers together.
        public var headers = 32 * 1024
        public var connections = 1024
        public var connectionsPerAddress = 512
        /// Seconds that a request may take to arrive whole.
        public var requestSeconds: Int64 = 20
        /// Seconds that a connection may be without a request.
        public var idleSeconds: Int64 = 60

        public init() {}
    }

    private let address: String
    private let port: Int
    private let limits: Limits
    private let log: Logger
    private let edge: Edge
    private let onListening: @Sendable (Int) async -> Void

    /// - Parameter onListening: called once with the port that is listened on.
    public init(
        address: String, port: Int, limits: Limits = Limits(), log: Logger, edge: Edge,
        onListening: @escaping @Sendable (Int) async -> Void
    ) {
        self.address = address
        self.port = port
        self.limits = limits
        self.log = log
        self.edge = edge
        self.onListening = onListening
    }

    /// Serves until it is told to stop; then it lets the requests that have begun finish.
    public func run() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let quiescing = ServerQuiescingHelper(group: group)
        let connections = Connections(limits, log: log)
        let (limits, edge) = (limits, edge)
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Self.setUp(channel, connections, limits, edge)
                }
            }
            .bind(host: address, port: port).get()
        let port = server.localAddress?.port ?? port
        log.info("listening on \(address):\(port)")
        let isDone = server.eventLoop.makePromise(of: Void.self)
        try await withGracefulShutdownHandler {
            await onListening(port)
            try await isDone.futureResult.get()
        } onGracefulShutdown: {
            quiescing.initiateShutdown(promise: isDone)
        }
    }

    /// - Throws: when there is no room for another connection, so that it is closed.
    private static func setUp(
        _ channel: any Channel, _ connections: Connections, _ limits: Limits, _ edge: Edge
    ) throws {
        // A client that has left already has no address. It is unknown who it was, so nothing may be decided by it.
        guard let address = sourceIP(channel), let connection = connections.admit(channel, from: address) else {
            throw ChannelError.ioOnClosedChannel
        }
        var headerLimits = NIOHTTPDecoderLimitConfiguration()
        headerLimits.maxHeaderListSize = limits.headers
        headerLimits.maxHeaderFieldSize = limits.headers
        headerLimits.maxHeaderFieldCount = 200
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(RequestDeadline(connection, limits))
        // One request at a time reaches the handler, and answers go out in the order of the requests.
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: true, withErrorHandling: false, withOutboundHeaderValidation: false,
            withEncoderConfiguration: .init(), withDecoderLimitConfiguration: headerLimits)
        try pipeline.addHandler(RequestHandler(connection, limits, edge))
    }

    /// The client's address; an IPv4 address in its own form, even on an IPv6 socket.
    private static func sourceIP(_ channel: any Channel) -> String? {
        guard let address = channel.remoteAddress?.ipAddress else { return nil }
        let mapped = "::ffff:"
        return address.hasPrefix(mapped) && address.contains(".") ? String(address.dropFirst(mapped.count)) : address
    }
}
