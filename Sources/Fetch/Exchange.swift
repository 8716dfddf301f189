import NIOCore
import NIOHTTP1
import Synchronization
import Wire

/// One request and its answer, on the connection's event loop.
final class Exchange: Sendable {
    let request: EndpointClient.Request
    let limits: EndpointClient.Limits
    private let answer: Mutex<(@Sendable (Result<EndpointClient.Answer, EndpointError>) -> Void)?>

    init(
        _ request: EndpointClient.Request, _ limits: EndpointClient.Limits,
        _ answer: @escaping @Sendable (Result<EndpointClient.Answer, EndpointError>) -> Void
    ) {
        self.request = request
        self.limits = limits
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
    private var state = State.unused
    private var context: ChannelHandlerContext?
    /// Whether the head of the request is written.
    private var isHeadSent = false
    /// Whether the whole request is written.
    private var isSent = true
    /// An answer that came before the request was whole, and waits for that: who gets it sends no more.
    private var early: EndpointClient.Answer?
    /// Whether both sides want another request on the connection.
    private var isKept = true
    /// Whether the request's own body is what is waited for.
    private var awaitsClient = false
    private var holdsRead = false
    private var silence: Scheduled<Void>?
    private var lastHeard = NIODeadline.now()

    /// Longest answers that are handed over whole, in bytes.
    private static let shortBody = 65_536

    var isOpen: Bool { if case .closed = state { false } else { context?.channel.isActive == true } }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    // MARK: The request

    func begin(_ exchange: Exchange) {
        guard let context, isOpen else { return exchange.fail(.fetch(.unreachable("the connection is closed"))) }
        state = .asked(exchange)
        (isHeadSent, isSent, isKept, awaitsClient, lastHeard) = (false, false, true, false, .now())
        early = nil
        let loop = context.eventLoop
        armSilence(exchange.limits, context)
        switch exchange.request.body {
        case .bytes(let bytes):
            let hasLength = !bytes.isEmpty || !["GET", "HEAD"].contains(exchange.request.method)
            writeHead(of: exchange, context, length: hasLength ? bytes.count : nil, isChunked: false)
            if !bytes.isEmpty {
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
            }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            isSent = true
        case .stream(let body):
            // A head that promises a body is nothing whole, and an endpoint may want to refuse it at once.
            if body.length != 0 {
                beginBody(of: exchange, context)
                context.flush()
            }
            send(body, of: exchange, on: loop)
        }
    }

    private func writeHead(of exchange: Exchange, _ context: ChannelHandlerContext, length: Int?, isChunked: Bool) {
        var fields = HTTPHeaders()
        fields.reserveCapacity(exchange.request.headers.count + 1)
        for header in exchange.request.headers { fields.add(name: header.name, value: header.value) }
        if let length { fields.add(name: "Content-Length", value: String(length)) }
        if isChunked { fields.add(name: "Transfer-Encoding", value: "chunked") }
        let head = HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: exchange.request.method), uri: exchange.request.target,
            headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        isHeadSent = true
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
        guard let context, isCurrent(exchange) else { return loop.makeFailedFuture(ChannelError.ioOnClosedChannel) }
        beginBody(of: exchange, context)
        awaitsClient = false
        lastHeard = .now()
        let written = context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: piece)))))
        written.assumeIsolated().whenSuccess { self.awaitsClient = true }
        return written
    }

    private func endRequest(_ piece: [UInt8]?, of exchange: Exchange) {
        guard let context, isCurrent(exchange) else { return }
        beginBody(of: exchange, context)
        (isSent, awaitsClient, lastHeard) = (true, false, .now())
        if let piece { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: piece)))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        guard let answer = early else { return }
        early = nil
        if case .answered = state {
            silence?.cancel()
            state = .unused
            finish(exchange, context)
        }
        exchange.succeed(answer)
    }

    private func beginBody(of exchange: Exchange, _ context: ChannelHandlerContext) {
        guard !isHeadSent, case .stream(let body) = exchange.request.body else { return }
        writeHead(of: exchange, context, length: body.length, isChunked: body.length == nil)
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
        answer(exchange, head, .stream(stream))
    }

    /// Hands an answer over: at once, or if it is a success, when the request is whole.
    private func answer(_ exchange: Exchange, _ head: HTTPResponseHead, _ body: EndpointClient.Body) {
        let answer = EndpointClient.Answer(
            status: Int(head.status.code), headers: head.headers.map { (name: $0.name, value: $0.value) }, body: body)
        if isSent || head.status.code >= 300 {
            exchange.succeed(answer)
        } else {
            early = answer
        }
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
        silence?.cancel()
        state = .unused
        switch was {
        case .collecting(let exchange, let head, let collected):
            answer(exchange, head, .bytes(Array(buffer: collected)))
            finish(exchange, context)
        case .passing(let exchange, let body):
            body.end()
            finish(exchange, context)
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
            return armSilence(exchange.limits, context)
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
        silence?.cancel()
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

    private func armSilence(_ limits: EndpointClient.Limits, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        silence = context.eventLoop.scheduleTask(in: TimeAmount(limits.silence)) { bound.value.checkSilence() }
    }

    private func checkSilence() {
        guard let context else { return }
        let limits: EndpointClient.Limits
        var isOthersTurn = awaitsClient
        switch state {
        case .asked(let exchange), .collecting(let exchange, _, _), .answered(let exchange): limits = exchange.limits
        case .passing(let exchange, let body):
            limits = exchange.limits
            isOthersTurn = isOthersTurn || body.isFull
        case .unused, .closed: return
        }
        let until = lastHeard + TimeAmount(limits.silence)
        if !isOthersTurn, until <= .now() { return fail(.fetch(.tooSlow)) }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let next = isOthersTurn ? .now() + TimeAmount(limits.silence) : until
        silence = context.eventLoop.scheduleTask(deadline: next) { bound.value.checkSilence() }
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
        silence?.cancel()
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

/// An answer's body on its way from the connection to its reader. What has arrived and was not read waits here; when that is
/// much, the connection is not read any further.
final class ArrivingBody: Sendable {
    private struct State {
        var waiting = ByteBuffer()
        var end: Result<Void, ServiceError>?
        var isUnwanted = false
        var reader: Reader?
    }

    private typealias Reader = CheckedContinuation<Result<[UInt8]?, ServiceError>, Never>

    /// How many bytes may wait.
    private static let mostWaiting = 256 * 1024

    private let state = Mutex(State())
    private let onDemand: @Sendable () -> Void
    private let onStop: @Sendable (_ isWhole: Bool) -> Void

    /// - Parameters:
    ///   - onDemand: called when the reader asks for more.
    ///   - onStop: called when the reader wants no more.
    init(onDemand: @escaping @Sendable () -> Void, onStop: @escaping @Sendable (_ isWhole: Bool) -> Void) {
        self.onDemand = onDemand
        self.onStop = onStop
    }

    func take(_ bytes: ByteBuffer) {
        state.withLock { state in
            guard state.end == nil, !state.isUnwanted else { return }
            if state.waiting.readableBytes == 0 {
                state.waiting = bytes
            } else {
                state.waiting.writeImmutableBuffer(bytes)
            }
        }
        serve()
    }

    /// Only the first call counts.
    func end(_ error: ServiceError? = nil) {
        state.withLock { state in
            if state.end == nil { state.end = error.map { .failure($0) } ?? .success(()) }
        }
        serve()
    }

    var isFull: Bool {
        state.withLock { $0.end == nil && !$0.isUnwanted && $0.waiting.readableBytes >= Self.mostWaiting }
    }

    /// The bytes that have arrived since the last call; nil at the end.
    func next() async throws(ServiceError) -> [UInt8]? {
        try await withCheckedContinuation { reader in
            let piece = state.withLock { state in
                let piece = Self.takePiece(&state)
                if piece == nil { state.reader = reader }
                return piece
            }
            if let piece { reader.resume(returning: piece) }
            onDemand()
        }.get()
    }

    func stop() {
        let isWhole = state.withLock { state in
            state.isUnwanted = true
            state.waiting = ByteBuffer()
            if case .success? = state.end { return true }
            return false
        }
        onStop(isWhole)
    }

    private func serve() {
        let given = state.withLock { state -> (Reader, Result<[UInt8]?, ServiceError>)? in
            guard let reader = state.reader, let piece = Self.takePiece(&state) else { return nil }
            state.reader = nil
            return (reader, piece)
        }
        if let (reader, piece) = given { reader.resume(returning: piece) }
    }

    private static func takePiece(_ state: inout State) -> Result<[UInt8]?, ServiceError>? {
        guard state.waiting.readableBytes > 0 else { return state.end.map { $0.map { nil } } }
        defer { state.waiting = ByteBuffer() }
        return .success(Array(buffer: state.waiting))
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
