import NIOCore
import WAF

/// Looks at the first message of a TLS client on its way to what answers it, and changes nothing.
final class ClientHelloReader: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// nil until the message was there, or if it was none that can be read.
    private(set) var fingerprints: TLSFingerprints?
    private var records = ByteBuffer()
    private var message: [UInt8] = []
    private var emptyRecords = 0

    /// Longer ones nobody sends; OpenSSL takes no longer one, either.
    private static let longest = 16 << 10
    private static let handshake: UInt8 = 22
    /// So many records without content BoringSSL passes over.
    private static let mostEmptyRecords = 32

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        let isOver = take(&bytes)
        context.fireChannelRead(data)
        if isOver { context.pipeline.syncOperations.removeHandler(self, promise: nil) }
    }

    /// - Returns: whether nothing more is looked at.
    private func take(_ bytes: inout ByteBuffer) -> Bool {
        records.writeBuffer(&bytes)
        // Type, version and length of each record.
        while let type = records.getInteger(at: records.readerIndex, as: UInt8.self),
            let length = records.getInteger(at: records.readerIndex + 3, as: UInt16.self)
        {
            if length == 0 { emptyRecords += 1 }
            guard type == Self.handshake, emptyRecords <= Self.mostEmptyRecords,
                message.count + Int(length) <= Self.longest
            else { return true }
            guard records.readableBytes >= 5 + Int(length) else { break }
            records.moveReaderIndex(forwardBy: 5)
            message += records.readBytes(length: Int(length)) ?? []
            guard message.count >= 4 else { continue }
            let wanted = 4 + message[1...3].reduce(0) { $0 << 8 | Int($1) }
            guard wanted <= Self.longest else { return true }
            guard message.count >= wanted else { continue }
            fingerprints = TLSFingerprints(message.prefix(wanted))
            return true
        }
        return records.readableBytes > Self.longest + 5
    }
}
