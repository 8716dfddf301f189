import Intake
import NIOCore
import NIOHTTP1
import Platform
import Wire

/// Takes one request after the other from a connection, has each answered, and sends the answer.
///
/// Most bodies are collected first. One that is a stream is handed on as it comes: the answer is begun with the head, and
/// the connection is read no faster than the body is taken.
///
/// A request that waits for nothing is answered at once, on the connection's event loop: a trip to another thread and
/// back costs more than most calls.
///
/// Its properties are touched some hundred times for each request, on one thread and never from within an access to them, so
/// that this need not be checked each time.
final class RequestHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// What is being read.
    private enum Reading {
        /// Nothing: a request is answered, or awaited.
        case nothing
        case whole(RequestHead, Occasion, limit: Int)
        case stream(IncomingBody)
        /// The rest of a body that nobody wants.
        case rest
    }

    /// What the one who answers a request has to know of how it was sent. Small, for it goes along.
    private struct Occasion: Sendable {
        let isKeepAlive: Bool
        let isHTTP10: Bool
        /// Whether the answer's body is left out.
        let isHEAD: Bool
        /// The request's `Content-Length`.
        let announcedLength: Int?

        init(_ head: HTTPRequestHead) {
            isKeepAlive = head.isKeepAlive
            isHTTP10 = head.version == .http1_0
            isHEAD = head.method == .HEAD
            announcedLength = head.headers.first(name: "content-length").flatMap { Int($0) }
        }
    }

    private let connection: Connection
    private let edge: Edge
    /// How the connection is encrypted; nil: it is not.
    private let tls: TLSDetails?
    /// Writes what this handler answers; nil: that is not HTTP/1.1.
    private let encoder: AnswerEncoder?
    @exclusivity(unchecked) private var reading = Reading.nothing
    /// What has come of a body that is collected.
    @exclusivity(unchecked) private var body = ByteBuffer()
    /// Whether the client waits for a word before it sends the body.
    @exclusivity(unchecked) private var owesContinue = false
    /// Whether the connection is to be read further once there is room.
    @exclusivity(unchecked) private var holdsRead = false
    /// An answer that waits for the end of its request.
    @exclusivity(unchecked) private var held: (response: WireResponse, occasion: Occasion)?
    /// Pieces of an answer that the client has not taken yet.
    @exclusivity(unchecked) private var unsent = 0
    /// Whether everything is said, and the client is to close its side.
    @exclusivity(unchecked) private var isClosing = false
    /// Whether a request is being answered.
    @exclusivity(unchecked) private var isAnswering = false
    /// Whether the client will send no more.
    @exclusivity(unchecked) private var isInputClosed = false
    /// Whether the channel is a stream of HTTP/2, which is good for one request.
    @exclusivity(unchecked) private var isStream = false
    /// Made for the first request that is passed on.
    @exclusivity(unchecked) private var executor: LoopExecutor?
    /// nil when the handler is out of its channel.
    @exclusivity(unchecked) private var context: ChannelHandlerContext?

    /// How much of an unwanted body is read in order to keep the connection, in bytes.
    private static let shortRest = 65_536

    /// - Parameters:
    ///   - tls: how the connection is encrypted; nil: it is not.
    ///   - encoder: of the same channel, if it has one.
    init(_ connection: Connection, _ edge: Edge, tls: TLSDetails?, encoder: AnswerEncoder? = nil) {
        self.encoder = encoder
        self.connection = connection
        self.edge = edge
        self.tls = tls
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        fail(.incompleteBody)
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let bytes): take(bytes, context)
        case .end: end(context)
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        connection.begin(.reading)
        isStream = head.version.major == 2
        guard let request = WireRequest(head) else {
            reading = .rest
            return refuse(.badRequest, context)
        }
        let known = edge.head(request)
        let occasion = Occasion(head)
        owesContinue =
            request.header("expect").map { equalsIgnoringCase($0, lowercased: "100-continue") } ?? false
        switch known.plan {
        case .whole(let limit):
            reading = .whole(known, occasion, limit: limit)
            // What is too long is refused at once, and not read.
            let length = occasion.announcedLength ?? 0
            guard length <= limit else { return refuse(.payloadTooLarge, context) }
            // Room for the usual request; what is only announced takes no memory.
            body.reserveCapacity(min(max(length, 0), 16_384))
            sendContinue(context)
        case .stream(let limit):
            let loop = context.eventLoop
            let handler = NIOLoopBound(self, eventLoop: loop)
            let incoming = IncomingBody(connection, limit: limit, announced: occasion.announcedLength) {
                if loop.inEventLoop { handler.value.readOn() } else { loop.execute { handler.value.readOn() } }
            }
            reading = .stream(incoming)
            answer(known, stream: incoming, to: occasion, context)
        }
    }

    private func take(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        switch reading {
        case .whole(_, _, let limit):
            guard body.readableBytes + bytes.readableBytes <= limit else {
                return refuse(.payloadTooLarge, context)
            }
            body.writeImmutableBuffer(bytes)
        case .stream(let incoming): incoming.take(bytes)
        case .rest, .nothing: break
        }
    }

    private func end(_ context: ChannelHandlerContext) {
        let was = reading
        // Who asked for the word and has nothing to send after it gets it all the same: botocore takes an answer without it
        // for that of the next request, too.
        if case .stream(let incoming) = was, incoming.isEmpty { sendContinue(context) }
        reading = .nothing
        owesContinue = false
        switch was {
        case .whole(let known, let occasion, _):
            let whole = Array(buffer: body)
            // A connection without a request holds no memory of the one before.
            body = ByteBuffer()
            answer(known, body: whole, to: occasion, context)
        case .stream(let incoming): incoming.end()
        case .rest: if isClosing, isStream { context.close(promise: nil) }
        case .nothing: break
        }
        sendHeld()
    }

    func read(context: ChannelHandlerContext) {
        if case .stream(let incoming) = reading, incoming.isFull {
            holdsRead = true
        } else {
            context.read()
        }
    }

    /// Goes on reading a stream, for somebody wants more of it, or none.
    private func readOn() {
        guard let context else { return }
        if case .stream = reading { sendContinue(context) }
        guard holdsRead else { return }
        holdsRead = false
        context.read()
    }

    private func sendContinue(_ context: ChannelHandlerContext) {
        guard owesContinue else { return }
        owesContinue = false
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
    }

    /// Ends a body that is not whole.
    private func fail(_ error: ServiceError) {
        guard case .stream(let incoming) = reading else { return }
        reading = .rest
        incoming.end(error)
        sendHeld()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is RequestDeadline.BodyStalled { fail(.bodyStalled) }
        if case ChannelEvent.inputClosed = event {
            isInputClosed = true
            // An answer that is still to come may be read all the same.
            if isClosing {
                closeWhenSent(context)
            } else if !isAnswering {
                closeWhenIdle(context)
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Closes a connection whose client will send no more, unless a request that it has sent before is still on its way here:
    /// the end of the client may be told before it.
    private func closeWhenIdle(_ context: ChannelHandlerContext) {
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.read()
        context.eventLoop.execute {
            guard !handler.value.isAnswering, let context = handler.value.context else { return }
            handler.value.closeWhenSent(context)
        }
    }

    /// Closes a connection when all is sent that was written. The end of a client that has sent several requests at once, or
    /// something that is none after one, is told while the end of an answer is being written.
    private func closeWhenSent(_ context: ChannelHandlerContext) {
        guard !isStream,
            let connected = try? context.pipeline.syncOperations.context(handlerType: RequestDeadline.self)
        else {
            return context.close(promise: nil)
        }
        // Nothing, but it is sent after all that comes before it.
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        connected.writeAndFlush(NIOAny(ByteBuffer()), promise: sent)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.incompleteBody)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Half a request at the end is an error, too; then nobody is there to be told.
        guard context.channel.isActive else { return }
        switch (error, reading) {
        case _ where isClosing: context.close(promise: nil)
        case (is HTTPParserError, .stream): fail(.incompleteBody)
        case (HTTPParserError.headerOverflow, _): refuse(.requestHeaderFieldsTooLarge, context)
        case (is HTTPParserError, _): refuse(.badRequest, context)
        default: context.close(promise: nil)
        }
    }

    /// Answers something that is not a well-formed request, and closes the connection. What is left of it is not worth
    /// reading.
    private func refuse(_ status: HTTPResponseStatus, _ context: ChannelHandlerContext) {
        reading = .rest
        body = ByteBuffer()
        let fields: HTTPHeaders = ["Connection": "close", "Content-Length": "0"]
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        close(context)
    }

    // MARK: Answering

    private func answer(
        _ known: RequestHead, body: [UInt8] = [], stream: IncomingBody? = nil, to occasion: Occasion,
        _ context: ChannelHandlerContext
    ) {
        connection.begin(.answering)
        isAnswering = true
        let (edge, sourceIP, tls, loop) = (edge, connection.address, tls, context.eventLoop)
        let handler = NIOLoopBound(self, eventLoop: loop)
        let respond: @Sendable () async -> Void = {
            let response = await edge.respond(to: known, body: body, stream: stream, sourceIP: sourceIP, tls: tls)
            if loop.inEventLoop {
                handler.value.send(response, to: occasion)
            } else {
                loop.execute { handler.value.send(response, to: occasion) }
            }
        }
        if stream == nil, known.target?.module.isPassedOn == true {
            // The endpoint's answer arrives on this thread as well, and little is done with it.
            Task.detached(executorPreference: executor ?? makeExecutor(loop), operation: respond)
        } else {
            Task.immediateDetached { await respond() }
        }
    }

    private func makeExecutor(_ loop: any EventLoop) -> LoopExecutor {
        let made = LoopExecutor(loop)
        executor = made
        return made
    }

    /// Sends an answer, or has it wait until its request has come to its end, if that is near: a client that is still
    /// sending may not listen, and a connection on which the rest of a request is still arriving can't be used for
    /// another.
    private func send(_ response: WireResponse, to occasion: Occasion) {
        guard let context else {
            response.stream?.stop()
            return
        }
        if case .stream(let incoming) = reading {
            incoming.stop()
            if !owesContinue, let length = occasion.announcedLength, length <= Self.shortRest {
                held = (response, occasion)
                connection.begin(.reading)
                return
            }
            reading = .rest
        }
        let isKept = sendHead(response, to: occasion, context)
        guard let stream = response.stream, !occasion.isHEAD else {
            response.stream?.stop()
            if !occasion.isHEAD, !response.body.isEmpty, encoder?.takeShortBody(response.body) != true {
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: response.body)))), promise: nil)
            }
            return finish(isKept: isKept, context)
        }
        send(stream, isKept: isKept, context)
    }

    private func sendHeld() {
        guard let held else { return }
        self.held = nil
        send(held.response, to: held.occasion)
    }

    /// - Returns: whether the connection can be used for another request.
    private func sendHead(
        _ response: WireResponse, to occasion: Occasion, _ context: ChannelHandlerContext
    ) -> Bool {
        // Made at once: added one by one, each name is looked through for what is no ASCII, which no name of ours has.
        var named: [(String, String)] = []
        named.reserveCapacity(response.headers.count + 2)
        var hasLength = false
        for header in response.headers {
            named.append((header.name, header.value))
            hasLength = hasLength || equalsIgnoringCase(header.name, lowercased: "content-length")
        }
        var isKept = occasion.isKeepAlive
        if case .rest = reading { isKept = false }
        if !hasLength {
            if let length = response.stream.map(\.length) ?? response.body.count {
                named.append(("Content-Length", String(length)))
            } else if occasion.isHEAD {
                // No body follows, whose end would have to be known.
            } else if !occasion.isHTTP10 {
                named.append(("Transfer-Encoding", "chunked"))
            } else {
                isKept = false
            }
        }
        if !isKept {
            named.append(("Connection", "close"))
        } else if occasion.isHTTP10 {
            named.append(("Connection", "keep-alive"))
        }
        let head = HTTPResponseHead(
            version: .http1_1, status: .init(statusCode: response.status), headers: HTTPHeaders(named))
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        return isKept
    }

    private func finish(isKept: Bool, _ context: ChannelHandlerContext) {
        isAnswering = false
        if isKept, !(isInputClosed && isStream) {
            connection.begin(.idle)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            if isInputClosed { closeWhenIdle(context) }
        } else {
            close(context)
        }
    }

    /// Ends the answer, and closes the connection when it is sent.
    private func close(_ context: ChannelHandlerContext) {
        // To close while the client is sending would take the answer from it. It has the time of a request to read it
        // and close its side.
        if case .rest = reading {
            connection.begin(.reading)
            isClosing = true
            context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
                // A stream has its end in what was sent; to close it here would reset it.
                guard !self.isStream else { return }
                context.close(mode: .output).assumeIsolated().whenFailure { _ in context.close(promise: nil) }
            }
            return
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    // MARK: Answers that are streams

    /// Sends a body as it is made. While one piece is on its way the next is made, and no more: a client that reads
    /// slowly slows down its answer.
    private func send(_ stream: BodyStream, isKept: Bool, _ context: ChannelHandlerContext) {
        let loop = context.eventLoop
        let handler = NIOLoopBound(self, eventLoop: loop)
        context.flush()
        // On the connection's own thread: whatever a piece would go through another thread for costs more than its bytes.
        Task.detached(executorPreference: executor ?? makeExecutor(loop)) {
            defer { stream.stop() }
            do {
                var count = 0
                var (last, before): (EventLoopFuture<Void>?, EventLoopFuture<Void>?) = (nil, nil)
                while let pieces = try await stream.nextPieces() {
                    try await before?.get()
                    for piece in pieces { count += piece.count }
                    let sent =
                        loop.inEventLoop
                        ? handler.value.send(pieces, on: loop)
                        : loop.flatSubmit { handler.value.send(pieces, on: loop) }
                    (before, last) = (last, sent)
                }
                // Less than was announced, or more, is not the answer that the head promised.
                guard stream.length.map({ $0 == count }) ?? true else { throw ChannelError.inputClosed }
                try await last?.get()
                loop.execute {
                    guard let context = handler.value.context else { return }
                    handler.value.finish(isKept: isKept, context)
                }
            } catch {
                // The head is sent; only a connection that breaks off can say that the rest won't come.
                loop.execute { handler.value.context?.close(promise: nil) }
            }
        }
    }

    private func send(_ pieces: [[UInt8]], on loop: any EventLoop) -> EventLoopFuture<Void> {
        guard let context else { return loop.makeFailedFuture(ChannelError.ioOnClosedChannel) }
        unsent += 1
        connection.begin(.sending)
        for piece in pieces.dropLast() {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: piece)))), promise: nil)
        }
        let sent = context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: pieces.last ?? [])))))
        sent.assumeIsolated().whenComplete { _ in
            self.unsent -= 1
            self.connection.begin(self.unsent == 0 ? .answering : .sending)
        }
        return sent
    }
}
