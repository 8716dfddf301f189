import NIOCore
import NIOPosix
import Synchronization
import Testing
import Wire

@testable import Fetch

/// A server that remembers what it was sent, and answers each piece of it with the same bytes; or with none.
private final class Endpoint: Sendable {
    private let channel: any Channel
    private let record = Mutex((heard: "", opened: 0, closed: 0))

    /// - Parameters:
    ///   - drip: said again and again after that.
    ///   - ends: of what is heard; then the connection is closed.
    init(_ answer: String, drip: String = "", closesAfter ends: [String] = []) async throws {
        let record = Mutex<(@Sendable (Happening) -> Void)?>(nil)
        let note: @Sendable (Happening) -> Void = { happening in record.withLock { $0 }?(happening) }
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandler(Listener(answer, drip: drip, ends, note))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        record.withLock { $0 = { [weak self] in self?.take($0) } }
    }

    deinit { channel.close(promise: nil) }

    fileprivate enum Happening {
        case opened
        case heard(String)
        case closed
    }

    private func take(_ happening: Happening) {
        record.withLock { record in
            switch happening {
            case .opened: record.opened += 1
            case .heard(let text): record.heard += text
            case .closed: record.closed += 1
            }
        }
    }

    var heard: String { record.withLock { $0.heard } }
    var opened: Int { record.withLock { $0.opened } }
    var closed: Int { record.withLock { $0.closed } }

    var address: WebAddress {
        get throws {
            let port = try #require(channel.localAddress?.port)
            return try #require(WebAddress("http://127.0.0.1:\(port)", mayBePlain: true))
        }
    }

    private final class Listener: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let answer: String
        private let drip: String
        private let ends: [String]
        private var heard = ""
        private var dripping: RepeatedTask?
        private let note: @Sendable (Happening) -> Void

        init(_ answer: String, drip: String, _ ends: [String], _ note: @escaping @Sendable (Happening) -> Void) {
            self.answer = answer
            self.drip = drip
            self.ends = ends
            self.note = note
        }

        func channelActive(context: ChannelHandlerContext) { note(.opened) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: unwrapInboundIn(data))
            note(.heard(text))
            heard += text
            if ends.contains(where: { heard.hasSuffix($0) }) { return context.close(promise: nil) }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
            guard !drip.isEmpty else { return }
            let (channel, drop) = (context.channel, ByteBuffer(string: drip))
            dripping = context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(20)) { _ in
                channel.writeAndFlush(drop, promise: nil)
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            dripping?.cancel()
            note(.closed)
        }
    }
}

@Suite struct EndpointClientTests {
    private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nok"

    private func request(
        _ body: EndpointClient.Body = .bytes(Array("{}".utf8)), headers: [(name: String, value: String)] = []
    ) -> EndpointClient.Request {
        EndpointClient.Request("POST", "/a?b", headers: [(name: "Host", value: "h")] + headers, body: body)
    }

    private func client(
        _ endpoint: Endpoint, silence: Duration = .seconds(20), idle: Duration = .seconds(20)
    ) throws -> EndpointClient {
        var limits = EndpointClient.Limits()
        (limits.silence, limits.idle) = (silence, idle)
        return try EndpointClient(endpoint.address, trust: nil, limits: limits)
    }

    private func text(_ body: EndpointClient.Body) async throws -> String {
        switch body {
        case .bytes(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .stream(let stream):
            var all: [UInt8] = []
            while let piece = try await stream.next() { all += piece }
            return String(decoding: all, as: UTF8.self)
        }
    }

    @Test func oneConnectionServesOneRequestAfterTheOther() async throws {
        let endpoint = try await Endpoint(Self.answer)
        let client = try client(endpoint)
        // From within a loop, as the server's are asked, so that all find the same connection.
        for _ in 0..<3 {
            let answer = try await client.send(request())
            #expect(answer.status == 200)
            #expect(answer.headers.contains { $0.name == "X-A" && $0.value == "b" })
            #expect(try await text(answer.body) == "ok")
        }
        let sent = "POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"
        #expect(endpoint.heard == String(repeating: sent, count: 3))
        // Which of the loops takes a request that comes from none of them is left to chance.
        #expect((1...3).contains(endpoint.opened))
    }

    @Test func anUnusedConnectionIsClosedInTime() async throws {
        let endpoint = try await Endpoint(Self.answer)
        let client = try client(endpoint, idle: .milliseconds(150))
        let begun = ContinuousClock.now
        _ = try await client.send(request())
        while endpoint.closed == 0, ContinuousClock.now - begun < .seconds(600) {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(endpoint.closed == 1)
        #expect(ContinuousClock.now - begun >= .milliseconds(150))
    }

    /// The timer is that of the connection: whether it was set when the connection was unused or used must not matter.
    /// How late it is told depends on what else runs; that it ever is does not.
    @Test(.timeLimit(.minutes(10)), arguments: [Duration.milliseconds(50), .seconds(20)])
    func aSilentServerIsLeftInTime(idle: Duration) async throws {
        let endpoint = try await Endpoint("")
        let client = try client(endpoint, silence: .milliseconds(200), idle: idle)
        let begun = ContinuousClock.now
        await #expect(throws: EndpointError.self) { _ = try await client.send(request()) }
        let taken = ContinuousClock.now - begun
        #expect(taken >= .milliseconds(200))
    }

    /// However often it says something: neither its head nor a short body may take longer than that.
    @Test(
        .timeLimit(.minutes(10)),
        arguments: [("HTTP/1.1 200 OK\r\n", "X: y\r\n"), ("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", "x")])
    func anAnswerThatDoesNotComeToItsEndIsLeftInTime(_ start: String, _ drip: String) async throws {
        let endpoint = try await Endpoint(start, drip: drip)
        var limits = EndpointClient.Limits()
        (limits.silence, limits.answer) = (.seconds(3600), .milliseconds(200))
        let client = try EndpointClient(endpoint.address, trust: nil, limits: limits)
        let begun = ContinuousClock.now
        await #expect(throws: EndpointError.self) { _ = try await client.send(request()) }
        #expect(ContinuousClock.now - begun >= .milliseconds(200))
    }

    @Test func aBodyThatIsAStreamIsFramed() async throws {
        let endpoint = try await Endpoint("", closesAfter: ["0\r\n\r\n", "abcdefg"])
        let client = try client(endpoint, silence: .seconds(600))
        for length in [Int?.none, 7] {
            let pieces = Mutex(["abc", "", "defg"])
            let body = BodyStream(length: length) { () throws(ServiceError) in
                pieces.withLock { $0.isEmpty ? nil : Array($0.removeFirst().utf8) }
            }
            await #expect(throws: EndpointError.self) { _ = try await client.send(request(.stream(body))) }
        }
        let heard = endpoint.heard
        #expect(heard.contains("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"))
        #expect(heard.contains("Content-Length: 7\r\n\r\nabcdefg"))
    }

    // MARK: The head

    private func head(_ request: EndpointClient.Request, _ framing: RequestFraming = .none) -> String? {
        request.head(framing).map { String(buffer: $0) }
    }

    @Test func theFramingIsSaidOnce() {
        let request = request(headers: [("content-length", "7"), ("Transfer-Encoding", "chunked"), ("A", "\té ")])
        #expect(head(request, .length(0)) == "POST /a?b HTTP/1.1\r\nHost: h\r\nA: \té \r\nContent-Length: 0\r\n\r\n")
        #expect(head(request) == "POST /a?b HTTP/1.1\r\nHost: h\r\nA: \té \r\n\r\n")
    }

    @Test(arguments: ["", " ", "a b", "a:", "a\r\nb", "é", "a\u{0}", "(a)"])
    func namesThatNobodyMaySend(name: String) {
        #expect(head(request(headers: [(name, "x")])) == nil)
    }

    @Test(arguments: ["\r\nX: y", "a\nb", "a\rb", "a\u{0}", "\u{7f}", "a long value that has a \u{1b} somewhere"])
    func valuesThatNobodyMaySend(value: String) {
        #expect(head(request(headers: [("A", value)])) == nil)
        #expect(
            head(request(headers: [(name: "A", value: "fine"), (name: "B", value: value), (name: "C", value: "d")]))
                == nil)
    }

    @Test(arguments: ["", "/a b", "/a\r\nHost: other", "/\u{0}", "/é", "/\"", "/a\\b"])
    func targetsThatNobodyMaySend(target: String) {
        #expect(head(EndpointClient.Request("GET", target, headers: [], body: .bytes([]))) == nil)
    }

    @Test(arguments: ["", "GET /x", "GET\r\n"])
    func methodsThatNobodyMaySend(method: String) {
        #expect(head(EndpointClient.Request(method, "/", headers: [], body: .bytes([]))) == nil)
    }
}
