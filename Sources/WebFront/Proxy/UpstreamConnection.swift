import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A connection to an application's server, which serves one request at a time.
final class UpstreamConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Reading {
        /// Nothing is expected.
        case nothing
        case head(isToHEAD: Bool)
        case body(BodyReader)
        /// Whatever comes is of another protocol.
        case tunnel
    }

    let target: Target
    private let front: FrontLoop
    /// Since when it is idle.
    @exclusivity(unchecked) private(set) var since: NIODeadline
    /// Whether another request was on it before.
    @exclusivity(unchecked) private(set) var isReused = false
    /// Whether anything of the answer has come.
    @exclusivity(unchecked) private(set) var hasAnswered = false
    @exclusivity(unchecked) private var exchange: Exchange?
    @exclusivity(unchecked) private var reading = Reading.nothing
    @exclusivity(unchecked) private var inbound = ByteBuffer()
    @exclusivity(unchecked) private var collector = HeadCollector(.response)
    @exclusivity(unchecked) private var isKeepAlive = false
    @exclusivity(unchecked) private var holdsRead = false
    @exclusivity(unchecked) private var context: ChannelHandlerContext?

    private init(_ target: Target, _ front: FrontLoop) {
        self.target = target
        self.front = front
        since = front.now
    }

    /// Opens a connection.
    static func open(_ target: Target, _ front: FrontLoop) -> EventLoopFuture<UpstreamConnection> {
        let connection = UpstreamConnection(target, front)
        let bound = NIOLoopBound(connection, eventLoop: front.loop)
        let bootstrap = ClientBootstrap(group: front.loop)
            .connectTimeout(.seconds(front.shared.limits.connectSeconds))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            // More reads at a time would find nothing most times, each by a call of the system.
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let target = bound.value.target
                    if let tls = target.tls {
                        let name = target.socketAddress == nil ? target.address.host : nil
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    try channel.pipeline.syncOperations.addHandler(bound.value)
                }
            }
        let opened =
            target.socketAddress.map { bootstrap.connect(to: $0) }
            ?? bootstrap.connect(host: target.address.host, port: target.address.port)
        return opened.map { _ in bound.value }
    }

    // MARK: For an exchange

    var isWritable: Bool { context?.channel.isWritable ?? false }
    var isOpen: Bool { context?.channel.isActive ?? false }

    /// Begins an exchange, whose request is written next.
    func begin(_ exchange: Exchange, isToHEAD: Bool) {
        self.exchange = exchange
        reading = .head(isToHEAD: isToHEAD)
        hasAnswered = false
        collector = HeadCollector(.response)
        target.outstanding.wrappingAdd(1, ordering: .relaxed)
    }

    func write(_ bytes: ByteBuffer) {
        context?.write(wrapOutboundOut(bytes), promise: nil)
    }

    func flush() { context?.flush() }

    /// Reads on, for there is room again for what comes.
    func readOn() {
        guard holdsRead else { return }
        holdsRead = false
        context?.read()
    }

    /// Has the connection carry what comes as it is.
    func beginTunnel() {
        reading = .tunnel
        passTunnel()
        exchange?.flushClient()
    }

    func closeOutput() {
        context?.close(mode: .output, promise: nil)
    }

    /// Ends the exchange.
    /// - Parameter mayBeKept: whether the request was sent whole, so that another may follow it.
    func release(mayBeKept: Bool) {
        guard exchange != nil else { return }
        exchange = nil
        target.outstanding.wrappingSubtract(1, ordering: .relaxed)
        var isDone = false
        if case .nothing = reading { isDone = true }
        guard mayBeKept, isDone, isKeepAlive, inbound.readableBytes == 0, isOpen else { return close() }
        (isReused, since) = (true, front.now)
        inbound = ByteBuffer()
        front.keep(self)
        readOn()
    }

    func close() {
        front.forget(self)
        context?.close(promise: nil)
    }

    // MARK: Reading

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func read(context: ChannelHandlerContext) {
        if let exchange, !exchange.takesAnswer { holdsRead = true } else { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        // A server that says something when it was asked for nothing is not understood any more.
        guard exchange != nil else { return close() }
        if inbound.readableBytes == 0 { inbound = bytes } else { inbound.writeBuffer(&bytes) }
        hasAnswered = true
        do throws(Refusal) {
            try process()
        } catch {
            exchange?.upstreamFailed(error)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        exchange?.flushClient()
    }

    private func process() throws(Refusal) {
        while let exchange {
            switch reading {
            case .nothing: return
            case .tunnel: return passTunnel()
            case .head(let isToHEAD):
                guard let bytes = try collector.take(from: &inbound) else { return }
                let head = try ResponseHead(bytes, isToHEAD: isToHEAD)
                if head.status == 101 {
                    try exchange.upstreamSwitches(head)
                    continue
                }
                // Whoever waits for such a word has got it from the proxy.
                if head.isInterim { continue }
                isKeepAlive = head.isKeepAlive
                let reader = BodyReader(head.framing)
                reading = .body(reader)
                exchange.upstreamBegins(head)
                if reader.isAtEnd { return endAnswer() }
            case .body(var reader):
                guard let piece = try reader.next(&inbound) else {
                    reading = .body(reader)
                    if reader.isAtEnd { endAnswer() }
                    return
                }
                reading = .body(reader)
                exchange.upstreamSends(piece)
                if reader.isAtEnd { return endAnswer() }
            }
        }
    }

    private func passTunnel() {
        guard inbound.readableBytes > 0 else { return }
        let bytes = inbound
        inbound = ByteBuffer()
        exchange?.upstreamSends(bytes)
    }

    private func endAnswer() {
        reading = .nothing
        exchange?.upstreamEnds()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        exchange?.upstreamWritabilityChanged()
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event {
            if case .tunnel = reading { exchange?.upstreamClosesOutput() } else { ended() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        // The end of what was said shows in its length.
        case NIOSSLError.uncleanShutdown: break
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            front.shared.complain(of: target, error, at: front.time)
        default: break
        }
        context.close(promise: nil)
    }

    /// The server says no more.
    private func ended() {
        front.forget(self)
        if let exchange {
            if case .body(var reader) = reading, reader.finish() {
                endAnswer()
                exchange.flushClient()
            } else {
                exchange.upstreamClosed()
            }
        }
        context?.close(promise: nil)
    }
}
