package import NIOCore
package import NIOSSL
import NIOTLS
package import Platform

/// Waits for a TLS handshake to finish, and then sets up the rest of the pipeline.
///
/// A client has as much time for the handshake as for sending a request. Meanwhile its connection is among those that
/// may be closed to make room for others, as while it sends a request.
package final class HandshakeEnd: ChannelInboundHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer

    private let connection: Connection
    private let limits: ConnectionLimits
    private var timer: Scheduled<Void>?
    private let hello: ServerHelloReader
    private let onFailure: () -> Void
    private let begin: (_ tls: TLSDetails, _ applicationProtocol: String?) throws -> Void

    /// - Parameters:
    ///   - onFailure: told when a handshake fails, or takes too long.
    ///   - begin: adds the handlers of the negotiated protocol to the pipeline.
    package init(
        _ connection: Connection, _ limits: ConnectionLimits, _ hello: ServerHelloReader,
        onFailure: @escaping () -> Void = {},
        begin: @escaping (_ tls: TLSDetails, _ applicationProtocol: String?) throws -> Void
    ) {
        self.connection = connection
        self.limits = limits
        self.hello = hello
        self.onFailure = onFailure
        self.begin = begin
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        connection.begin(.reading)
        let channel = context.channel
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(limits.requestSeconds)) {
            self.onFailure()
            channel.close(promise: nil)
        }
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted(let applicationProtocol)? = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        connection.begin(.idle)
        do {
            try begin(details(context), applicationProtocol)
            context.fireUserInboundEventTriggered(event)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }

    private func details(_ context: ChannelHandlerContext) throws -> TLSDetails {
        let version = try context.pipeline.syncOperations.nioSSL_tlsVersion()
        return TLSDetails(version: version == .tlsv13 ? .v13 : .v12, cipherSuite: hello.cipherSuite?.cloudTrailName)
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // If a handshake fails, the client's own message says why.
        onFailure()
        context.close(promise: nil)
    }
}

/// Reads which cipher suite the server has chosen. NIOSSL doesn't say, but the ServerHello does, which is not
/// encrypted: RFC 8446, section 4.1.3; RFC 5246, section 7.4.1.3.
package final class ServerHelloReader: ChannelOutboundHandler {
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// nil until the server has chosen.
    package private(set) var cipherSuite: NIOTLSCipher?
    private var isFirst = true

    /// Makes one for a connection's pipeline.
    package init() {}

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // The ServerHello is the first message that a server sends; anything else there is a refusal.
        if isFirst { cipherSuite = Self.cipherSuite(in: unwrapOutboundIn(data)) }
        isFirst = false
        context.write(data, promise: promise)
    }

    /// The cipher suite in the first bytes that the server sends; nil if they are not a ServerHello.
    package static func cipherSuite(in flight: ByteBuffer) -> NIOTLSCipher? {
        var bytes = flight
        guard let content = bytes.readInteger(as: UInt8.self), content == 22,
            // The record's version and length.
            bytes.readBytes(length: 4) != nil,
            let message = bytes.readInteger(as: UInt8.self), message == 2,
            // The message's length, the version and the random number.
            bytes.readBytes(length: 3 + 2 + 32) != nil,
            let sessionID = bytes.readInteger(as: UInt8.self), bytes.readBytes(length: Int(sessionID)) != nil,
            let suite = bytes.readInteger(as: UInt16.self)
        else { return nil }
        return NIOTLSCipher(rawValue: suite)
    }
}

extension NIOTLSCipher {
    /// The name that CloudTrail records; nil for a suite that the server does not offer.
    fileprivate var cloudTrailName: String? {
        switch rawValue {
        case 0x1301: "TLS_AES_128_GCM_SHA256"
        case 0x1302: "TLS_AES_256_GCM_SHA384"
        case 0x1303: "TLS_CHACHA20_POLY1305_SHA256"
        default:
            switch self {
            case .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: "ECDHE-ECDSA-AES128-GCM-SHA256"
            case .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: "ECDHE-RSA-AES128-GCM-SHA256"
            case .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: "ECDHE-ECDSA-AES256-GCM-SHA384"
            case .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: "ECDHE-RSA-AES256-GCM-SHA384"
            case .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-ECDSA-CHACHA20-POLY1305"
            case .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-RSA-CHACHA20-POLY1305"
            default: nil
            }
        }
    }
}

/// Answers clients that speak plain HTTP on the HTTPS port with an HTTP error that says so.
package final class PlainRequestRefusal: ChannelInboundHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private static let text = "This port speaks HTTPS: use https:// here, or Gatehouse's port for HTTP.\n"
    private var isRefused = false

    /// Makes one for a connection's pipeline.
    package init() {}

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        let bytes = unwrapInboundIn(data)
        // The first byte of a TLS handshake is 22; an HTTP request begins with a letter.
        guard let first = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self), (0x41...0x5a).contains(first) else {
            context.fireChannelRead(data)
            return context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
        isRefused = true
        let answer = """
            HTTP/1.1 400 Bad Request\r
            Content-Type: text/plain; charset=utf-8\r
            Content-Length: \(Self.text.utf8.count)\r
            Connection: close\r
            \r
            \(Self.text)
            """
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer))).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }
}
