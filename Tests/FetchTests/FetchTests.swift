import Fetch
import NIOCore
import NIOPosix
import Synchronization
import Testing

private final class Counter: Sendable {
    let value = Atomic(0)
}

/// A server that says the same to everybody, byte by byte as it is told, and then ends the connection or does not.
final class Server: Sendable {
    private let channel: any Channel
    private let accepted = Counter()

    /// How many there were.
    var connections: Int { accepted.value.load(ordering: .relaxed) }

    init(_ bytes: String, staysOpen: Bool = false) async throws {
        let accepted = accepted
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { child in
                accepted.value.add(1, ordering: .relaxed)
                return child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandler(Speaker(bytes, staysOpen))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    deinit { channel.close(promise: nil) }

    var address: WebAddress {
        get throws {
            let port = try #require(channel.localAddress?.port)
            return try #require(WebAddress("http://127.0.0.1:\(port)/document", mayBePlain: true))
        }
    }

    private final class Speaker: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let bytes: String
        private let staysOpen: Bool

        init(_ bytes: String, _ staysOpen: Bool) {
            self.bytes = bytes
            self.staysOpen = staysOpen
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let written = context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: bytes)))
            guard !staysOpen else { return }
            let channel = context.channel
            written.whenComplete { _ in channel.close(promise: nil) }
        }
    }
}

/// A server that sends a body of no end, a byte every few milliseconds.
private final class TricklingServer: Sendable {
    private let channel: any Channel

    init() async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture { try child.pipeline.syncOperations.addHandler(Trickler()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    deinit { channel.close(promise: nil) }

    private final class Trickler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelActive(context: ChannelHandlerContext) {
            let channel = context.channel
            channel.writeAndFlush(ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"), promise: nil)
            channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(10)) { task in
                channel.writeAndFlush(ByteBuffer(string: "x")).whenFailure { _ in task.cancel() }
            }
        }
    }

    var address: WebAddress {
        get throws {
            let port = try #require(channel.localAddress?.port)
            return try #require(WebAddress("http://127.0.0.1:\(port)/", mayBePlain: true))
        }
    }
}

@Suite struct FetchTests {
    private func ask(
        _ bytes: String, staysOpen: Bool = false, _ change: (inout Fetch.Limits) -> Void = { _ in }
    ) async throws -> Result<Fetch.Answer, FetchError> {
        let server = try await Server(bytes, staysOpen: staysOpen)
        var limits = Fetch.Limits()
        // The machine may be busy with other tests.
        limits.time = .seconds(300)
        change(&limits)
        let (fetch, address) = (Fetch(trust: ServerTrust(), limits: limits), try server.address)
        do throws(FetchError) {
            return .success(try await fetch.get(address))
        } catch {
            return .failure(error)
        }
    }

    @Test func theExampleOfTheDocumentation() async throws {
        let server = try await Server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", staysOpen: false)
        let address = try server.address
        let answer = try await Fetch(trust: ServerTrust()).get(address)
        #expect(answer.status == 200)
    }

    @Test func anAnswerIsRead() async throws {
        let answer = try await ask("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").get()
        #expect(answer.status == 200)
        #expect(answer.body == Array("{}".utf8))
    }

    @Test func chunksAreJoined() async throws {
        let answer = try await ask(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        ).get()
        #expect(answer.body == Array("abcde".utf8))
    }

    @Test(arguments: [301, 302, 307, 404, 500])
    func otherStatusesAreAnswersAndNotFollowed(status: Int) async throws {
        let answer = try await ask(
            "HTTP/1.1 \(status) X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
        ).get()
        #expect(answer.status == status)
        #expect(answer.body.isEmpty)
    }

    @Test func aBodyOverTheLimitIsRefusedHoweverItComes() async throws {
        let whole = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890"
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n67890\r\n0\r\n\r\n"
        for bytes in [whole, chunked] {
            await #expect(throws: FetchError.tooLarge) { try await ask(bytes) { $0.body = 10 }.get() }
            #expect(try await ask(bytes) { $0.body = 11 }.get().body.count == 11)
        }
    }

    @Test func headersOverTheLimitAreRefused() async throws {
        let bytes = "HTTP/1.1 200 OK\r\nX-Long: \(String(repeating: "x", count: 500))\r\nContent-Length: 0\r\n\r\n"
        await #expect(throws: FetchError.tooLarge) { try await ask(bytes) { $0.headers = 100 }.get() }
        #expect(try await ask(bytes).get().status == 200)
    }

    @Test func trailersCountAsHeaders() async throws {
        let bytes =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n1\r\na\r\n0\r\n"
            + "X-Long: \(String(repeating: "x", count: 500))\r\n\r\n"
        await #expect(throws: FetchError.tooLarge) { try await ask(bytes) { $0.headers = 200 }.get() }
        #expect(try await ask(bytes).get().body == Array("a".utf8))
    }

    @Test func aServerThatDoesNotComeToAnEndIsLeft() async throws {
        let bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12"
        await #expect(throws: FetchError.tooSlow) {
            try await ask(bytes, staysOpen: true) { $0.time = .seconds(1) }.get()
        }
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12", "HTTP/1.1 200", "nonsense\r\n\r\n"])
    func whatIsCutOffOrNoAnswerIsUnreachable(bytes: String) async throws {
        let result = try await ask(bytes)
        guard case .failure(.unreachable) = result else {
            Issue.record("\(result)")
            return
        }
    }

    @Test func whereNobodyListensIsUnreachable() async throws {
        let address = try #require(WebAddress("http://127.0.0.1:1/", mayBePlain: true))
        await #expect(throws: FetchError.self) { try await Fetch(trust: ServerTrust()).get(address) }
    }

    /// The time is that of the whole exchange: a byte now and then does not buy more of it.
    @Test func aServerThatTricklesIsLeft() async throws {
        let server = try await TricklingServer()
        var limits = Fetch.Limits()
        limits.time = .seconds(1)
        let (fetch, address) = (Fetch(trust: ServerTrust(), limits: limits), try server.address)
        await #expect(throws: FetchError.tooSlow) { try await fetch.get(address) }
    }

    @Test func plainHTTPMustBeAllowed() throws {
        #expect(WebAddress("http://127.0.0.1:4566/") == nil)
        let address = try #require(WebAddress("http://127.0.0.1:4566/", mayBePlain: true))
        #expect(!address.isSecure && address.authority == "127.0.0.1:4566")
        #expect(WebAddress("http://localhost", mayBePlain: true)?.port == 80)
        #expect(WebAddress("https://localhost")?.port == 443)
        #expect(WebAddress("ftp://localhost", mayBePlain: true) == nil)
    }
}
