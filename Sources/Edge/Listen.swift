public import Intake
public import Logging
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL
import Platform
public import ServiceLifecycle
public import TransportSecurity

/// Takes requests from the network and hands them to the edge: the first step of a request's way, and the last.
///
/// Clients that are slow, idle, too many or too talkative can't hold it: there are limits on connections, headers,
/// bodies and time.
public struct Listener: Service {
    /// Limits on what clients can use up.
    public typealias Limits = ConnectionLimits

    /// Where HTTPS is spoken, and with which certificate.
    public struct Secure: Sendable {
        let port: Int
        let tls: ServerTLS

        /// - Parameter tls: which has a certificate by the time that the listener runs.
        public init(port: Int, tls: ServerTLS) {
            self.port = port
            self.tls = tls
        }
    }

    /// The ports that are listened on.
    public struct Ports: Sendable {
        /// The port for plain HTTP, as the system assigned it if 0 was asked for.
        public let http: Int
        /// nil: HTTPS is not spoken.
        public let https: Int?
    }

    private let address: String
    private let port: Int
    private let secure: Secure?
    private let limits: Limits
    private let log: Logger
    private let edge: Edge
    private let onListening: @Sendable (Ports) async -> Void

    /// - Parameters:
    ///   - port: for HTTP.
    ///   - secure: for HTTPS; nil: it is not spoken.
    ///   - onListening: called once with the ports that are listened on.
    public init(
        address: String, port: Int, secure: Secure? = nil, limits: Limits = Limits(), log: Logger, edge: Edge,
        onListening: @escaping @Sendable (Ports) async -> Void
    ) {
        self.address = address
        self.port = port
        self.secure = secure
        self.limits = limits
        self.log = log
        self.edge = edge
        self.onListening = onListening
    }

    /// Serves until it is told to stop; then it lets the requests that have begun finish.
    /// - Throws: ``ListenError`` when a port can't be listened on.
    public func run() async throws {
        // The limits hold for both ports together.
        let connections = Connections(limits, log: log)
        let http = try await open(port) { [limits, edge] channel in
            try Self.setUp(channel, connections, limits, edge)
        }
        var doors = [http]
        if let secure {
            do throws(ListenError) {
                doors.append(
                    try await open(secure.port) { [limits, edge] channel in
                        try Self.setUp(channel, secure.tls, connections, limits, edge)
                    })
            } catch {
                try? await http.channel.close()
                throw error
            }
        }
        let ports = Ports(http: http.port, https: doors.dropFirst().first?.port)
        log.info("listening on \(address):\(ports.http)")
        if let port = ports.https { log.info("listening on \(address):\(port), with TLS") }
        let ends = doors.map { (quiescing: $0.quiescing, isDone: $0.channel.eventLoop.makePromise(of: Void.self)) }
        try await withGracefulShutdownHandler {
            await onListening(ports)
            for end in ends { try await end.isDone.futureResult.get() }
        } onGracefulShutdown: { [edge] in
            edge.environment.ending.begin()
            for end in ends { end.quiescing.initiateShutdown(promise: end.isDone) }
        }
    }

    /// A port that is listened on.
    private struct Door {
        let channel: any Channel
        let port: Int
        let quiescing: ServerQuiescingHelper
    }

    /// - Parameter setUp: of each connection; throws when it is not to be, so that it is closed.
    private func open(
        _ port: Int, setUp: @escaping @Sendable (any Channel) throws -> Void
    ) async throws(ListenError) -> Door {
        let group = MultiThreadedEventLoopGroup.singleton
        let quiescing = ServerQuiescingHelper(group: group)
        do {
            let server = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 256)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            quiescing.makeServerChannelHandler(channel: channel))
                    }
                }
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try setUp(channel) }
                }
                .bind(host: address, port: port).get()
            return Door(
                channel: server, port: server.localAddress?.port ?? port, quiescing: quiescing)
        } catch {
            throw ListenError(address: address, port: port, cause: error)
        }
    }

    // MARK: A connection

    /// - Throws: when there is no room for another connection, so that it is closed.
    private static func setUp(
        _ channel: any Channel, _ connections: Connections, _ limits: Limits, _ edge: Edge
    ) throws {
        let connection = try admit(channel, connections)
        try addHTTP1(to: channel.pipeline.syncOperations, connection, limits, edge, tls: nil)
    }

    /// As the other, of a connection that is encrypted.
    private static func setUp(
        _ channel: any Channel, _ tls: ServerTLS, _ connections: Connections, _ limits: Limits, _ edge: Edge
    ) throws {
        guard let context = tls.context else { throw ChannelError.ioOnClosedChannel }
        let connection = try admit(channel, connections)
        let pipeline = channel.pipeline.syncOperations
        let hello = ServerHelloReader()
        try pipeline.addHandlers(PlainRequestRefusal(), hello, NIOSSLServerHandler(context: context))
        try pipeline.addHandler(
            HandshakeEnd(connection, limits, hello) { details, applicationProtocol in
                if applicationProtocol == "h2" {
                    try HTTP2Pipeline.add(to: channel, connection, connections, limits) { stream, own in
                        try stream.pipeline.syncOperations.addHandlers(
                            RequestDeadline(own, limits), HTTP2FramePayloadToHTTP1ServerCodec(),
                            RequestHandler(own, edge, tls: details))
                    }
                } else {
                    try addHTTP1(to: pipeline, connection, limits, edge, tls: details)
                }
            })
    }

    private static func admit(_ channel: any Channel, _ connections: Connections) throws -> Connection {
        // A client that has left already has no address. It is unknown who it was, so nothing may be decided by it.
        guard let address = clientAddress(of: channel), let connection = connections.admit(channel, from: address)
        else {
            throw ChannelError.ioOnClosedChannel
        }
        return connection
    }

    private static func addHTTP1(
        to pipeline: ChannelPipeline.SynchronousOperations, _ connection: Connection, _ limits: Limits, _ edge: Edge,
        tls: TLSDetails?
    ) throws {
        var headerLimits = NIOHTTPDecoderLimitConfiguration()
        headerLimits.maxHeaderListSize = limits.headers
        headerLimits.maxHeaderFieldSize = limits.headers
        headerLimits.maxHeaderFieldCount = 200
        try pipeline.addHandler(RequestDeadline(connection, limits))
        // One request at a time reaches the handler, and answers go out in the order of the requests.
        let encoder = AnswerEncoder()
        try pipeline.addHandlers(
            encoder, ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: headerLimits)),
            HTTPServerPipelineHandler(), RequestHandler(connection, edge, tls: tls, encoder: encoder))
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
