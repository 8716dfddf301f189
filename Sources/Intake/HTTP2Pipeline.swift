package import NIOCore
import NIOHTTP2
package import NIOSSL

/// The handlers of a connection that speaks HTTP/2, added after the TLS handshake.
///
/// Each stream is one request, with the same handlers and time limits as a whole connection in HTTP/1.1. It also counts
/// as a connection, so a client can't get around the limits by speaking HTTP/2.
package enum HTTP2Pipeline {
    /// The most streams that one connection may have at a time.
    private static let concurrentStreams = 100
    /// How many frames that are cheap to send but expensive to answer are accepted within a period: resets
    /// (CVE-2023-44487), errors, pings and settings; and as many streams are refused.
    private static let floodLimit = (count: 200, window: TimeAmount.seconds(30))
    /// The most CONTINUATION frames that one head may have (CVE-2024-27316).
    private static let continuationFrames = 5
    /// The most answers to pings and settings that may wait for a client to read them.
    private static let bufferedControlFrames = 1000

    /// - Parameters:
    ///   - onViolation: told when the connection is closed for what the client sent.
    ///   - onRefusal: told when there is no room for a stream; false: so often that the connection is closed.
    ///   - setUp: adds the handlers of a stream.
    package static func add(
        to channel: any Channel, _ connection: Connection, _ connections: Connections, _ limits: ConnectionLimits,
        onViolation: @escaping @Sendable (any Error) -> Void = { _ in },
        onRefusal: @escaping @Sendable () -> Bool = { true },
        setUp: @escaping @Sendable (_ stream: any Channel, _ own: Connection) throws -> Void
    ) throws {
        var settings = NIOHTTP2Handler.ConnectionConfiguration()
        settings.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: concurrentStreams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headers),
        ]
        settings.maximumSequentialContinuationFrames = continuationFrames
        settings.maximumBufferedControlFrames = bufferedControlFrames
        settings.controlFrameRateLimit.maximumCount = floodLimit.count
        settings.controlFrameRateLimit.windowLength = floodLimit.window
        var streams = NIOHTTP2Handler.StreamConfiguration()
        streams.streamResetFrameRateLimit.maximumCount = floodLimit.count
        streams.streamResetFrameRateLimit.windowLength = floodLimit.window
        streams.streamErrorRateLimit.maximumCount = floodLimit.count
        streams.streamErrorRateLimit.windowLength = floodLimit.window

        // Closes the connection with GOAWAY when it has been idle for too long or the server stops, and lets requests
        // that have begun finish.
        let manager = NIOHTTP2ServerConnectionManagementHandler(
            eventLoop: channel.eventLoop,
            configuration: .init(
                maxIdleTime: .seconds(limits.idleSeconds), maxAge: nil, maxGraceTime: .seconds(limits.requestSeconds),
                keepalive: nil))
        let refusals = NIOLoopBound(RefusalCount(), eventLoop: channel.eventLoop)
        let handler = NIOHTTP2Handler(
            mode: .server, eventLoop: channel.eventLoop, connectionConfiguration: settings,
            streamConfiguration: streams, streamDelegate: manager.http2StreamDelegate
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                guard let own = connections.admit(stream, on: connection) else {
                    let isOneTooMany = refusals.value.isOneTooMany(most: floodLimit.count, in: floodLimit.window)
                    if !onRefusal() || isOneTooMany { calm(channel) }
                    return try stream.pipeline.syncOperations.addHandler(RefusedStream())
                }
                connection.carry(own)
                try setUp(stream, own)
            }
        }
        try channel.pipeline.syncOperations.addHandlers(handler, manager, HTTP2ErrorHandler(onViolation))
    }

    /// Closes a connection whose client goes on however many of its streams are refused.
    private static func calm(_ channel: any Channel) {
        // Not from within the reading of what it sent.
        channel.eventLoop.execute {
            let goAway = HTTP2Frame.FramePayload.goAway(
                lastStreamID: .maxID, errorCode: .enhanceYourCalm, opaqueData: nil)
            channel.writeAndFlush(HTTP2Frame(streamID: .rootStream, payload: goAway), promise: nil)
            channel.close(promise: nil)
        }
    }
}

/// The refused streams of a connection. They cost a head and a stream each, and count as nothing else (CVE-2025-8671).
private final class RefusalCount {
    private var count = 0
    private var start = NIODeadline.now()

    /// Counts another one.
    /// - Returns: whether it is the first of a period that is beyond the limit.
    func isOneTooMany(most: Int, in period: TimeAmount) -> Bool {
        let now = NIODeadline.now()
        if start + period < now { (start, count) = (now, 0) }
        count += 1
        return count == most + 1
    }
}

/// Resets a stream for which there is no room: its client may try again (RFC 9113, section 8.7).
private final class RefusedStream: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(.rstStream(.refusedStream)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/// Closes the connection when the client violates HTTP/2. An error in one stream closes only that stream.
private final class HTTP2ErrorHandler: ChannelInboundHandler {
    typealias InboundIn = Never

    private let onViolation: @Sendable (any Error) -> Void

    init(_ onViolation: @escaping @Sendable (any Error) -> Void) {
        self.onViolation = onViolation
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is NIOHTTP2Errors.StreamError { return }
        // Many clients end a connection without TLS's word of it, or are gone: that is no violation.
        let isOver = error is NIOSSLError || error is IOError || error is ChannelError
        if !isOver { onViolation(error) }
        context.close(promise: nil)
    }
}
