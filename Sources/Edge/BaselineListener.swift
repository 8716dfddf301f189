import HTTPTypes
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// The HTTP server alone: reads a request whole and gives a fixed answer of the size of GetCallerIdentity's. It is the
/// measure for what the checks cost, and nothing else.
public struct BaselineListener: Service {
    private let server: Server<HTTP1Channel>

    public init(port: Int, log: Logger) {
        let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: 420)
        let channel = HTTP1Channel(responder: { request, writer, _ in
            _ = try await request.body.collect(upTo: 1 << 20)
            let head = HTTPResponse(
                status: .ok, headerFields: [.contentType: "text/xml", .contentLength: String(body.readableBytes)])
            try await writer.write(response: head, body: ResponseBody(byteBuffer: body))
        })
        server = Server(
            childChannelSetup: channel, configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { print("Baseline listens on http://127.0.0.1:\($0.localAddress?.port ?? port)") },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: log)
    }

    public func run() async throws {
        try await server.run()
    }
}
