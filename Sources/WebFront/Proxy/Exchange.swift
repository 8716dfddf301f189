import NIOCore

/// One request and its answer: from a client to an application's server, and back.
///
/// Everything happens on one event loop, in calls from the client's side and the server's. A side whose counterpart can't
/// take more is not read on: nothing but what is on its way is in memory.
final class Exchange {
    enum Stage {
        /// What looks at requests is being made ready.
        case preparing
        /// The beginning of the body is waited for, which is looked at.
        case screening(limit: Int)
        case connecting
        /// On its way to a server, and back.
        case passing(UpstreamConnection)
        /// Client and server speak another protocol.
        case tunnel(UpstreamConnection)
        case done
    }

    let front: FrontLoop
    let client: ClientInfo
    let head: RequestHead
    @exclusivity(unchecked) var side: (any ClientSide)?
    @exclusivity(unchecked) var application: Application?
    @exclusivity(unchecked) var stage = Stage.connecting
    @exclusivity(unchecked) var kept = KeptBody()
    @exclusivity(unchecked) var isRequestWhole: Bool
    @exclusivity(unchecked) private var hasSentBody = false
    @exclusivity(unchecked) private var isAnswerBegun = false
    @exclusivity(unchecked) private var isEndTold = false
    @exclusivity(unchecked) private var tried: [Target] = []
    /// When the server has last said or taken something.
    @exclusivity(unchecked) private var since: NIODeadline
    @exclusivity(unchecked) var screened: ScreenedRequest?
    @exclusivity(unchecked) var screening: (any Screening)?
    /// Headers that what screens requests adds.
    @exclusivity(unchecked) var added: [(name: String, value: String)] = []
    let traceID: String

    /// What a request counts as whose client has left before it was answered.
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html>
    private static let clientLeft = 460
    /// How much of a body waits in memory for a server, in bytes.
    private static let mostKept = 65_536

    init(_ front: FrontLoop, _ client: ClientInfo, _ side: any ClientSide, _ head: RequestHead) {
        self.front = front
        self.client = client
        self.side = side
        self.head = head
        isRequestWhole = !head.hasBody
        since = front.now
        traceID = front.makeTraceID()
    }

    // MARK: To a server

    func connect() {
        stage = .connecting
        guard let application, let target = application.pick(besides: tried) else { return answer(502) }
        if let idle = front.takeIdle(target) { return pass(to: idle) }
        UpstreamConnection.open(target, front).assumeIsolated().whenComplete { result in
            guard case .connecting = self.stage else {
                if case .success(let connection) = result { connection.close() }
                return
            }
            switch result {
            case .success(let connection): self.pass(to: connection)
            case .failure(let error):
                self.tried.append(target)
                self.front.shared.counters.failedConnections.add(1)
                // Nothing was sent, so that another server may have it.
                if application.pick(besides: self.tried) != nil { return self.connect() }
                if case ChannelError.connectTimeout = error { return self.answer(504) }
                self.answer(502)
            }
        }
    }

    private func pass(to upstream: UpstreamConnection) {
        let passed = UpstreamRequest.head(
            // Whoever was verified for another application is nobody here.
            head, client, certificate: application?.trust == nil ? [] : client.certificate, traceID: traceID,
            added: added, endpoint: upstream.target.address.authority)
        guard let passed else {
            upstream.close()
            return answer(400)
        }
        stage = .passing(upstream)
        since = front.now
        upstream.begin(self, isToHEAD: head.isHEAD)
        upstream.write(passed)
        for piece in kept.takeAll() { send(piece, upstream) }
        if isRequestWhole { endBody(upstream) }
        upstream.flush()
        if !isRequestWhole { side?.readOn() }
    }

    private func send(_ piece: ByteBuffer, _ upstream: UpstreamConnection) {
        hasSentBody = true
        guard head.framing == .chunked else { return upstream.write(piece) }
        guard piece.readableBytes > 0 else { return }
        upstream.write(ByteBuffer(string: String(piece.readableBytes, radix: 16) + "\r\n"))
        upstream.write(piece)
        upstream.write(ByteBuffer(string: "\r\n"))
    }

    private func endBody(_ upstream: UpstreamConnection) {
        if head.framing == .chunked { upstream.write(ByteBuffer(string: "0\r\n\r\n")) }
    }

    // MARK: From the client

    /// Whether the client's side may be read on.
    var takesRequest: Bool {
        switch stage {
        case .screening, .done: true
        case .preparing, .connecting: kept.count < Self.mostKept
        case .passing(let upstream), .tunnel(let upstream): upstream.isWritable
        }
    }

    /// Takes a piece of the request's body, or of what another protocol has.
    func take(_ piece: ByteBuffer) {
        switch stage {
        case .screening(let limit):
            kept.append(piece)
            if kept.count > limit { decide() }
        case .preparing, .connecting: kept.append(piece)
        case .passing(let upstream):
            // A server that takes the body is no server that says nothing.
            if upstream.isWritable { since = front.now }
            send(piece, upstream)
        case .tunnel(let upstream):
            since = front.now
            upstream.write(piece)
        case .done: break
        }
    }

    /// The request's body has come to its end.
    func endRequest() {
        isRequestWhole = true
        switch stage {
        case .screening: decide()
        case .passing(let upstream):
            since = front.now
            endBody(upstream)
            upstream.flush()
        case .preparing, .connecting, .tunnel, .done: break
        }
    }

    /// Sends to the server what has been taken.
    func flushUpstream() {
        switch stage {
        case .passing(let upstream), .tunnel(let upstream): upstream.flush()
        case .preparing, .screening, .connecting, .done: break
        }
    }

    /// The client takes more of the answer, or less.
    func clientWritabilityChanged() {
        guard takesAnswer else { return }
        switch stage {
        case .passing(let upstream), .tunnel(let upstream): upstream.readOn()
        case .preparing, .screening, .connecting, .done: break
        }
    }

    /// The client says no more in another protocol.
    func clientClosesOutput() {
        if case .tunnel(let upstream) = stage { upstream.closeOutput() }
    }

    /// The client is gone, or its request turned out to be none.
    func cancel() { finish(mayKeep: false) }

    /// Answers in the application's place, if nothing was answered yet; else breaks the answer off.
    func fail(_ status: Int) {
        if case .done = stage { return }
        guard !isAnswerBegun else { return breakOff() }
        answer(status)
    }

    // MARK: From the server

    /// Whether the client's side takes more of the answer.
    var takesAnswer: Bool { side?.isWritable ?? true }

    func flushClient() { side?.flush() }

    func upstreamWritabilityChanged() {
        guard takesRequest else { return }
        since = front.now
        side?.readOn()
    }

    func upstreamBegins(_ answer: ResponseHead) {
        since = front.now
        beginAnswer(answer)
    }

    func upstreamSends(_ piece: ByteBuffer) {
        since = front.now
        side?.send(piece)
    }

    func upstreamEnds() {
        let side = side
        finish(mayKeep: isRequestWhole && !head.hasUnusualBody)
        side?.end()
    }

    /// The server speaks another protocol from now on.
    /// - Throws: when it was not asked to.
    func upstreamSwitches(_ answer: ResponseHead) throws(Refusal) {
        guard case .passing(let upstream) = stage, let asked = head.upgrade, let protocolName = answer.upgrade,
            answer.fields.bytes.equals(protocolName, ignoringCase: head.bytes[asked]), !isAnswerBegun
        else { throw .malformed("an application changes to a protocol that nobody asked for") }
        isAnswerBegun = true
        since = front.now
        stage = .tunnel(upstream)
        tell(101)
        tellEnd()
        side?.switchProtocols(answer)
        upstream.beginTunnel()
    }

    func upstreamClosesOutput() { side?.closeOutput() }

    /// What the server said is no answer.
    func upstreamFailed(_ refusal: Refusal) {
        front.shared.log.debug("an application's answer is none: \(refusal.reason)")
        fail(502)
    }

    /// The server has closed the connection before its answer was there.
    func upstreamClosed() {
        guard case .passing(let upstream) = stage else { return finishTunnel() }
        // An idle connection may be closed by the server just when a request is sent on it.
        if upstream.isReused, !upstream.hasAnswered, !hasSentBody, head.isIdempotent {
            upstream.release(mayBeKept: false)
            return connect()
        }
        fail(502)
    }

    private func finishTunnel() {
        let side = side
        finish(mayKeep: false)
        side?.breakOff()
    }

    // MARK: Answers

    private func beginAnswer(_ answer: ResponseHead) {
        isAnswerBegun = true
        tell(answer.status)
        if answer.isEventStream { tellEnd() }
        side?.begin(answer)
    }

    /// Says how the request has ended.
    private func tell(_ status: Int) {
        front.shared.counters.count(status: status)
        guard let screened else { return }
        screening?.answered(screened, status: status)
        if let guardian = front.shared.guardian, let ip = client.ip {
            let wasForwarded = if case .passing = stage { true } else { false }
            guardian.saw(.request(status: status, wasForwarded: wasForwarded), from: ip, for: application?.fronted)
        }
    }

    /// Says that the answer takes no part any more of what the application can do. What has no foreseeable end takes none.
    private func tellEnd() {
        guard !isEndTold, screened != nil else { return }
        isEndTold = true
        if let guardian = front.shared.guardian, let ip = client.ip {
            guardian.saw(.requestEnded, from: ip, for: application?.fronted)
        }
    }

    func answer(_ status: Int) {
        answer(ErrorPage.answer(status))
    }

    func answer(_ own: ScreeningAnswer) {
        guard let side else { return }
        beginAnswer(ResponseHead(own, at: front.time, isToHEAD: head.isHEAD))
        if !head.isHEAD, !own.body.isEmpty { side.send(ByteBuffer(bytes: own.body)) }
        finish(mayKeep: false)
        side.end()
        side.flush()
    }

    private func breakOff() {
        let side = side
        finish(mayKeep: false)
        side?.breakOff()
    }

    func hangUp() {
        let side = side
        finish(mayKeep: false)
        side?.hangUp()
    }

    private func finish(mayKeep: Bool) {
        let was = stage
        stage = .done
        (side, kept) = (nil, KeptBody())
        if !isAnswerBegun {
            isAnswerBegun = true
            tell(Self.clientLeft)
        }
        tellEnd()
        switch was {
        case .passing(let upstream), .tunnel(let upstream): upstream.release(mayBeKept: mayKeep)
        case .preparing, .screening, .connecting, .done: break
        }
    }

    // MARK: Time

    /// Looks whether the application takes too long, and whether the client may go on.
    func tick(_ now: NIODeadline) {
        guard client.standing?.isRevoked != true else { return hangUp() }
        guard let application, since + application.settings.timeout < now else { return }
        switch stage {
        case .passing(let upstream):
            // The client is waited for: its side looks to it.
            guard takesAnswer, isRequestWhole || !upstream.isWritable else { return }
            fail(504)
        case .tunnel: finishTunnel()
        // As for a web ACL that can't be asked.
        case .preparing: fail(500)
        case .screening, .connecting, .done: break
        }
    }
}
