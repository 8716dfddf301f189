import NIOCore
import NIOHTTPTypes

/// Closes a connection whose client takes too long over one request: a drop of the body now and then does not keep it
/// open, as it would against an idle timeout alone.
final class RequestDeadline: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    private let limit: TimeAmount
    /// When the request that is being read began; nil between requests.
    private var start: NIODeadline?
    /// One timer at most: it is not made anew for each request, but looks at `start` when it fires.
    private var timer: Scheduled<Void>?

    init(_ limit: TimeAmount) {
        self.limit = limit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            start = .now()
            if timer == nil { schedule(context, in: limit) }
        case .body: break
        case .end: start = nil
        }
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
            self.timer = nil
            guard let start = self.start else { return }
            let left = start + self.limit - .now()
            if left <= .nanoseconds(0) {
                context.close(promise: nil)
            } else {
                self.schedule(context, in: left)
            }
        }
    }

    private func cancel() {
        timer?.cancel()
        timer = nil
    }
}
