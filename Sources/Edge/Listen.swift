public import Intake
public import Logging
import NIOCore
import NIOHTTP1
import NIOHTTP2
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

    /// The numbers of the ports that are listened on.
    public struct Ports: Sendable {
        /// The port for plain HTTP, as the system assigned it if 0 was asked for.
        public let http: Int
        /// nil: HTTPS is not spoken.
        public let https: Int?
    }

    private let doors: Doors
    private let tls: ServerTLS?
    private let limits: Limits
    private let log: Logger
    private let edge: Edge
    private let onListening: @Sendable (Ports) async -> Void

    /// - Parameters:
    ///   - tls: the certificate for HTTPS, if one of the doors is for that; it is there by the time that the listener runs.
    ///   - onListening: called once, when clients are let in.
    public init(
        _ doors: Doors, tls: ServerTLS? = nil, limits: Limits = Limits(), log: Logger, edge: Edge,
        onListening: @escaping @Sendable (Ports) async -> Void
    ) {
        self.doors = doors
        self.tls = tls
        self.limits = limits
        self.log = log
        self.edge = edge
        self.onListening = onListening
    }

    /// Serves until it is told to stop; then it lets the requests that have begun finish.
    public func run() async throws {
        // The limits hold for both ports together.
        let connections = Connections(limits, log: log)
        try await doors.http.letIn { [limits, edge] channel in
            try Self.setUp(channel, connections, limits, edge)
        }
        log.info("listening on \(doors.address):\(doors.http.port)")
        if let https = doors.https, let tls {
            try await https.letIn { [limits, edge] channel in
                try Self.setUp(channel, tls, connections, limits, edge)
            }
            log.info("listening on \(doors.address):\(https.port), with TLS")
        }
        let ends = [doors.http, doors.https].compactMap(\.self).map { door in
            (quiescing: door.quiescing, isDone: door.channel.eventLoop.makePromise(of: Void.self))
        }
        try await withGracefulShutdownHandler {
            await onListening(doors.ports)
            for end in ends { try await end.isDone.futureResult.get() }
        } onGracefulShutdown: { [edge] in
            edge.environment.ending.begin()
            for end in ends { end.quiescing.initiateShutdown(promise: end.isDone) }
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

    static func admit(_ channel: any Channel, _ connections: Connections) throws -> Connection {
        // A client that has left already has no address. It is unknown who it was, so nothing may be decided by it.
        guard let address = clientAddress(of: channel), let connection = connections.admit(channel, from: address)
        else {
            throw ChannelError.ioOnClosedChannel
        }
        return connection
    }

    /// - Parameter limitsHops: whether answers say how far they may go; see ``HopLimiter``.
    static func addHTTP1(
        to pipeline: ChannelPipeline.SynchronousOperations, _ connection: Connection, _ limits: Limits, _ edge: Edge,
        tls: TLSDetails?, limitsHops: Bool = false
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
            HTTPServerPipelineHandler())
        if limitsHops { try pipeline.addHandler(HopLimiter()) }
        try pipeline.addHandler(RequestHandler(connection, edge, tls: tls, encoder: encoder))
    }
}
