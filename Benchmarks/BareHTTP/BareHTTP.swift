import HTTPTypes
import HummingbirdCore
import KeyMaterial
import Logging
import NIOCore
import NIOPosix

/// What `make bench` measures calls and transfers against: Hummingbird's HTTP server. Its one argument is the port.
///
/// - A POST is read whole, and answered with a fixed answer of the size of GetCallerIdentity's. Of `/RSA_2048` and
///   `/ECC_NIST_P256` it is answered when the same library has made a signature with such a key as KMS's Sign uses.
/// - A PUT is read piece by piece, and each piece is dropped.
/// - A GET is answered with as many bytes as its path says: `/1048576`.
@main
struct BareHTTP {
    static func main() async throws {
        guard let port = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }) else {
            fatalError("usage: BareHTTP PORT")
        }
        let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: 420)
        let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 65_536)
        let (rsa, ecc) = (try KeyMaterial.generate(.rsa2048), try KeyMaterial.generate(.eccNISTP256))
        let message = [UInt8](repeating: UInt8(ascii: "x"), count: 32)
        let channel = HTTP1Channel(responder: { request, writer, _ in
            switch request.method {
            case .get:
                let length = request.uri.path.dropFirst()
                let count = Int(length) ?? 0
                var writer = try await writer.writeHead(
                    HTTPResponse(status: .ok, headerFields: [.contentLength: "\(count)"]))
                var left = count
                while left > 0 {
                    let part = min(left, piece.readableBytes)
                    try await writer.write(piece.getSlice(at: piece.readerIndex, length: part) ?? piece)
                    left -= part
                }
                try await writer.finish(nil)
                return
            case .put: for try await _ in request.body {}
            default: _ = try await request.body.collect(upTo: 1 << 20)
            }
            switch request.uri.path {
            case "/RSA_2048": _ = try rsa.sign(message, .raw, .rsassaPSSSHA256)
            case "/ECC_NIST_P256": _ = try ecc.sign(message, .raw, .ecdsaSHA256)
            default: break
            }
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
