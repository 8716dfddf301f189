import Intake
import Logging
import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import Platform
import Synchronization
import Testing
import WAF

@testable import WebFront

/// A stream of HTTP/2, frame by frame.
struct HTTP2StreamTests {
    private static let post: HPACKHeaders = [
        ":method": "POST", ":scheme": "https", ":authority": "shop.example.com", ":path": "/",
    ]

    /// Whoever has got an answer to half a request is told to send no more, in a way that leaves the answer with him.
    @Test func anAnswerThatComesEarlyEndsWithoutAnError() throws {
        let stream = try Stream()
        try stream.channel.writeInbound(HTTP2Frame.FramePayload.headers(.init(headers: Self.post)))
        var frames: [String] = []
        while let frame = try stream.channel.readOutbound(as: HTTP2Frame.FramePayload.self) {
            switch frame {
            case .headers(let headers):
                frames.append("headers \(headers.headers.first(name: ":status") ?? "") \(headers.endStream)")
            case .data(let data): frames.append("data \(data.endStream)")
            case .rstStream(let code): frames.append("reset \(code == .noError)")
            default: frames.append("another")
            }
        }
        #expect(frames == ["headers 429 false", "data false", "data true", "reset true"])
    }

    /// What is sent may take its time to be read, as long as it is taken.
    @Test func theEndOfAnAnswerIsWaitedFor() throws {
        let stream = try Stream()
        try stream.channel.writeInbound(HTTP2Frame.FramePayload.headers(.init(headers: Self.post, endStream: true)))
        stream.handler.tick(.now() + .seconds(25))
        #expect(stream.channel.isActive)
        stream.handler.tick(.now() + .seconds(32))
        stream.channel.embeddedEventLoop.run()
        #expect(!stream.channel.isActive)
    }

    /// Nor does the rest of a request make the client one that is being answered, when it has the answer to it.
    @Test func whoDoesNotReadAnEarlyAnswerIsNotWaitedForLonger() throws {
        let stream = try Stream()
        stream.channel.isWritable = false
        try stream.channel.writeInbound(HTTP2Frame.FramePayload.headers(.init(headers: Self.post)))
        for rest in [("x", false), ("xyz", false), ("", true)] {
            let data = HTTP2Frame.FramePayload.Data(
                data: .byteBuffer(ByteBuffer(string: rest.0)), endStream: rest.1)
            try stream.channel.writeInbound(HTTP2Frame.FramePayload.data(data))
            #expect(stream.connection.phase == .sending)
        }
        stream.handler.tick(.now() + .seconds(32))
        stream.channel.embeddedEventLoop.run()
        #expect(!stream.channel.isActive)
    }

    /// A request on a connection on which nothing is read is none that keeps the client waiting.
    @Test(arguments: [true, false]) func whoReadsNothingIsNotBeingAnswered(_ isWhole: Bool) throws {
        let stream = try Stream(Preparing())
        stream.channel.isWritable = false
        try stream.channel.writeInbound(
            HTTP2Frame.FramePayload.headers(.init(headers: Self.post, endStream: isWhole)))
        if !isWhole {
            #expect(stream.connection.phase == .reading)
            try stream.channel.writeInbound(
                HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(ByteBuffer()), endStream: true)))
        }
        #expect(stream.connection.phase == .sending)
        stream.channel.isWritable = true
        stream.channel.pipeline.fireChannelWritabilityChanged()
        #expect(stream.connection.phase == .answering)
    }

    /// The same for HTTP/1.
    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
    ])
    func whoReadsNothingOfHTTP1IsNotBeingAnswered(_ request: String) throws {
        let stream = try Stream(Preparing(), isHTTP2: false)
        stream.channel.isWritable = false
        try stream.channel.writeInbound(ByteBuffer(string: request))
        #expect(stream.connection.phase == .sending)
        stream.channel.isWritable = true
        stream.channel.pipeline.fireChannelWritabilityChanged()
        #expect(stream.connection.phase == .answering)
    }

    /// What can't be made ready keeps nobody waiting for ever.
    @Test func whatIsNeverReadyIsNotWaitedForWithoutAnEnd() throws {
        let stream = try Stream(Preparing())
        try stream.channel.writeInbound(HTTP2Frame.FramePayload.headers(.init(headers: Self.post, endStream: true)))
        stream.handler.tick(.now() + .seconds(55))
        #expect(try stream.channel.readOutbound(as: HTTP2Frame.FramePayload.self) == nil)
        stream.handler.tick(.now() + .seconds(65))
        let first = try #require(try stream.channel.readOutbound(as: HTTP2Frame.FramePayload.self))
        guard case .headers(let headers) = first else { throw ChannelError.eof }
        #expect(headers.headers.first(name: ":status") == "500")
    }

    /// A certificate that is revoked ends what is under way, and whatever its client asks for on connections that it has.
    @Test(arguments: [true, false]) func whoIsRevokedLosesItsConnections(_ isHTTP2: Bool) throws {
        let estate = try RevokingAuthority()
        defer { estate.remove() }
        func ask(_ stream: Stream) throws {
            if isHTTP2 {
                try stream.channel.writeInbound(
                    HTTP2Frame.FramePayload.headers(.init(headers: Self.post, endStream: true)))
            } else {
                try stream.channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
            }
            stream.channel.embeddedEventLoop.run()
        }
        let underWay = try Stream(Preparing(), isHTTP2: isHTTP2, standing: estate.standing())
        try ask(underWay)
        let unused = try Stream(isHTTP2: isHTTP2, standing: estate.standing())
        underWay.handler.tick(.now())
        #expect(underWay.channel.isActive)
        try estate.revoke()
        underWay.handler.tick(.now())
        underWay.channel.embeddedEventLoop.run()
        #expect(!underWay.channel.isActive)
        try ask(unused)
        #expect(!unused.channel.isActive && unused.guardian.requests.withLock(\.isEmpty))
    }

    /// Where a line of cookies ends must hide nothing from web ACLs.
    @Test func cookiesAreSeenAsTheApplicationGetsThem() throws {
        let stream = try Stream()
        var headers = Self.post
        headers.add(name: "cookie", value: "a=1' or")
        headers.add(name: "x-other", value: "y")
        headers.add(name: "cookie", value: "'1'='1")
        try stream.channel.writeInbound(HTTP2Frame.FramePayload.headers(.init(headers: headers, endStream: true)))
        let seen = try #require(stream.guardian.requests.withLock { $0.first })
        let all = seen.web.headers.map {
            (String(decoding: $0.name, as: UTF8.self), String(decoding: $0.value, as: UTF8.self))
        }
        #expect(all.filter { $0.0 == "cookie" }.map(\.1) == ["a=1' or; '1'='1"])
        #expect(all.map(\.0) == ["host", "cookie", "x-other"])
    }

    @Test func valuesThatAreNoUTF8LoseNothing() {
        let bytes = Array("caf".utf8) + [0xE9, 0x20] + Array("\u{20AC}".utf8)
        #expect(bytes.fieldText(0..<4) == "café")
        #expect(bytes.fieldText(5..<bytes.count) == "\u{20AC}")
        #expect(bytes.fieldText(0..<bytes.count).unicodeScalars.allSatisfy { $0.value < 256 })
    }
}

/// A screening that is never ready.
private struct Preparing: Screener {
    func screening(of application: FrontedApplication) -> ScreeningState {
        .preparing(Task { try? await Task.sleep(for: .seconds(86_400)) })
    }
}

/// A stream's handler with nothing around it, or that of a connection. All requests are refused, or wait for what screens them.
private struct Stream {
    let channel = EmbeddedChannel()
    let handler: any ChannelHandler & Ticking
    let connection: Connection
    let guardian: Guardian

    final class Guardian: TrafficGuard {
        let requests = Mutex<[ScreenedRequest]>([])

        func admitsConnection(from address: IPAddress) -> Bool { true }
        func admitsStray(from address: IPAddress) -> Bool { true }
        func admitsRequest(_ request: ScreenedRequest, for application: FrontedApplication) -> Bool {
            requests.withLock { $0.append(request) }
            return false
        }
        func saw(_ event: TrafficEvent, from address: IPAddress, for application: FrontedApplication?) {}
    }

    init(_ screener: (any Screener)? = nil, isHTTP2: Bool = true, standing: ClientStanding? = nil) throws {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let guardian = Guardian()
        self.guardian = guardian
        let table = try ApplicationTable(
            WebFrontFile(parsing: "a = http://127.0.0.1:1"), account: "111122223333", region: "us-east-1", before: nil)
        let shared = FrontShared(
            screener: screener, guardian: screener == nil ? guardian : nil, limits: WebFrontLimits(),
            counters: FrontCounters(Metrics()), log: log)
        let front = FrontLoop(channel.embeddedEventLoop, shared, table)
        let connections = Connections(ConnectionLimits(), log: log)
        connection = try #require(connections.admit(channel, from: "192.0.2.1"))
        let client = ClientInfo(address: "192.0.2.1", isSecure: true, port: 443, standing: standing)
        handler =
            isHTTP2 ? HTTP2StreamHandler(front, client, connection) : HTTP1Handler(front, client, connection)
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }
}
