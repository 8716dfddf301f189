import NIOCore
import NIOHTTP1
import Wire

/// Puts requests on the wire whose bytes are made already, in the place of NIO's encoder, through which each field would take
/// longer than here the whole head.
///
/// The decoder of answers has to be told of each request; what it passes on of that comes by here, and stops.
final class RequestWriter: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = IOData

    @exclusivity(unchecked) private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) { promise?.succeed() }

    /// Writes bytes of a request; they are sent by the next flush.
    func write(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>? = nil) {
        guard let context else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        context.write(wrapOutboundOut(.byteBuffer(bytes)), promise: promise)
    }

    /// Writes a piece of a body that is sent in chunks.
    func writeChunk(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>? = nil) {
        // An empty one would be the end.
        guard bytes.readableBytes > 0 else {
            promise?.succeed()
            return
        }
        write(ByteBuffer(string: String(bytes.readableBytes, radix: 16) + "\r\n"))
        write(bytes)
        write(ByteBuffer(string: "\r\n"), promise)
    }
}

/// How the end of a request's body is known.
enum RequestFraming {
    /// There is no body.
    case none
    case length(Int)
    case chunked
}

extension EndpointClient.Request {
    /// The request line and the header fields as they are sent, and a body that follows at once.
    /// - Returns: nil where they can't be written without being read as something else: a target or a field with a line break,
    ///   for example (RFC 9112, sections 3 and 5).
    /// - Complexity: linear in the number of bytes.
    func head(_ framing: RequestFraming, body: [UInt8] = []) -> ByteBuffer? {
        guard !method.isEmpty, method.utf8.allSatisfy(HeadWriter.isOfToken), !target.isEmpty,
            target.utf8.allSatisfy(Self.isOfTarget)
        else { return nil }
        let (version, framing) = (" HTTP/1.1\r\n", Self.field(framing))
        var count = method.utf8.count + 1 + target.utf8.count + version.utf8.count + framing.utf8.count + 2 + body.count
        for index in headers.indices { count += headers[index].name.utf8.count + headers[index].value.utf8.count + 4 }
        var isWritable = true
        var bytes = ByteBuffer()
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
            var writer = HeadWriter(memory)
            writer.put(method)
            writer.put(" ")
            writer.put(target)
            writer.put(version)
            for index in headers.indices where !Self.isFraming(headers[index].name) {
                guard writer.putCheckedField(headers[index].name, headers[index].value) else {
                    isWritable = false
                    break
                }
            }
            writer.put(framing)
            writer.put("\r\n")
            body.withUnsafeBufferPointer { writer.put($0) }
            return writer.count
        }
        return isWritable ? bytes : nil
    }

    private static func field(_ framing: RequestFraming) -> String {
        switch framing {
        case .none: ""
        case .length(let length): "Content-Length: \(length)\r\n"
        case .chunked: "Transfer-Encoding: chunked\r\n"
        }
    }

    /// What says how long the body is, is said once, by whoever sends it.
    private static func isFraming(_ name: String) -> Bool {
        equalsIgnoringCase(name, lowercased: "content-length")
            || equalsIgnoringCase(name, lowercased: "transfer-encoding")
    }

    /// A character of a path or query (RFC 3986, appendix A), and `#`, `[` and `]`.
    private static func isOfTarget(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._~:/?#[]@!$&'()*+,;=%".utf8.contains(byte)
        }
    }
}
