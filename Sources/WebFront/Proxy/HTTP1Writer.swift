import NIOCore

/// Writes answers to a client of HTTP/1: what is short goes with what comes before and after it, as one piece of memory and
/// one write.
struct HTTP1Writer {
    /// What is to be written together with what follows.
    private var waiting: ByteBuffer?
    private var isChunked = false

    /// Longest pieces that are copied behind others, in bytes.
    private static let shortPiece = 8192

    /// Decides how the body of an answer is sent.
    /// - Returns: the lines of the head that say so, and whether another answer may follow the body.
    mutating func frame(_ head: ResponseHead, isHTTP10: Bool) -> (lines: String, endIsKnown: Bool) {
        isChunked = false
        switch head.framing {
        case .none:
            guard let length = head.length, head.status != 204 else { return ("", true) }
            return ("Content-Length: \(length)\r\n", true)
        case .length(let length): return ("Content-Length: \(length)\r\n", true)
        case .chunked, .untilClose:
            guard !isHTTP10 else { return ("", false) }
            isChunked = true
            return ("Transfer-Encoding: chunked\r\n", true)
        }
    }

    /// Writes a piece of a body.
    mutating func writeBody(_ body: ByteBuffer, _ context: ChannelHandlerContext) {
        // An empty chunk would be the end.
        guard body.readableBytes > 0 else { return }
        guard isChunked else { return write(body, context) }
        write(ByteBuffer(string: String(body.readableBytes, radix: 16) + "\r\n"), context)
        write(body, context)
        write(ByteBuffer(string: "\r\n"), context)
    }

    /// Ends a body.
    mutating func endBody(_ context: ChannelHandlerContext) {
        if isChunked { write(ByteBuffer(string: "0\r\n\r\n"), context) }
        isChunked = false
    }

    /// Writes bytes; they are sent by the next flush.
    mutating func write(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard bytes.readableBytes <= Self.shortPiece else {
            writeWaiting(context)
            return context.write(NIOAny(bytes), promise: nil)
        }
        guard waiting != nil else {
            waiting = bytes
            return
        }
        waiting?.writeImmutableBuffer(bytes)
    }

    mutating func flush(_ context: ChannelHandlerContext) {
        writeWaiting(context)
        context.flush()
    }

    private mutating func writeWaiting(_ context: ChannelHandlerContext) {
        guard let bytes = waiting else { return }
        waiting = nil
        context.write(NIOAny(bytes), promise: nil)
    }
}
