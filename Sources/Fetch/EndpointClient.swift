import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization
public import Wire

/// A client of one server that is asked again and again: it keeps connections, and bodies pass in both directions as they
/// come, in constant memory.
///
/// The server is not trusted: it has a limited time for each step, its head is limited in size, redirects are answers like any
/// other, and nothing is decompressed. A request is sent once: nobody can know whether one that broke off was done.
public final class EndpointClient: Sendable {
    /// What an exchange may take.
    public struct Limits: Sendable {
        /// For name look-up, connection and handshake.
        public var connection = Duration.seconds(5)
        /// How long the server may be silent while it is its turn.
        public var silence = Duration.seconds(60)
        /// For how long an answer is waited for in all, with the connection: its head, and the rest where that is short. nil: as long
        /// as something of it comes.
        public var answer: Duration?
        /// Bytes of an answer's headers and trailers together.
        public var headers = 64 * 1024
        /// For how long an unused connection is kept. Servers close them, too, after five seconds or more; a request that
        /// crosses with that is lost.
        public var idle = Duration.seconds(3)
        /// How many unused connections are kept for each event loop.
        public var idleConnections = 64

        /// The usual limits.
        public init() {}
    }

    /// A request, with everything that is to be sent but the framing of its body.
    public struct Request: Sendable {
        /// The method, in upper case.
        public var method: String
        /// Path and query.
        public var target: String
        /// With `Host`; without those that say how the body is framed.
        public var headers: [(name: String, value: String)]
        /// What is sent.
        public var body: Body

        /// - Parameters: see the properties.
        public init(_ method: String, _ target: String, headers: [(name: String, value: String)], body: Body) {
            self.method = method
            self.target = target
            self.headers = headers
            self.body = body
        }
    }

    /// A body, whole or on its way.
    public enum Body: Sendable {
        /// All of it.
        case bytes([UInt8])
        /// As it comes. Who does not want the rest calls `stop`.
        case stream(BodyStream)
    }

    /// An answer, of which at least the head has arrived.
    public struct Answer: Sendable {
        /// The HTTP status.
        public let status: Int
        /// As they came.
        public let headers: [(name: String, value: String)]
        /// Whole, where the head says that it is short.
        public let body: Body
    }

    /// Where the server is.
    public let address: WebAddress
    /// nil: any certificate will do.
    private let trust: ServerTrust?
    private let limits: Limits
    private let context: NIOSSLContext?
    /// By event loop: the last one used stands last.
    private let unused = Mutex<[ObjectIdentifier: [Kept]]>([:])

    private struct Kept: Sendable {
        let handler: NIOLoopBound<ExchangeHandler>
        /// It can be closed from any thread.
        let channel: any Channel
    }

    /// Makes a client; it connects when it is used.
    /// - Parameters:
    ///   - address: where the server is; of its path nothing is used.
    ///   - trust: which certificates are accepted, for `https`; nil: any.
    ///   - limits: what an exchange may take.
    /// - Throws: ``FetchError`` when the TLS library can't be set up.
    public init(_ address: WebAddress, trust: ServerTrust?, limits: Limits = Limits()) throws(FetchError) {
        self.address = address
        self.trust = trust
        self.limits = limits
        do {
            context = address.isSecure ? try Fetch.tls() : nil
        } catch {
            throw .unreachable("\(error)")
        }
    }

    deinit {
        for kept in unused.withLock({ $0.values.joined() }) { kept.channel.close(promise: nil) }
    }

    /// Makes a request, and waits for the head of its answer, whatever the status.
    ///
    /// - Throws: ``EndpointError``: there is no answer, or the request's own body could not be read.
    public func send(_ request: Request) async throws(EndpointError) -> Answer {
        let loop = MultiThreadedEventLoopGroup.currentEventLoop ?? MultiThreadedEventLoopGroup.singleton.next()
        return try await withCheckedContinuation { continuation in
            let deadline = limits.answer.map { NIODeadline.now() + TimeAmount($0) }
            let exchange = Exchange(request, until: deadline) { continuation.resume(returning: $0) }
            if loop.inEventLoop {
                begin(exchange, on: loop)
            } else {
                loop.execute { self.begin(exchange, on: loop) }
            }
        }.get()
    }

    private func begin(_ exchange: Exchange, on loop: any EventLoop) {
        if let handler = takeUnused(on: loop) { return handler.begin(exchange) }
        let untrusted = UntrustedMark()
        connect(on: loop, untrusted).whenComplete { result in
            switch result {
            case .success(let handler): handler.value.begin(exchange)
            case .failure(let error):
                exchange.fail(.fetch(untrusted.isSet ? .untrustedCertificate : Self.fetchError(error)))
            }
        }
    }

    /// Whether a handshake ended because of the certificate.
    private final class UntrustedMark: Sendable {
        private let mark = Mutex(false)

        var isSet: Bool { mark.withLock { $0 } }

        func set() { mark.withLock { $0 = true } }
    }

    private func connect(
        on loop: any EventLoop, _ untrusted: UntrustedMark
    ) -> EventLoopFuture<NIOLoopBound<ExchangeHandler>> {
        let (limits, context, trust, host) = (limits, context, trust, address.host)
        let secured = loop.makePromise(of: Void.self)
        let connected = ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(limits.connection))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context {
                        try pipeline.addHandler(
                            Fetch.handshake(context, host) { chain in
                                guard let trust else { return true }
                                let isTrusted = await trust.trusts(chain, host: host)
                                if !isTrusted { untrusted.set() }
                                return isTrusted
                            })
                        try pipeline.addHandler(HandshakeWait(secured))
                    } else {
                        secured.succeed()
                    }
                    var decoder = NIOHTTPDecoderLimitConfiguration()
                    decoder.maxHeaderListSize = limits.headers
                    let writer = RequestWriter()
                    try pipeline.addHandlers(
                        writer, ByteToMessageHandler(HTTPResponseDecoder(limitConfiguration: decoder)),
                        ExchangeHandler(limits, writer))
                }
            }
            .connect(host: address.host, port: address.port)
        connected.whenFailure { secured.fail($0) }
        let deadline = loop.scheduleTask(in: TimeAmount(limits.connection)) { secured.fail(FetchError.tooSlow) }
        return connected.flatMap { channel in
            secured.futureResult.flatMapThrowing {
                deadline.cancel()
                let handler = try channel.pipeline.syncOperations.handler(type: ExchangeHandler.self)
                handler.client = self
                return NIOLoopBound(handler, eventLoop: loop)
            }.flatMapErrorThrowing {
                channel.close(promise: nil)
                throw $0
            }
        }
    }

    private func takeUnused(on loop: any EventLoop) -> ExchangeHandler? {
        while let kept = unused.withLock({ $0[ObjectIdentifier(loop)]?.popLast() }) {
            let handler = kept.handler.value
            if handler.isOpen, !handler.isStale { return handler }
            kept.channel.close(promise: nil)
        }
        return nil
    }

    /// Takes a connection back that is good for another request.
    func keep(_ handler: ExchangeHandler, _ channel: any Channel) {
        let loop = channel.eventLoop
        let kept = Kept(handler: NIOLoopBound(handler, eventLoop: loop), channel: channel)
        let tooMany = unused.withLock { unused in
            Self.keep(kept, in: &unused[ObjectIdentifier(loop), default: []], most: limits.idleConnections)
        }
        tooMany?.channel.close(promise: nil)
    }

    /// - Returns: the one that there is no room for.
    private static func keep(_ kept: Kept, in all: inout [Kept], most: Int) -> Kept? {
        all.append(kept)
        return all.count > most ? all.removeFirst() : nil
    }

    /// Forgets a connection that is closed.
    func forget(_ handler: ExchangeHandler, on loop: any EventLoop) {
        unused.withLock { unused in
            guard let index = unused[ObjectIdentifier(loop)]?.firstIndex(where: { $0.handler.value === handler }) else {
                return
            }
            unused[ObjectIdentifier(loop)]?.remove(at: index)
        }
    }

    static func fetchError(_ error: any Error) -> FetchError {
        switch error {
        case let error as FetchError: error
        case HTTPParserError.headerOverflow: .tooLarge
        case let error as HTTPParserError: .unreadable("\(error)")
        case ChannelError.connectTimeout: .tooSlow
        default: .unreachable(Fetch.reason(error))
        }
    }
}

/// Why an endpoint's answer can't be had.
public enum EndpointError: Error, Sendable, CustomStringConvertible {
    /// There is none, or it can't be read.
    case fetch(FetchError)
    /// The body of the request can't be read to its end; so the endpoint did not get all of it.
    case body(ServiceError)

    public var description: String {
        switch self {
        case .fetch(let error): "\(error)"
        case .body(let error): error.message
        }
    }
}

/// Tells when a connection is encrypted.
private final class HandshakeWait: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let promise: EventLoopPromise<Void>

    init(_ promise: EventLoopPromise<Void>) {
        self.promise = promise
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { promise.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}
