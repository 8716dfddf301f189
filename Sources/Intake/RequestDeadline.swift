package import NIOCore

/// Closes a connection whose client takes too long over one request, or has none for too long: a byte now and then does
/// not keep it open, as it would against a timeout between bytes. A body that is a stream may take as long as it needs,
/// but not stand still.
package final class RequestDeadline: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer

    /// Tells the pipeline that the rest of a body has been waited for too long.
    package struct BodyStalled: Sendable {}

    private let connection: Connection
    private let limits: ConnectionLimits
    /// One at a time: it is not made anew for each request, but looks at the connection when it fires.
    private var timer: Scheduled<Void>?

    /// Makes one for a connection's pipeline.
    package init(_ connection: Connection, _ limits: ConnectionLimits) {
        self.connection = connection
        self.limits = limits
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        schedule(context, in: .seconds(min(limits.requestSeconds, limits.idleSeconds)))
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if connection.phase == .idle { connection.begin(.reading) }
        context.fireChannelRead(data)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        cancel()
        context.fireChannelInactive()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        cancel()
    }

    private func schedule(_ context: ChannelHandlerContext, in delay: TimeAmount) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            self.timer = nil
            let left = self.timeLeft
            if left > .nanoseconds(0) {
                self.schedule(context, in: left)
            } else if self.connection.phase == .receiving {
                // There is somebody who can say so to the client.
                self.connection.begin(.answering)
                self.schedule(context, in: .seconds(self.limits.requestSeconds))
                context.fireUserInboundEventTriggered(BodyStalled())
            } else {
                context.close(promise: nil)
            }
        }
    }

    private var timeLeft: TimeAmount {
        switch connection.phase {
        case .idle, .sending: connection.since + .seconds(limits.idleSeconds) - .now()
        case .reading, .receiving: connection.since + .seconds(limits.requestSeconds) - .now()
        // How long an answer takes is not the client's doing.
        case .answering: .seconds(min(limits.requestSeconds, limits.idleSeconds))
        }
    }

    private func cancel() {
        timer?.cancel()
        timer = nil
    }
}
