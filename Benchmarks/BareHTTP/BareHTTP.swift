import HTTPTypes
import HummingbirdCore
import KeyMaterial
import Logging
import NIOCore
import NIOPosix

/// What `make bench` measures calls and transfers against: Hummingbird's HTTP server. Its one argument is the port.
///
/// - A POST is read whole, and answered with a fixed answer of the size of GetCallerIdentity's. The path names a call of KMS's
///   whose cryptography is done before, by the same library: `/Sign-RSA_2048`, `/Sign-ECC_NIST_P256`, `/Encrypt`, `/Decrypt`,
///   `/GenerateDataKey`.
/// - A PUT is read piece by piece, and each piece is dropped.
/// - A POST for DynamoDB's DescribeTable is answered with a table whose key is `id`.
/// - A GET is answered with as many bytes as its path says at its end: `/1048576`.
@main
struct BareHTTP {
    static func main() async throws {
        guard let port = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }) else {
            fatalError("usage: BareHTTP PORT")
        }
        let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: 420)
        let table = ByteBuffer(
            string: #"{"Table":{"TableName":"orders","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}}"#)
        let targetName = HTTPField.Name("X-Amz-Target")
        let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 65_536)
        let (rsa, ecc) = (try KeyMaterial.generate(.rsa2048), try KeyMaterial.generate(.eccNISTP256))
        let symmetric = try KeyMaterial.generate(.symmetricDefault)
        let context = EncryptionContext([("order", "17")])
        let key = (
            arn: "arn:aws:kms:us-east-1:111122223333:key/\(String(repeating: "0", count: 36))",
            id: String(repeating: "0", count: 64)
        )
        @Sendable func encrypt(_ plaintext: [UInt8]) throws -> [UInt8] {
            try symmetric.encrypt(plaintext, keyARN: key.arn, materialID: key.id, context: context)
        }
        let message = [UInt8](repeating: UInt8(ascii: "x"), count: 32)
        let blob = try encrypt(message)
        let channel = HTTP1Channel(responder: { request, writer, _ in
            switch request.method {
            case .get:
                let count = request.uri.path.split(separator: "/").last.flatMap { Int($0) } ?? 0
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
            case "/Sign-RSA_2048": _ = try rsa.sign(message, .raw, .rsassaPSSSHA256)
            case "/Sign-ECC_NIST_P256": _ = try ecc.sign(message, .raw, .ecdsaSHA256)
            case "/Encrypt": _ = try encrypt(message)
            case "/Decrypt": _ = try symmetric.decrypt(Ciphertext(blob), context: context)
            case "/GenerateDataKey": _ = try encrypt(RandomBytes.make(32))
            default: break
            }
            let isAboutTable = targetName.flatMap { request.head.headerFields[$0] }?.hasSuffix("DescribeTable") == true
            let answer = isAboutTable ? table : body
            let head = HTTPResponse(
                status: .ok, headerFields: [.contentType: "text/xml", .contentLength: String(answer.readableBytes)])
            try await writer.write(response: head, body: ResponseBody(byteBuffer: answer))
        })
        let server = Server(
            childChannelSetup: channel, configuration: .init(address: .hostname("127.0.0.1", port: port)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "BareHTTP"))
        try await server.run()
    }
}
