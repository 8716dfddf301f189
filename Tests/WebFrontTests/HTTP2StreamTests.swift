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

/// A stream's handler with nothing around it. All requests are refused.
private struct Stream {
    let channel = EmbeddedChannel()
    let handler: HTTP2StreamHandler
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

    init() throws {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let guardian = Guardian()
        self.guardian = guardian
        let table = try ApplicationTable(
            WebFrontFile(parsing: "a = http://127.0.0.1:1"), account: "111122223333", region: "us-east-1", before: nil)
        let shared = FrontShared(
            screener: nil, guardian: guardian, limits: WebFrontLimits(), counters: FrontCounters(Metrics()), log: log)
        let front = FrontLoop(channel.embeddedEventLoop, shared, table)
        let connections = Connections(ConnectionLimits(), log: log)
        let connection = try #require(connections.admit(channel, from: "192.0.2.1"))
        handler = HTTP2StreamHandler(
            front, ClientInfo(address: "192.0.2.1", isSecure: true, port: 443), connection)
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }
}
