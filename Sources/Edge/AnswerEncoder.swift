import NIOCore
import NIOHTTP1
import Wire

/// Writes answers as HTTP/1.1: the head, and a short body with it, as one piece of memory and one write.
///
/// It frames bodies as the head says (RFC 9112, section 6), which it leaves as it is, but for statuses that have no body.
final class AnswerEncoder: ChannelOutboundHandler {
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = IOData

    /// What is to be written together with what follows.
    @exclusivity(unchecked) private var waiting: ByteBuffer?
    @exclusivity(unchecked) private var isChunked = false

    /// Longest bodies that are copied behind their heads, in bytes.
    private static let shortBody = 16_384

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            writeWaiting(context)
            waiting = encode(head)
            promise?.succeed()
        case .body(let body): write(body, context, promise)
        case .end(let trailers):
            if isChunked { add("0\r\n" + Self.lines(trailers) + "\r\n") }
            isChunked = false
            guard let promise else { return }
            context.write(wrapOutboundOut(.byteBuffer(takeWaiting() ?? ByteBuffer())), promise: promise)
        }
    }

    func flush(context: ChannelHandlerContext) {
        writeWaiting(context)
        context.flush()
    }

    /// Takes a whole body behind the head that was written just now, as if it had been written, too.
    /// - Returns: false when it has to be written: it is long, or in chunks.
    func takeShortBody(_ bytes: [UInt8]) -> Bool {
        guard !isChunked, bytes.count <= Self.shortBody, var whole = takeWaiting() else { return false }
        whole.writeBytes(bytes)
        waiting = whole
        return true
    }

    private func write(_ body: IOData, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        if case .byteBuffer(let bytes) = body, !isChunked, promise == nil, bytes.readableBytes <= Self.shortBody,
            var whole = takeWaiting()
        {
            whole.writeImmutableBuffer(bytes)
            waiting = whole
            return
        }
        // An empty chunk would be the end.
        let isChunk = isChunked && body.readableBytes > 0
        if isChunk { add(String(body.readableBytes, radix: 16) + "\r\n") }
        writeWaiting(context)
        guard isChunk else { return context.write(wrapOutboundOut(body), promise: promise) }
        context.write(wrapOutboundOut(body), promise: nil)
        context.write(wrapOutboundOut(.byteBuffer(ByteBuffer(string: "\r\n"))), promise: promise)
    }

    private func add(_ text: String) {
        var whole = takeWaiting() ?? ByteBuffer()
        whole.writeString(text)
        waiting = whole
    }

    private func takeWaiting() -> ByteBuffer? {
        defer { waiting = nil }
        return waiting
    }

    private func writeWaiting(_ context: ChannelHandlerContext) {
        guard let whole = takeWaiting() else { return }
        context.write(wrapOutboundOut(.byteBuffer(whole)), promise: nil)
    }

    private func encode(_ head: HTTPResponseHead) -> ByteBuffer {
        let (status, reason) = (String(head.status.code), head.status.reasonPhrase)
        let hasBody = head.status.mayHaveResponseBody
        // "HTTP/1.1 ", a space, and two ends of lines.
        var count = 14 + status.utf8.count + reason.utf8.count
        var body = 0
        isChunked = false
        for (name, value) in head.headers {
            count += name.utf8.count + value.utf8.count + 4
            if equalsIgnoringCase(name, lowercased: "content-length") { body = Int(value) ?? 0 }
            if hasBody, equalsIgnoringCase(name, lowercased: "transfer-encoding") {
                isChunked = equalsIgnoringCase(value, lowercased: "chunked")
            }
        }
        let room = count + (0...Self.shortBody ~= body ? body : 0)
        var bytes = ByteBuffer()
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { memory in
            var writer = HeadWriter(memory)
            writer.put("HTTP/1.1 ")
            writer.put(status)
            writer.put(" ")
            writer.put(reason)
            writer.put("\r\n")
            for (name, value) in head.headers where hasBody || !Self.isFraming(name) { writer.putField(name, value) }
            writer.put("\r\n")
            return writer.count
        }
        return bytes
    }

    private static func isFraming(_ name: String) -> Bool {
        equalsIgnoringCase(name, lowercased: "content-length")
            || equalsIgnoringCase(name, lowercased: "transfer-encoding")
    }

    private static func lines(_ trailers: HTTPHeaders?) -> String {
        (trailers ?? [:]).map { "\($0.name): \($0.value)\r\n" }.joined()
    }
}
