import NIOCore
import NIOHTTP1

/// Sends a request when the connection is safe, and collects the answer.
final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: Fetch.Request?
    private let limits: Fetch.Limits
    private let answer: EventLoopPromise<Fetch.Answer>
    private var status = 0
    private var headers: [(name: String, value: String)] = []
    private var body: [UInt8] = []

    init(_ request: Fetch.Request?, _ limits: Fetch.Limits, _ answer: EventLoopPromise<Fetch.Answer>) {
        self.request = request
        self.limits = limits
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        guard let request else { return }
        // What is written before the handshake is complete waits for it.
        var fields = HTTPHeaders([
            ("Host", request.address.authority), ("User-Agent", "gatehouse"), ("Connection", "close"),
        ])
        for header in request.headers { fields.replaceOrAdd(name: header.name, value: header.value) }
        if !request.body.isEmpty || request.method != "GET" {
            fields.replaceOrAdd(name: "Content-Length", value: String(request.body.count))
        }
        let path = request.address.path.isEmpty ? "/" : request.address.path
        let head = HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: request.method), uri: path, headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !request.body.isEmpty {
            let body = context.channel.allocator.buffer(bytes: request.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            status = Int(head.status.code)
            headers = head.headers.map { (name: $0.name, value: $0.value) }
        case .body(let part):
            guard part.readableBytes <= limits.body - body.count else { return fail(.tooLarge, context) }
            body += part.readableBytesView
        case .end:
            answer.succeed(Fetch.Answer(status: status, headers: headers, body: body))
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The decoder stops at `limits.headers`, before it has them all.
        answer.fail(error as? HTTPParserError == .headerOverflow ? FetchError.tooLarge : error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.fail(ChannelError.eof)
    }

    private func fail(_ error: FetchError, _ context: ChannelHandlerContext) {
        answer.fail(error)
        context.close(promise: nil)
    }
}
