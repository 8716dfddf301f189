import Intake
import NIOCore
import NIOExtras

/// A client's connection that speaks HTTP/1: takes one request after the other, and sends the answers.
final class HTTP1Handler: ChannelDuplexHandler, ClientSide, Ticking {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Reading {
        case head
        case body(BodyReader, Exchange)
        /// A request is there, and is being answered.
        case answer(Exchange)
        /// What comes is of another protocol.
        case tunnel(Exchange)
        /// Everything is said; the client is to close its side.
        case closing
    }

    private let front: FrontLoop
    private let info: ClientInfo
    private let connection: Connection
    @exclusivity(unchecked) private var reading = Reading.head
    @exclusivity(unchecked) private var inbound = ByteBuffer()
    @exclusivity(unchecked) private var collector = HeadCollector(.request)
    @exclusivity(unchecked) private var hasSkippedLine = false
    @exclusivity(unchecked) private var writer = HTTP1Writer()
    @exclusivity(unchecked) private var owesContinue = false
    /// Whether another request may follow this one.
    @exclusivity(unchecked) private var isKept = true
    @exclusivity(unchecked) private var isHTTP10 = false
    @exclusivity(unchecked) private var holdsRead = false
    @exclusivity(unchecked) private var isProcessing = false
    @exclusivity(unchecked) private var isInputClosed = false
    @exclusivity(unchecked) private var isStopping = false
    @exclusivity(unchecked) private var pace: ClientPace
    @exclusivity(unchecked) private var context: ChannelHandlerContext?

    /// How much is read of requests that come before their turn, in bytes.
    private static let mostWaiting = 65_536

    init(_ front: FrontLoop, _ info: ClientInfo, _ connection: Connection) {
        self.front = front
        self.info = info
        self.connection = connection
        pace = ClientPace(front.shared.limits, front.now)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        front.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        front.remove(self)
        exchange?.cancel()
        reading = .closing
    }

    private var exchange: Exchange? {
        switch reading {
        case .body(_, let exchange), .answer(let exchange), .tunnel(let exchange): exchange
        case .head, .closing: nil
        }
    }

    // MARK: Reading

    func read(context: ChannelHandlerContext) {
        if takesMore { context.read() } else { holdsRead = true }
    }

    private var takesMore: Bool {
        switch reading {
        case .head, .closing: true
        case .body(_, let exchange), .tunnel(let exchange): exchange.takesRequest
        // To see that the client is gone, and no more than that.
        case .answer: inbound.readableBytes < Self.mostWaiting
        }
    }

    func readOn() {
        guard let context else { return }
        if owesContinue {
            owesContinue = false
            write(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"))
            flush()
        }
        guard holdsRead, takesMore else { return }
        holdsRead = false
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        pace.saw(bytes.readableBytes)
        if inbound.readableBytes == 0 {
            inbound = bytes
        } else {
            inbound.discardReadBytes()
            inbound.writeBuffer(&bytes)
        }
        process()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        exchange?.flushUpstream()
    }

    private func process() {
        // What answers a request may be called from here, and wants to go on with the next.
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        do throws(Refusal) {
            while inbound.readableBytes > 0, try step() {}
        } catch {
            refuse(error)
        }
        if inbound.readableBytes == 0 { inbound = ByteBuffer() }
        if isInputClosed { dropHalf() }
    }

    /// Ends a connection on which the client says no more, and has said less than a request: half of one is none.
    private func dropHalf() {
        switch reading {
        case .answer, .tunnel, .closing: return
        case .body, .head: exchange?.cancel()
        }
        close()
    }

    /// - Returns: whether there may be more to do with what is there.
    private func step() throws(Refusal) -> Bool {
        switch reading {
        case .head: return try readHead()
        case .body(var reader, let exchange):
            guard let piece = try reader.next(&inbound) else {
                reading = .body(reader, exchange)
                return endBody(reader, exchange)
            }
            reading = .body(reader, exchange)
            exchange.take(piece)
            return endBody(reader, exchange) || inbound.readableBytes > 0
        case .tunnel(let exchange):
            let bytes = inbound
            inbound = ByteBuffer()
            exchange.take(bytes)
            return false
        case .closing:
            inbound.clear()
            return false
        case .answer: return false
        }
    }

    private func endBody(_ reader: BodyReader, _ exchange: Exchange) -> Bool {
        guard reader.isAtEnd, case .body = reading else { return false }
        reading = .answer(exchange)
        connection.begin(answering)
        exchange.endRequest()
        return true
    }

    private func readHead() throws(Refusal) -> Bool {
        if pace.phase != .head {
            pace.begin(.head, front.now)
            connection.begin(.reading)
            // Whatever begins in another way is no request, and its lines need not be waited for.
            guard let first = inbound.readableBytesView.first, first.isOfToken || first == .cr else {
                throw .malformed("a request begins with what is no method")
            }
        }
        guard let bytes = try collector.take(from: &inbound) else { return false }
        guard bytes.count > 2 else {
            guard !hasSkippedLine else { throw .malformed("there are empty lines before a request") }
            hasSkippedLine = true
            return true
        }
        hasSkippedLine = false
        begin(try RequestHead(bytes))
        return true
    }

    private func begin(_ head: RequestHead) {
        isHTTP10 = head.version == .http10
        isKept = head.isKeepAlive && !isStopping
        owesContinue = head.expectsContinue
        let exchange = Exchange(front, info, self, head)
        if head.hasBody {
            reading = .body(BodyReader(head.framing), exchange)
            pace.begin(.body, front.now)
        } else {
            reading = .answer(exchange)
            pace.begin(.answer, front.now)
            connection.begin(answering)
        }
        exchange.start()
    }

    /// Whose turn it is while a request is answered: who sends another one without reading the answers before is waited for.
    private var answering: Connection.Phase { isWritable ? .answering : .sending }

    /// Answers what is no request, and ends the connection: nobody knows where another would begin.
    private func refuse(_ refusal: Refusal) {
        front.shared.log.debug("a request is refused: \(refusal.reason)", metadata: ["address": "\(info.address)"])
        front.shared.counters.malformed.add(1)
        if let ip = info.ip { front.shared.guardian?.saw(.malformed, from: ip, for: exchange?.application?.fronted) }
        isKept = false
        if let exchange {
            // It is in the midst of a body.
            exchange.fail(refusal.status)
        } else {
            answer(refusal.status)
        }
        closeGently()
    }

    private func answer(_ status: Int) {
        let page = ErrorPage.answer(status)
        front.shared.counters.count(status: status)
        begin(ResponseHead(page, at: front.time, isToHEAD: false))
        send(ByteBuffer(bytes: page.body))
        closeGently()
    }

    // MARK: Answering

    var isWritable: Bool { context?.channel.isWritable ?? true }

    func begin(_ head: ResponseHead) {
        // The rest of the request may never be read.
        if case .body = reading { isKept = false }
        let framing = writer.frame(head, isHTTP10: isHTTP10)
        isKept = isKept && framing.endIsKnown
        var ending = framing.lines
        if !isKept { ending += "Connection: close\r\n" } else if isHTTP10 { ending += "Connection: keep-alive\r\n" }
        write(AnswerHead.bytes(head, ending: ending))
    }

    func send(_ body: ByteBuffer) {
        if let context { writer.writeBody(body, context) }
    }

    func end() {
        if let context { writer.endBody(context) }
        guard isKept, !isInputClosed || inbound.readableBytes > 0 else {
            if case .answer = reading, inbound.readableBytes == 0 { return close() }
            return closeGently()
        }
        owesContinue = false
        reading = .head
        pace.begin(.idle, front.now)
        connection.begin(.idle)
        flush()
        process()
        readOn()
    }

    func flush() {
        if let context { writer.flush(context) }
    }

    private func write(_ bytes: ByteBuffer) {
        if let context { writer.write(bytes, context) }
    }

    func breakOff() {
        reading = .closing
        close()
    }

    func switchProtocols(_ head: ResponseHead) {
        guard case .answer(let exchange) = reading else { return breakOff() }
        var ending = "Connection: Upgrade\r\n"
        if let upgrade = head.upgrade { ending += "Upgrade: \(head.fields.bytes.text(upgrade))\r\n" }
        write(AnswerHead.bytes(head, ending: ending))
        flush()
        reading = .tunnel(exchange)
        pace.begin(.tunnel, front.now)
        connection.begin(answering)
        process()
        exchange.flushUpstream()
        readOn()
    }

    func closeOutput() {
        guard let context else { return }
        flush()
        whenSent { context.close(mode: .output, promise: nil) }
    }

    // MARK: The end

    /// Closes the connection when all is sent.
    private func close() {
        guard let context else { return }
        flush()
        beginClosing()
        whenSent { context.close(promise: nil) }
    }

    /// Closes this side when all is sent, and lets the client read it before it closes its own: what is sent to a connection
    /// that is closed takes the answer from it.
    private func closeGently() {
        guard let context else { return }
        if case .closing = reading { return }
        beginClosing()
        flush()
        let isInputClosed = isInputClosed
        whenSent {
            guard !isInputClosed else { return context.close(promise: nil) }
            self.pace.begin(.closing, self.front.now)
            context.close(mode: .output).assumeIsolated().whenFailure { _ in context.close(promise: nil) }
        }
        if holdsRead {
            holdsRead = false
            context.read()
        }
    }

    /// From now on the client is waited for: it has to take what there is for it first, and then to close its side.
    private func beginClosing() {
        reading = .closing
        pace.begin(.sending, front.now)
        connection.begin(.sending)
    }

    private func whenSent(_ next: @escaping () -> Void) {
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in next() }
    }

    /// Ends the connection when the request that is under way is answered.
    func stop() {
        isStopping = true
        switch reading {
        case .head: if inbound.readableBytes == 0 { close() } else { isKept = false }
        case .tunnel, .closing: break
        case .body, .answer: isKept = false
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { stop() }
        if case ChannelEvent.inputClosed = event {
            isInputClosed = true
            switch reading {
            case .head, .body: dropHalf()
            case .closing: close()
            case .answer: isKept = isKept && inbound.readableBytes > 0
            case .tunnel(let exchange): exchange.clientClosesOutput()
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        pace.writable(isWritable, front.now)
        switch reading {
        case .answer, .tunnel: connection.begin(isWritable ? .answering : .sending)
        case .body: connection.begin(isWritable ? .reading : .sending)
        case .head, .closing: break
        }
        exchange?.clientWritabilityChanged()
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        exchange?.cancel()
        reading = .closing
        front.remove(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: Time

    func tick(_ now: NIODeadline) {
        exchange?.tick(now)
        let isReading = if case .body(_, let exchange) = reading { exchange.takesRequest } else { false }
        guard let lapse = pace.lapse(now, isReadingBody: isReading) else { return }
        if let event = lapse.event, let ip = info.ip {
            front.shared.guardian?.saw(event, from: ip, for: exchange?.application?.fronted)
        }
        switch lapse {
        case .head, .body:
            isKept = false
            if let exchange { exchange.fail(408) } else { answer(408) }
            closeGently()
        case .idle: close()
        case .reading, .closing: context?.close(promise: nil)
        }
    }
}
