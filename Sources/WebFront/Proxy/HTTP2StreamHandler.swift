import Intake
import NIOCore
import NIOHPACK
import NIOHTTP2

/// A client's stream of HTTP/2: one request and its answer.
final class HTTP2StreamHandler: ChannelDuplexHandler, ClientSide, Ticking {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private let front: FrontLoop
    private let info: ClientInfo
    private let connection: Connection
    @exclusivity(unchecked) private var exchange: Exchange?
    /// How much of the body is still to come by its length; nil: it has none.
    @exclusivity(unchecked) private var rest: Int?
    @exclusivity(unchecked) private var hasHead = false
    @exclusivity(unchecked) private var isRequestWhole = false
    @exclusivity(unchecked) private var owesContinue = false
    @exclusivity(unchecked) private var holdsRead = false
    /// How much of the answer's body is still to be sent by its length; nil: not known.
    @exclusivity(unchecked) private var answerRest: Int?
    @exclusivity(unchecked) private var isAnswerWhole = false
    @exclusivity(unchecked) private var pace: ClientPace
    @exclusivity(unchecked) private var context: ChannelHandlerContext?

    init(_ front: FrontLoop, _ info: ClientInfo, _ connection: Connection) {
        self.front = front
        self.info = info
        self.connection = connection
        pace = ClientPace(front.shared.limits, front.now)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        pace.begin(.head, front.now)
        front.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        front.remove(self)
        exchange?.cancel()
        exchange = nil
    }

    // MARK: Reading

    func read(context: ChannelHandlerContext) {
        if exchange?.takesRequest ?? true { context.read() } else { holdsRead = true }
    }

    func readOn() {
        guard let context else { return }
        if owesContinue {
            owesContinue = false
            context.writeAndFlush(wrapOutboundOut(.headers(.init(headers: [":status": "100"]))), promise: nil)
        }
        guard holdsRead, exchange?.takesRequest ?? true else { return }
        holdsRead = false
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(Refusal) {
            switch unwrapInboundIn(data) {
            case .headers(let headers):
                if !hasHead {
                    hasHead = true
                    isRequestWhole = headers.endStream
                    begin(try RequestHead(headers.headers, endsStream: headers.endStream), headers.endStream)
                } else if headers.endStream {
                    // Those that follow a body are trailers, which are left out.
                    try endRequest()
                }
            case .data(let data):
                if case .byteBuffer(let bytes) = data.data { try take(bytes) }
                if data.endStream { try endRequest() }
            default: break
            }
        } catch {
            refuse(error)
        }
    }

    private func begin(_ head: RequestHead, _ isWhole: Bool) {
        if case .length(let length) = head.framing { rest = length }
        if head.framing == .none { rest = 0 }
        owesContinue = head.expectsContinue
        pace.begin(isWhole ? .answer : .body, front.now)
        connection.begin(isWhole ? answering : .reading)
        let exchange = Exchange(front, info, self, head)
        self.exchange = exchange
        exchange.start()
    }

    /// Whose turn it is while a request is answered.
    private var answering: Connection.Phase { isWritable ? .answering : .sending }

    private func take(_ bytes: ByteBuffer) throws(Refusal) {
        // Of a request that is answered already nothing more is looked at.
        guard let exchange else { return }
        pace.saw(bytes.readableBytes)
        if let rest {
            guard bytes.readableBytes <= rest else { throw .malformed("a body is longer than its length") }
            self.rest = rest - bytes.readableBytes
        }
        if bytes.readableBytes > 0 { exchange.take(bytes) }
    }

    private func endRequest() throws(Refusal) {
        guard !isRequestWhole else { return }
        guard let exchange else {
            // It is the client that has yet to take its answer.
            isRequestWhole = true
            return
        }
        guard rest ?? 0 == 0 else { throw .malformed("a body is shorter than its length") }
        isRequestWhole = true
        pace.begin(.answer, front.now)
        connection.begin(answering)
        exchange.endRequest()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        exchange?.flushUpstream()
        context.fireChannelReadComplete()
    }

    private func refuse(_ refusal: Refusal) {
        front.shared.log.debug("a request is refused: \(refusal.reason)", metadata: ["address": "\(info.address)"])
        front.shared.counters.malformed.add(1)
        if let ip = info.ip { front.shared.guardian?.saw(.malformed, from: ip, for: exchange?.application?.fronted) }
        if let exchange { return exchange.fail(refusal.status) }
        // In HTTP/1 the connection ends with it.
        guard front.shared.admitsStray(from: info) else { return hangUp() }
        answer(refusal.status)
    }

    private func answer(_ status: Int) {
        let page = ErrorPage.answer(status)
        front.shared.counters.count(status: status)
        begin(ResponseHead(page, at: front.time, isToHEAD: false))
        send(ByteBuffer(bytes: page.body))
        end()
    }

    // MARK: Answering

    var isWritable: Bool { context?.channel.isWritable ?? true }

    func begin(_ head: ResponseHead) {
        guard let context else { return }
        let fields = head.fields
        let options = fields.fields(.connection).flatMap { fields.bytes.list($0.value) }
        var headers = HPACKHeaders()
        headers.reserveCapacity(fields.all.count + 2)
        headers.add(name: ":status", value: String(head.status))
        for field in fields.all where AnswerHead.isPassed(field, fields, options) {
            headers.add(
                name: String(decoding: fields.bytes[field.name].lazy.map(\.lowercased), as: UTF8.self),
                value: fields.bytes.fieldText(field.value))
        }
        if let length = head.length, head.status != 204 { headers.add(name: "content-length", value: String(length)) }
        if case .length(let length) = head.framing { answerRest = length }
        // Where the request is not whole, the last frame says when it may be given up.
        isAnswerWhole = isRequestWhole && (head.framing == .none || answerRest == 0)
        context.write(wrapOutboundOut(.headers(.init(headers: headers, endStream: isAnswerWhole))), promise: nil)
    }

    func send(_ body: ByteBuffer) {
        guard let context, !isAnswerWhole, body.readableBytes > 0 else { return }
        if let rest = answerRest {
            answerRest = rest - body.readableBytes
            isAnswerWhole = isRequestWhole && rest <= body.readableBytes
        }
        context.write(
            wrapOutboundOut(.data(.init(data: .byteBuffer(body), endStream: isAnswerWhole))), promise: nil)
    }

    func end() {
        exchange = nil
        guard let context else { return }
        pace.begin(.sending, front.now)
        connection.begin(.sending)
        // Of an answer that is whole, the stream ends with what was written last.
        guard !isAnswerWhole else { return context.flush() }
        isAnswerWhole = true
        let end = HTTP2Frame.FramePayload.Data(data: .byteBuffer(ByteBuffer()), endStream: true)
        context.writeAndFlush(wrapOutboundOut(.data(end))).assumeIsolated().whenComplete { _ in self.endUnread() }
    }

    /// Has the client send no more of a request whose answer it has got (RFC 9113, section 8.1).
    private func endUnread() {
        guard !isRequestWhole, let context else { return }
        pace.begin(.closing, front.now)
        context.writeAndFlush(wrapOutboundOut(.rstStream(.noError)), promise: nil)
    }

    func flush() { context?.flush() }

    func breakOff() {
        exchange = nil
        context?.close(promise: nil)
    }

    func hangUp() {
        breakOff()
        context?.channel.parent?.close(promise: nil)
    }

    /// A stream of HTTP/2 is asked for no other protocol.
    func switchProtocols(_ head: ResponseHead) { breakOff() }

    func closeOutput() {}

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        pace.writable(isWritable, front.now)
        if exchange != nil {
            connection.begin(isWritable ? isRequestWhole ? .answering : .reading : .sending)
        }
        exchange?.clientWritabilityChanged()
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        exchange?.cancel()
        exchange = nil
        front.remove(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        exchange?.cancel()
        exchange = nil
        context.close(promise: nil)
    }

    // MARK: Time

    func tick(_ now: NIODeadline) {
        exchange?.tick(now)
        let isReading = pace.phase == .body && exchange?.takesRequest == true
        guard let lapse = pace.lapse(now, isReadingBody: isReading) else { return }
        if let event = lapse.event, let ip = info.ip {
            front.shared.guardian?.saw(event, from: ip, for: exchange?.application?.fronted)
        }
        if case .body = lapse, let exchange { return exchange.fail(408) }
        context?.close(promise: nil)
    }
}
