import NIOCore

/// What of a body waits to be looked at, or for a server.
struct KeptBody {
    private var pieces: [ByteBuffer] = []
    /// In bytes.
    private(set) var count = 0

    /// Shorter pieces are put together, in bytes: each would hold on to the memory of all that was read with it. So are those that
    /// are a small part of that.
    private static let short = 1024

    mutating func append(_ piece: ByteBuffer) {
        count += piece.readableBytes
        if piece.readableBytes >= Self.short, piece.storageCapacity / 4 <= piece.readableBytes {
            return pieces.append(piece)
        }
        if let last = pieces.indices.last, pieces[last].readableBytes < Self.short {
            pieces[last].writeImmutableBuffer(piece)
        } else {
            var copy = ByteBufferAllocator().buffer(capacity: max(2 * Self.short, piece.readableBytes))
            copy.writeImmutableBuffer(piece)
            pieces.append(copy)
        }
    }

    /// Up to so many bytes from the beginning.
    func prefix(_ limit: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(count, limit))
        for piece in pieces { bytes += piece.readableBytesView.prefix(limit - bytes.count) }
        return bytes
    }

    /// All there is, which is not kept any more.
    mutating func takeAll() -> [ByteBuffer] {
        defer { self = KeptBody() }
        return pieces
    }
}
