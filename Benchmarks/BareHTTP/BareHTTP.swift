import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix

/// What `make bench` measures calls against: Hummingbird's HTTP server, which reads a request whole and gives a fixed
/// answer of the size of GetCallerIdentity's. Its one argument is the port.
@main
struct BareHTTP {
    static func main() async throws {
        guard let port = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }) else {
            fatalError("usage: BareHTTP PORT")
        }
        let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: 420)
        let channel = HTTP1Channel(responder: { request, writer, _ in
            _ = try await request.body.collect(upTo: 1 << 20)
            let head = HTTPResponse(
                status: .ok, headerFields: [.contentType: "text/xml", .contentLength: String(body.readableBytes)])
            try await writer.write(response: head, body: ResponseBody(byteBuffer: body))
        })
        let server = Server(
            childChannelSetup: channel, configuration: .init(address: .hostname("127.0.0.1", port: port)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "BareHTTP"))
        try await server.run()
    }
}
