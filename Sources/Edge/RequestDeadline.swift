import NIOCore

/// Closes a connection whose client takes too long over one request, or has none for too long: a byte now and then does
/// not keep it open, as it would against a timeout between bytes.
final class RequestDeadline: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: Connection
    private let limits: Listener.Limits
    /// One at a time: it is not made anew for each request, but looks at the connection when it fires.
    private var timer: Scheduled<Void>?

    init(_ connection: Connection, _ limits: Listener.Limits) {
        self.connection = connection
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        schedule(context, in: .seconds(min(limits.requestSeconds, limits.idleSeconds)))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if connection.phase == .idle { connection.begin(.reading) }
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        cancel()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        cancel()
    }

    private func schedule(_ context: ChannelHandlerContext, in delay: TimeAmount) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            let left = self.timeLeft
            if left <= .nanoseconds(0) {
                self.timer = nil
                context.close(promise: nil)
            } else {
                self.schedule(context, in: left)
            }
        }
    }

    private var timeLeft: TimeAmount {
        switch connection.phase {
        case .idle: connection.since + .seconds(limits.idleSeconds) - .now()
        case .reading: connection.since + .seconds(limits.requestSeconds) - .now()
        // How long an answer takes is not the client's doing.
        case .answering: .seconds(limits.requestSeconds)
        }
    }

    private func cancel() {
        timer?.cancel()
        timer = nil
    }
}
