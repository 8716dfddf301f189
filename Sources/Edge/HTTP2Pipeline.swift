import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOTLS
import Platform

/// What comes after the handshake on a connection that speaks HTTP/2.
///
/// Each of its streams is one request, with the handlers and the time limits that a connection has in HTTP/1.1. It counts
/// as a connection, too: a client gets no more from the server at a time, whatever it speaks.
enum HTTP2Pipeline {
    /// Streams of one connection at a time.
    private static let concurrentStreams = 100
    /// How many frames that are cheap to send and cost much to answer are taken, and in how many seconds: resets
    /// (CVE-2023-44487), errors, pings and settings.
    private static let floodLimit = (count: 200, window: TimeAmount.seconds(30))
    /// CONTINUATION frames of one head (CVE-2024-27316).
    private static let continuationFrames = 5
    /// Answers to pings and settings that the client has not taken yet.
    private static let bufferedControlFrames = 1000

    static func add(
        to channel: any Channel, _ connection: Connection, _ connections: Connections, _ limits: Listener.Limits,
        _ edge: Edge,
        tls: TLSDetails
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

        // Says goodbye with GOAWAY, when nothing has come for long or the server is to stop, and lets what has begun come
        // to its end.
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
                guard let own = connections.admit(stream, from: connection.address) else {
                    throw ChannelError.ioOnClosedChannel
                }
                connection.carry(own)
                let pipeline = stream.pipeline.syncOperations
                try pipeline.addHandlers(
                    RequestDeadline(own, limits), HTTP2FramePayloadToHTTP1ServerCodec(),
                    RequestHandler(own, edge, tls: tls))
            }
        }
        try channel.pipeline.syncOperations.addHandlers(handler, manager, HTTP2ErrorHandler())
    }
}

/// Closes a connection on which the client does what HTTP/2 forbids. What is wrong with one stream ends that alone.
private final class HTTP2ErrorHandler: ChannelInboundHandler {
    typealias InboundIn = Never

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is NIOHTTP2Errors.StreamError { return }
        context.close(promise: nil)
    }
}
