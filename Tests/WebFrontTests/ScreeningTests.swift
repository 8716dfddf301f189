import Logging
import NIOCore
import NIOPosix
import Platform
import Server
import Synchronization
import Testing
import WAF

@testable import WebFront

/// What stands between clients and applications, with real sockets.
struct ScreeningTests {
    @Test func whatIsAnsweredHereNeverReachesTheApplication() async throws {
        let screen = Screen(limit: 8192) { request in
            request.web.path == Array("/admin".utf8)
                ? .answer(ScreeningAnswer(status: 403, headers: [("x-reason", "rule")], body: Array("no".utf8)))
                : .pass(headers: [("x-amzn-waf-seen", "yes")])
        }
        try await Fronted.with(screen) { front in
            let refused = try await front.ask("GET /admin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(refused.hasPrefix("HTTP/1.1 403 Forbidden\r\n") && refused.contains("\r\nx-reason: rule\r\n"))
            #expect(refused.hasSuffix("\r\n\r\nno"))
            #expect(front.application.seen == [])
            let passed = try await front.ask(
                "GET / HTTP/1.1\r\nHost: a\r\nX-Amzn-Waf-Seen: forged\r\nConnection: close\r\n\r\n")
            #expect(passed.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(front.application.seen.count == 1)
            #expect(front.application.seen[0].contains("\r\nx-amzn-waf-seen: yes\r\n"))
            #expect(!front.application.seen[0].contains("forged"))
        }
        #expect(screen.answered == [403, 200])
        let request = try #require(screen.requests.last)
        #expect(request.host == "a" && request.version == "HTTP/1.1" && !request.isSecure)
        #expect(request.web.address == IPAddress("127.0.0.1") && request.traceID.hasPrefix("Root=1-"))
    }

    @Test(arguments: [false, true])
    func theBeginningOfABodyIsLookedAt(_ isChunked: Bool) async throws {
        let screen = Screen(limit: 10) { request in
            request.web.body.starts(with: "attack".utf8) ? .answer(ScreeningAnswer(status: 403)) : .pass(headers: [])
        }
        func request(_ body: String) -> String {
            let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(body.utf8.count)"
            let sent = isChunked ? "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n" : body
            return "POST / HTTP/1.1\r\nHost: a\r\n\(framing)\r\nConnection: close\r\n\r\n\(sent)"
        }
        try await Fronted.with(screen) { front in
            try await front.expect("HTTP/1.1 403", for: request("attack"))
            #expect(front.application.seen == [])
            try await front.expect("HTTP/1.1 200", for: request("short"))
            let long = String(repeating: "0123456789", count: 20_000)
            try await front.expect("HTTP/1.1 200", for: request(long))
            #expect(front.application.seen.last?.filter(\.isNumber).count ?? 0 >= 200_000)
        }
        let seen = screen.requests.map { (String(decoding: $0.web.body, as: UTF8.self), $0.web.isBodyOversize) }
        #expect(seen.map(\.0) == ["attack", "short", "0123456789"])
        #expect(seen.map(\.1) == [false, false, true])
    }

    @Test func aClientThatWaitsForAWordIsGivenItForTheScreen() async throws {
        let screen = Screen(limit: 100) { _ in .pass(headers: []) }
        try await Fronted.with(screen) { front in
            let shown = try await front.ask(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
                then: "ok", whenSeen: "100 Continue")
            #expect(shown.contains("HTTP/1.1 200 OK"))
        }
        #expect(screen.requests.map(\.web.body) == [Array("ok".utf8)])
    }

    @Test func theGuardIsToldAndAsked() async throws {
        let guardian = Guardian()
        try await Fronted.with(nil, guardian) { front in
            try await front.expect("HTTP/1.1 200", for: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            try await front.expect("HTTP/1.1 400", for: "GET / HTTP/1.1\r\nHost : a\r\n\r\n")
            #expect(
                guardian.events == [
                    .connection, .request(status: 200), .requestEnded, .connection, .malformed,
                ])
            guardian.admits.store(false, ordering: .relaxed)
            try await front.expect(
                "HTTP/1.1 429 Too Many Requests", for: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(front.application.seen.count == 1)
        }
    }

    /// An answer takes part until its body has come to its end, whoever reads it slowly.
    @Test func longAnswersAreToldOfTwice() async throws {
        let guardian = Guardian()
        try await Fronted.with(nil, guardian) { front in
            let application = front.application
            application.say("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
            let answer = try await front.ask(
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", whenSeen: "half"
            ) {
                #expect(guardian.events == [.connection, .request(status: 200)])
                application.sayMore("half")
            }
            #expect(answer.hasSuffix("halfhalf"))
            #expect(guardian.events == [.connection, .request(status: 200), .requestEnded])
        }
    }

    /// What has no foreseeable end takes no part.
    @Test func eventsTakeNoPart() async throws {
        let guardian = Guardian()
        try await Fronted.with(nil, guardian) { front in
            let application = front.application
            application.say(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nContent-Length: 8\r\n\r\nhalf")
            _ = try await front.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", whenSeen: "half") {
                #expect(guardian.events == [.connection, .request(status: 200), .requestEnded])
                application.sayMore("half")
            }
            #expect(guardian.events == [.connection, .request(status: 200), .requestEnded])
        }
    }

    /// What is for nobody costs something, too.
    @Test func straysHaveABudget() async throws {
        let guardian = Guardian()
        try await Fronted.with(nil, guardian, hosts: "a") { front in
            let stray = "GET / HTTP/1.1\r\nHost: elsewhere\r\nConnection: close\r\n\r\n"
            try await front.expect("HTTP/1.1 404", for: stray)
            guardian.admitsStrays.store(false, ordering: .relaxed)
            #expect(try await front.ask(stray) == "")
            #expect(guardian.events == [.connection, .connection, .refused])
            try await front.expect("HTTP/1.1 200", for: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        }
    }

    /// Requests wait for what is being made ready, and nobody else does.
    @Test(arguments: [0, 3, 100]) func whatIsBeingMadeReadyIsWaitedFor(body count: Int) async throws {
        let screen = Screen(limit: 10) { request in
            request.web.body.starts(with: "xxx".utf8) ? .answer(ScreeningAnswer(status: 403)) : .pass(headers: [])
        }
        let (preparation, end) = AsyncStream<Void>.makeStream()
        let (second, secondEnd) = AsyncStream<Void>.makeStream()
        screen.preparation.withLock { $0 = Task { for await _ in preparation {} } }
        try await Fronted.with(screen) { front in
            let body = String(repeating: "x", count: count)
            let framing = count == 0 ? "" : "Content-Length: \(count)\r\n"
            async let answer = front.ask("POST / HTTP/1.1\r\nHost: a\r\n\(framing)Connection: close\r\n\r\n\(body)")
            while screen.asked.load(ordering: .relaxed) == 0 { await Task.yield() }
            #expect(screen.requests.isEmpty && front.application.seen == [])
            // It has changed again when it is ready.
            screen.preparation.withLock { $0 = Task { for await _ in second {} } }
            end.finish()
            while screen.asked.load(ordering: .relaxed) == 1 { await Task.yield() }
            #expect(screen.requests.isEmpty && front.application.seen == [])
            screen.preparation.withLock { $0 = nil }
            secondEnd.finish()
            let said = try await answer
            #expect(said.hasPrefix(count == 0 ? "HTTP/1.1 200" : "HTTP/1.1 403"))
        }
        #expect(screen.requests.map(\.web.body) == [Array(repeating: 0x78, count: min(count, 10))])
        #expect(screen.requests.map(\.web.isBodyOversize) == [count > 10])
    }

    @Test func aSlowHeadIsAnsweredAndTold() async throws {
        let guardian = Guardian()
        var limits = WebFrontLimits()
        (limits.headSeconds, limits.bodySeconds) = (1, 1)
        try await Fronted.with(nil, guardian, limits) { front in
            try await front.expect("HTTP/1.1 408", for: "GET / HTTP/1.1\r\nHost")
            try await front.expect("HTTP/1.1 408", for: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx")
        }
        #expect(guardian.events.contains(.slowHead) && guardian.events.contains(.slowBody))
    }
}

// MARK: -

/// A screening that remembers.
private final class Screen: Screener, Screening {
    private struct State {
        var requests: [ScreenedRequest] = []
        var answered: [Int] = []
    }

    let bodyLimit: Int
    /// What is waited for; nil: it is ready.
    let preparation = Mutex<Task<Void, Never>?>(nil)
    let asked = Atomic(0)
    private let state = Mutex(State())
    private let decision: @Sendable (ScreenedRequest) -> ScreeningDecision

    init(limit: Int, _ decision: @escaping @Sendable (ScreenedRequest) -> ScreeningDecision) {
        bodyLimit = limit
        self.decision = decision
    }

    var requests: [ScreenedRequest] { state.withLock { $0.requests } }
    var answered: [Int] { state.withLock { $0.answered } }

    func screening(of application: FrontedApplication) -> ScreeningState {
        defer { asked.add(1, ordering: .relaxed) }
        return preparation.withLock { $0 }.map { .preparing($0) } ?? .ready(self)
    }

    func decide(_ request: ScreenedRequest) -> ScreeningDecision {
        state.withLock { $0.requests.append(request) }
        return decision(request)
    }

    func answered(_ request: ScreenedRequest, status: Int) { state.withLock { $0.answered.append(status) } }
}

private final class Guardian: TrafficGuard {
    let admits = Atomic(true)
    let admitsStrays = Atomic(true)
    private let state = Mutex<[TrafficEvent]>([])

    var events: [TrafficEvent] { state.withLock { $0 } }

    func admitsConnection(from address: IPAddress) -> Bool { true }

    func admitsRequest(_ request: ScreenedRequest, for application: FrontedApplication) -> Bool {
        admits.load(ordering: .relaxed)
    }

    func admitsStray(from address: IPAddress) -> Bool { admitsStrays.load(ordering: .relaxed) }

    func saw(_ event: TrafficEvent, from address: IPAddress, for application: FrontedApplication?) {
        state.withLock { $0.append(event) }
    }
}

/// A web front before an application of the test's own.
private struct Fronted {
    let application: EchoServer
    let port: Int

    static func with(
        _ screener: (any Screener)?, _ guardian: (any TrafficGuard)? = nil, _ limits: WebFrontLimits = .init(),
        hosts: String? = nil, _ work: (Fronted) async throws -> Void
    ) async throws {
        let application = try await EchoServer()
        let gatehouse = try await Gatehouse(
            Gatehouse.Configuration(), log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let text = "a = http://127.0.0.1:\(application.port)" + (hosts.map { "\n    hosts = \($0)" } ?? "")
        let place = WebFront.Place(address: "127.0.0.1", port: 0, securePort: 0) { () throws(WebFrontProblem) in
            do throws(WebFrontFile.Problem) { return try WebFrontFile(parsing: text) } catch {
                throw WebFrontProblem("\(error)")
            }
        }
        let front = try await WebFront(
            place, gatehouse.environment, account: gatehouse.accountID, certificates: { _ in nil }, screener: screener,
            guardian: guardian, limits: limits, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let ports = try await front.listen()
        #expect(gatehouse.environment.applications.all.map(\.name) == ["a"])
        try await work(Fronted(application: application, port: ports.http))
        await front.stop()
        try await application.channel.close()
        await gatehouse.close()
    }

    /// Has a request answered with something that begins like this.
    func expect(_ start: String, for text: String, at location: SourceLocation = #_sourceLocation) async throws {
        let answer = try await ask(text)
        #expect(answer.hasPrefix(start), sourceLocation: location)
    }

    /// What comes back until the connection is closed.
    /// - Parameters:
    ///   - more: sent when something has come.
    ///   - work: done then.
    func ask(
        _ text: String, then more: String = "", whenSeen word: String = "", _ work: @escaping @Sendable () -> Void = {}
    ) async throws -> String {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        let answer = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: String.self)
        let channel = try await bootstrap.channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Asking(answer, more: more, after: word, work))
            }
        }.connect(host: "127.0.0.1", port: port).get()
        try await channel.writeAndFlush(ByteBuffer(string: text)).get()
        return try await answer.futureResult.get()
    }
}

private final class Asking: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let answer: EventLoopPromise<String>
    private var (more, word, text) = ("", "", "")
    private var isDone = false
    private let work: @Sendable () -> Void

    init(
        _ answer: EventLoopPromise<String>, more: String, after word: String, _ work: @escaping @Sendable () -> Void
    ) {
        self.answer = answer
        self.work = work
        (self.more, self.word) = (more, word)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: unwrapInboundIn(data))
        guard !isDone, text.contains(word) else { return }
        isDone = true
        work()
        if !more.isEmpty { context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: more)), promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) { answer.succeed(text) }
}

/// An application that remembers what it was asked, byte by byte, and answers when a request is whole.
private final class EchoServer: Sendable {
    let channel: any Channel
    private let requests: RequestLog

    final class RequestLog: Sendable {
        let all = Mutex<[String]>([])
        let says = Mutex("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine")
        /// The connection on which something was said last.
        let last = Mutex<(any Channel)?>(nil)
    }

    init() async throws {
        let requests = RequestLog()
        self.requests = requests
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answering(requests))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    /// Has it answer so from now on.
    func say(_ text: String) { requests.says.withLock { $0 = text } }

    /// Says something more on the connection that was answered last.
    func sayMore(_ text: String) {
        requests.last.withLock { $0 }?.writeAndFlush(ByteBuffer(string: text), promise: nil)
    }

    var seen: [String] { requests.all.withLock { $0 } }

    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let requests: RequestLog
        private var text = ""

        init(_ requests: RequestLog) { self.requests = requests }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            guard let end = text.firstRange(of: "\r\n\r\n") else { return }
            let (head, body) = (text[..<end.lowerBound], text[end.upperBound...])
            if head.contains("Transfer-Encoding") {
                guard body.hasSuffix("0\r\n\r\n") else { return }
            } else if let length = head.firstMatch(of: /Content-Length: ([0-9]+)/) {
                guard body.utf8.count == Int(length.output.1) else { return }
            }
            requests.all.withLock { $0.append(text) }
            text = ""
            requests.last.withLock { $0 = context.channel }
            let answer = ByteBuffer(string: requests.says.withLock { $0 })
            context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        }
    }
}
