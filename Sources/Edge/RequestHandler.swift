import NIOCore
import NIOHTTP1
import Platform
import Wire

/// Collects one request after the other from a connection, has each answered, and sends the answer.
///
/// A request that waits for nothing is answered on the connection's event loop, there and then: to go to another thread
/// and back costs more than most calls.
final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let connection: Connection
    private let limits: Listener.Limits
    private let edge: Edge
    /// How the connection is encrypted; nil: it is not.
    private let tls: TLSDetails?
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    /// nil when the handler is out of its channel.
    private var context: ChannelHandlerContext?

    init(_ connection: Connection, _ limits: Listener.Limits, _ edge: Edge, tls: TLSDetails?) {
        self.connection = connection
        self.limits = limits
        self.edge = edge
        self.tls = tls
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            connection.begin(.reading)
            // What is too long is refused at once, and not read.
            let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
            guard length <= limits.body else { return refuse(.payloadTooLarge, context) }
            self.head = head
            // Room for the usual request; what is only announced takes no memory.
            body.reserveCapacity(min(max(length, 0), 16_384))
        case .body(var bytes):
            guard head != nil else { return }
            guard body.readableBytes + bytes.readableBytes <= limits.body else {
                return refuse(.payloadTooLarge, context)
            }
            body.writeBuffer(&bytes)
        case .end:
            guard let head else { return }
            // A connection without a request holds no memory of the one before.
            defer { body = ByteBuffer() }
            self.head = nil
            guard let request = WireRequest(head, body) else { return refuse(.badRequest, context) }
            answer(request, to: head, context)
        }
    }

    /// Answers what is no request that could be looked at, and closes the connection. What is left of it is not worth
    /// reading.
    private func refuse(_ status: HTTPResponseStatus, _ context: ChannelHandlerContext) {
        head = nil
        body = ByteBuffer()
        let fields: HTTPHeaders = ["Connection": "close", "Content-Length": "0"]
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        close(context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Half a request at the end is an error, too; then nobody is there to be told.
        guard context.channel.isActive else { return }
        switch error {
        case HTTPParserError.headerOverflow: refuse(.requestHeaderFieldsTooLarge, context)
        case is HTTPParserError: refuse(.badRequest, context)
        default: context.close(promise: nil)
        }
    }

    // MARK: Answering

    private func answer(_ request: WireRequest, to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        connection.begin(.answering)
        let (edge, sourceIP, tls, loop) = (edge, connection.address, tls, context.eventLoop)
        let handler = NIOLoopBound(self, eventLoop: loop)
        Task.immediateDetached {
            let response = await edge.respond(to: request, sourceIP: sourceIP, tls: tls)
            if loop.inEventLoop {
                handler.value.send(response, to: head)
            } else {
                loop.execute { handler.value.send(response, to: head) }
            }
        }
    }

    private func send(_ response: WireResponse, to request: HTTPRequestHead) {
        guard let context else { return }
        var fields = HTTPHeaders()
        fields.reserveCapacity(response.headers.count + 2)
        var hasLength = false
        for header in response.headers {
            fields.add(name: header.name, value: header.value)
            hasLength = hasLength || equalsIgnoringCase(header.name.utf8, lowercased: "content-length".utf8)
        }
        if !hasLength { fields.add(name: "Content-Length", value: String(response.body.count)) }
        let isKept = request.isKeepAlive
        if !isKept {
            fields.add(name: "Connection", value: "close")
        } else if request.version == .http1_0 {
            fields.add(name: "Connection", value: "keep-alive")
        }
        let head = HTTPResponseHead(
            version: .http1_1, status: .init(statusCode: response.status), headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .HEAD, !response.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: response.body)))), promise: nil)
        }
        if isKept {
            connection.begin(.idle)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        } else {
            close(context)
        }
    }

    /// Ends the answer, and closes the connection when it is sent.
    private func close(_ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }
}

extension WireRequest {
    /// nil for a request that HTTP forbids: without a Host or with several, or for another host than the one it names
    /// (RFC 9112, section 3.2).
    fileprivate init?(_ head: HTTPRequestHead, _ body: ByteBuffer) {
        let hosts = head.headers["host"]
        guard hosts.count == 1 || (hosts.isEmpty && head.version == .http1_0),
            let target = Self.originForm(of: head.uri, host: hosts.first)
        else { return nil }
        let question = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        var headers: [(name: String, value: String)] = []
        headers.reserveCapacity(head.headers.count)
        for header in head.headers { headers.append((name: header.name, value: header.value)) }
        self.init(
            method: head.method.rawValue, path: String(target[..<question]),
            query: String(target[question...].dropFirst()), headers: headers,
            body: Array(buffer: body))
    }

    /// A target's path and query. Clients of proxies name the host before them; then it must be the one that `Host`
    /// names, which is signed.
    private static func originForm(of target: String, host: String?) -> Substring? {
        if target.utf8.first == UInt8(ascii: "/") { return target[...] }
        for scheme in ["http://", "https://"] {
            guard target.utf8.count > scheme.utf8.count,
                equalsIgnoringCase(target.utf8.prefix(scheme.utf8.count), lowercased: scheme.utf8)
            else { continue }
            let rest = target.dropFirst(scheme.utf8.count)
            let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
            guard let host, equalsIgnoringCase(rest[..<end].utf8, lowercased: host.lowercased().utf8) else {
                return nil
            }
            guard rest[end...].utf8.first == UInt8(ascii: "/") else { return "/" + rest[end...] }
            return rest[end...]
        }
        return nil
    }
}
