import NIOCore
import NIOHTTP1
import Synchronization
import Wire

/// One request and its answer, on the connection's event loop.
final class Exchange: Sendable {
    let request: EndpointClient.Request
    /// When its answer has to be there.
    let deadline: NIODeadline
    private let answer: Mutex<(@Sendable (Result<EndpointClient.Answer, EndpointError>) -> Void)?>

    init(
        _ request: EndpointClient.Request, until deadline: NIODeadline?,
        _ answer: @escaping @Sendable (Result<EndpointClient.Answer, EndpointError>) -> Void
    ) {
        self.request = request
        self.deadline = deadline ?? .distantFuture
        self.answer = Mutex(answer)
    }

    func succeed(_ answer: EndpointClient.Answer) { give(.success(answer)) }

    func fail(_ error: EndpointError) {
        if case .stream(let body) = request.body { body.stop() }
        give(.failure(error))
    }

    /// Only the first one counts.
    private func give(_ result: Result<EndpointClient.Answer, EndpointError>) {
        let answer = answer.withLock { answer in
            defer { answer = nil }
            return answer
        }
        answer?(result)
    }
}

/// One connection to an endpoint: one exchange after the other.
///
/// Its properties are touched on one thread, and never from within an access to them, so that this need not be checked each time.
final class ExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private enum State {
        case unused
        /// The head is yet to come.
        case asked(Exchange)
        /// A short answer, which is handed over whole.
        case collecting(Exchange, HTTPResponseHead, ByteBuffer)
        /// An answer that is handed on as it comes.
        case passing(Exchange, ArrivingBody)
        /// The whole answer is there, and the request is not whole yet.
        case answered(Exchange)
        case closed
    }

    /// The client that gets the connection back. It holds the connection only while that is unused.
    weak var client: EndpointClient?
    @exclusivity(unchecked) private var state = State.unused
    @exclusivity(unchecked) private var context: ChannelHandlerContext?
    /// Whether the head of the request is written.
    @exclusivity(unchecked) private var isHeadSent = false
    /// Whether the whole request is written.
    @exclusivity(unchecked) private var isSent = true
    @exclusivity(unchecked) private var isChunked = false
    private let writer: RequestWriter
    /// An answer that came before the request was whole, and waits for that: who gets it sends no more.
    @exclusivity(unchecked) private var early: EndpointClient.Answer?
    /// Whether both sides want another request on the connection.
    @exclusivity(unchecked) private var isKept = true
    /// Whether the request's own body is what is waited for.
    @exclusivity(unchecked) private var awaitsClient = false
    @exclusivity(unchecked) private var holdsRead = false
    @exclusivity(unchecked) private var lastHeard = NIODeadline.now()
    private let limits: EndpointClient.Limits
    /// One at a time, for whatever the connection is at: it is not made anew for each exchange, but looks when it fires.
    @exclusivity(unchecked) private var timer: Scheduled<Void>?

    /// Longest answers that are handed over whole, in bytes.
    private static let shortBody = 65_536

    init(_ limits: EndpointClient.Limits, _ writer: RequestWriter) {
        self.limits = limits
        self.writer = writer
    }

    var isOpen: Bool { if case .closed = state { false } else { context?.channel.isActive == true } }

    /// Whether the connection has been unused for so long that the server may be about to close it.
    var isStale: Bool { lastHeard + TimeAmount(limits.idle) <= .now() }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        self.context = nil
    }

    // MARK: The request

    func begin(_ exchange: Exchange) {
        guard let context, isOpen else { return exchange.fail(.fetch(.unreachable("the connection is closed"))) }
        state = .asked(exchange)
        (isHeadSent, isSent, isKept, awaitsClient, lastHeard) = (false, false, true, false, .now())
        early = nil
        let loop = context.eventLoop
        if timer == nil { arm(context, at: min(lastHeard + shortestWait, exchange.deadline)) }
        switch exchange.request.body {
        case .bytes(let bytes):
            let hasLength = !bytes.isEmpty || !["GET", "HEAD"].contains(exchange.request.method)
            isSent = true
            guard writeHead(of: exchange, context, hasLength ? .length(bytes.count) : .none, body: bytes) else {
                return
            }
            context.flush()
        case .stream(let body):
            // A head that promises a body is nothing whole, and an endpoint may want to refuse it at once.
            if body.length != 0 {
                guard beginBody(of: exchange, context) else { return }
                context.flush()
            }
            send(body, of: exchange, on: loop)
        }
    }

    /// - Returns: false for a head that can't be written; then the exchange has failed.
    private func writeHead(
        of exchange: Exchange, _ context: ChannelHandlerContext, _ framing: RequestFraming, body: [UInt8] = []
    ) -> Bool {
        isHeadSent = true
        guard let head = exchange.request.head(framing, body: body) else {
            fail(.fetch(.unreadable("the request can't be written as HTTP")))
            return false
        }
        if case .chunked = framing { isChunked = true } else { isChunked = false }
        let method = exchange.request.method
        // For the decoder, which has to know what answers are to.
        let announced = HTTPRequestHead(
            version: .http1_1, method: method == "POST" ? .POST : HTTPMethod(rawValue: method), uri: "")
        context.write(wrapOutboundOut(.head(announced)), promise: nil)
        writer.write(head)
        return true
    }

    /// Sends a body as it comes, but for its last piece, which waits until the body has ended well: what turns out to be forged,
    /// or too short, must not be whole at the other end. Two pieces are on their way at most, so that who sends it is slowed
    /// down by who reads it.
    private func send(_ body: BodyStream, of exchange: Exchange, on loop: any EventLoop) {
        let handler = NIOLoopBound(self, eventLoop: loop)
        awaitsClient = true
        Task.detached {
            do throws(ServiceError) {
                var count = 0
                var waiting: [UInt8]?
                var before: EventLoopFuture<Void>?
                while let piece = try await body.next() {
                    count += piece.count
                    if let waiting {
                        let written = loop.flatSubmit { handler.value.write(waiting, of: exchange, on: loop) }
                        do { try await before?.get() } catch { return body.stop() }
                        before = written
                    }
                    waiting = piece
                }
                // Less than was announced is not the request that was signed.
                guard body.length.map({ $0 == count }) ?? true else { throw ServiceError.incompleteBody }
                let last = waiting
                loop.execute { handler.value.endRequest(last, of: exchange) }
            } catch {
                loop.execute { handler.value.abandon(exchange, .body(error)) }
            }
        }
    }

    private func write(_ piece: [UInt8], of exchange: Exchange, on loop: any EventLoop) -> EventLoopFuture<Void> {
        guard let context, isCurrent(exchange), beginBody(of: exchange, context) else {
            return loop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        awaitsClient = false
        lastHeard = .now()
        let promise = loop.makePromise(of: Void.self)
        write(ByteBuffer(bytes: piece), promise)
        context.flush()
        let written = promise.futureResult
        written.assumeIsolated().whenSuccess { self.awaitsClient = true }
        return written
    }

    private func write(_ piece: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
        if isChunked { writer.writeChunk(piece, promise) } else { writer.write(piece, promise) }
    }

    private func endRequest(_ piece: [UInt8]?, of exchange: Exchange) {
        guard let context, isCurrent(exchange), beginBody(of: exchange, context) else { return }
        (isSent, awaitsClient, lastHeard) = (true, false, .now())
        if let piece { write(ByteBuffer(bytes: piece), nil) }
        if isChunked { writer.write(ByteBuffer(string: "0\r\n\r\n")) }
        context.flush()
        guard let answer = early else { return }
        early = nil
        if case .answered = state {
            state = .unused
            finish(exchange, context)
        }
        exchange.succeed(answer)
    }

    /// - Returns: false when the head can't be written; then the exchange has failed.
    private func beginBody(of exchange: Exchange, _ context: ChannelHandlerContext) -> Bool {
        guard !isHeadSent, case .stream(let body) = exchange.request.body else { return true }
        return writeHead(of: exchange, context, body.length.map { .length($0) } ?? .chunked)
    }

    /// Breaks off: the endpoint must not take what it has got for the whole.
    private func abandon(_ exchange: Exchange, _ error: EndpointError) {
        guard isCurrent(exchange) else { return exchange.fail(error) }
        // Who has an answer already wants no more of the request; the connection is not used again.
        if early == nil {
            switch state {
            case .collecting, .passing: return
            case .asked, .answered, .unused, .closed: break
            }
        }
        fail(error)
    }

    private func isCurrent(_ exchange: Exchange) -> Bool {
        switch state {
        case .asked(let current), .collecting(let current, _, _), .passing(let current, _), .answered(let current):
            current === exchange
        case .unused, .closed: false
        }
    }

    // MARK: The answer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastHeard = .now()
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let bytes): take(bytes)
        case .end: end(context)
        }
    }

    private func begin(_ head: HTTPResponseHead, _ context: ChannelHandlerContext) {
        // What nobody asked for belongs to no request; the next one must not get it.
        guard case .asked(let exchange) = state else { return fail(.fetch(.unreadable("an answer without a request"))) }
        // What would come after it is another protocol, which nobody asked for.
        guard head.status.code >= 200 else { return fail(.fetch(.unreadable("a switch of protocols"))) }
        // What another coding does to a body is not undone here, and where it ends nobody knows.
        if let coding = head.headers.first(name: "transfer-encoding"), coding.lowercased() != "chunked" {
            return fail(.fetch(.unreadable("the transfer coding \(coding.prefix(64))")))
        }
        isKept = isKept && head.isKeepAlive
        let length = head.headers.first(name: "content-length").flatMap { Int($0) }
        if exchange.request.method == "HEAD" || length.map({ $0 <= Self.shortBody }) == true {
            state = .collecting(exchange, head, ByteBuffer())
            return
        }
        let loop = context.eventLoop
        let handler = NIOLoopBound(self, eventLoop: loop)
        let body = ArrivingBody {
            loop.execute { handler.value.readOn() }
        } onStop: { isWhole in
            if !isWhole { loop.execute { handler.value.stopped(exchange) } }
        }
        state = .passing(exchange, body)
        let stream = BodyStream(length: length) { () throws(ServiceError) in
            try await body.next()
        } onStop: {
            body.stop()
        }
        if let answer = answer(head, .stream(stream)) { exchange.succeed(answer) }
    }

    /// An answer that may be handed over; nil for a success that comes before the request is whole, which waits for that.
    private func answer(_ head: HTTPResponseHead, _ body: EndpointClient.Body) -> EndpointClient.Answer? {
        let answer = EndpointClient.Answer(
            status: Int(head.status.code), headers: head.headers.map { (name: $0.name, value: $0.value) }, body: body)
        if isSent || head.status.code >= 300 { return answer }
        early = answer
        return nil
    }

    private func take(_ bytes: ByteBuffer) {
        switch state {
        case .collecting(let exchange, let head, var collected):
            state = .unused
            collected.writeImmutableBuffer(bytes)
            state = .collecting(exchange, head, collected)
        case .passing(_, let body): body.take(bytes)
        case .asked, .answered, .unused, .closed: break
        }
    }

    private func end(_ context: ChannelHandlerContext) {
        let was = state
        state = .unused
        switch was {
        case .collecting(let exchange, let head, let collected):
            let answer = answer(head, .bytes(Array(buffer: collected)))
            // First, for who gets the answer may have the next request for the connection.
            finish(exchange, context)
            if let answer { exchange.succeed(answer) }
        case .passing(let exchange, let body):
            finish(exchange, context)
            body.end()
        case .answered: break
        case .asked(let exchange): exchange.fail(.fetch(.unreadable("an answer without a head")))
        case .unused, .closed: break
        }
    }

    /// Gives the connection back, if it can be used again.
    private func finish(_ exchange: Exchange, _ context: ChannelHandlerContext) {
        if early != nil {
            // The rest of the request is still to go.
            state = .answered(exchange)
            return
        }
        if !isSent, case .stream(let body) = exchange.request.body { body.stop() }
        guard isSent, isKept, let client, context.channel.isActive else {
            state = .closed
            return context.close(promise: nil)
        }
        client.keep(self, context.channel)
    }

    /// Nobody wants the rest of an answer.
    private func stopped(_ exchange: Exchange) {
        guard isCurrent(exchange) else { return }
        state = .closed
        context?.close(promise: nil)
    }

    func read(context: ChannelHandlerContext) {
        if case .passing(_, let body) = state, body.isFull {
            holdsRead = true
        } else {
            context.read()
        }
    }

    private func readOn() {
        lastHeard = .now()
        guard holdsRead, let context else { return }
        holdsRead = false
        context.read()
    }

    // MARK: Ends that should not be

    /// The connection's turns last no shorter than this, so that a timer which is never set for later than this from now misses
    /// the end of none, whenever that begins.
    private var shortestWait: TimeAmount {
        TimeAmount(max(min(limits.silence, limits.idle, limits.answer ?? limits.idle), .milliseconds(10)))
    }

    private func arm(_ context: ChannelHandlerContext, at deadline: NIODeadline) {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: deadline) { bound.value.checkTime() }
    }

    private func checkTime() {
        timer = nil
        guard let context else { return }
        var isOthersTurn = awaitsClient
        let wait: Duration
        var deadline = NIODeadline.distantFuture
        switch state {
        case .closed: return
        case .unused: (wait, isOthersTurn) = (limits.idle, false)
        case .asked(let exchange), .collecting(let exchange, _, _), .answered(let exchange):
            (wait, deadline) = (limits.silence, exchange.deadline)
        case .passing(_, let body):
            wait = limits.silence
            isOthersTurn = isOthersTurn || body.isFull
        }
        let now = NIODeadline.now()
        guard now < deadline else { return fail(.fetch(.tooSlow)) }
        var end = now + TimeAmount(wait)
        if !isOthersTurn {
            end = lastHeard + TimeAmount(wait)
            if end <= now {
                if case .unused = state { return context.close(promise: nil) }
                return fail(.fetch(.tooSlow))
            }
        }
        arm(context, at: min(end, now + shortestWait, deadline))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(.fetch(EndpointClient.fetchError(error)))
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.fetch(.unreachable("it closed the connection")))
        context.fireChannelInactive()
    }

    private func fail(_ error: EndpointError) {
        let was = state
        state = .closed
        switch was {
        case .asked(let exchange), .collecting(let exchange, _, _), .answered(let exchange): exchange.fail(error)
        case .passing(let exchange, let body):
            if case .stream(let sent) = exchange.request.body { sent.stop() }
            body.end(.endpointFailed("\(error)"))
            // It does nothing once the head is handed over.
            exchange.fail(error)
        case .unused: if let context { client?.forget(self, on: context.eventLoop) }
        case .closed: return
        }
        context?.close(promise: nil)
    }
}

extension ServiceError {
    fileprivate static var incompleteBody: ServiceError {
        ServiceError(
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header")
    }

    /// The answer's head is sent already: nobody gets to read this but the log.
    fileprivate static func endpointFailed(_ reason: String) -> ServiceError {
        ServiceError("ServiceUnavailable", "The endpoint broke off its answer: \(reason).", status: 503)
    }
}
