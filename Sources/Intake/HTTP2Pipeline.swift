package import NIOCore
import NIOHTTP2

/// The handlers of a connection that speaks HTTP/2, added after the TLS handshake.
///
/// Each stream is one request, with the same handlers and time limits as a whole connection in HTTP/1.1. It also counts
/// as a connection, so a client can't get around the limits by speaking HTTP/2.
package enum HTTP2Pipeline {
    /// The most streams that one connection may have at a time.
    private static let concurrentStreams = 100
    /// How many frames that are cheap to send but expensive to answer are accepted within a period: resets
    /// (CVE-2023-44487), errors, pings and settings.
    private static let floodLimit = (count: 200, window: TimeAmount.seconds(30))
    /// The most CONTINUATION frames that one head may have (CVE-2024-27316).
    private static let continuationFrames = 5
    /// The most answers to pings and settings that may wait for a client to read them.
    private static let bufferedControlFrames = 1000

    /// - Parameters:
    ///   - onViolation: told when the connection is closed for what the client sent.
    ///   - onRefusal: told when there is no room for a stream.
    ///   - setUp: adds the handlers of a stream.
    package static func add(
        to channel: any Channel, _ connection: Connection, _ connections: Connections, _ limits: ConnectionLimits,
        onViolation: @escaping @Sendable (any Error) -> Void = { _ in },
        onRefusal: @escaping @Sendable () -> Void = {},
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
        let handler = NIOHTTP2Handler(
            mode: .server, eventLoop: channel.eventLoop, connectionConfiguration: settings,
            streamConfiguration: streams, streamDelegate: manager.http2StreamDelegate
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                guard let own = connections.admit(stream, on: connection) else {
                    onRefusal()
                    return try stream.pipeline.syncOperations.addHandler(RefusedStream())
                }
                connection.carry(own)
                try setUp(stream, own)
            }
        }
        try channel.pipeline.syncOperations.addHandlers(handler, manager, HTTP2ErrorHandler(onViolation))
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
        onViolation(error)
        context.close(promise: nil)
    }
}
