import CZlib

/// Compresses bytes that come piece by piece, as gzip (RFC 1952).
public final class Gzip {
    /// It stays where it is: zlib keeps its address.
    private let stream: UnsafeMutablePointer<z_stream>
    private var output: [UInt8] = []

    /// How much is done to make it small.
    public enum Effort: Sendable {
        case usual
        /// A quarter of the time, for a sixth more bytes, of lines of text.
        case least

        fileprivate var level: Int32 { self == .usual ? Z_DEFAULT_COMPRESSION : Z_BEST_SPEED }
    }

    /// - Returns: nil where there is no memory for it.
    public init?(effort: Effort = .usual) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard zlib_begin_gzip(stream, effort.level) == Z_OK else { return nil }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Takes bytes in.
    public func append(_ bytes: some Collection<UInt8>) { deflate(Array(bytes), Z_NO_FLUSH) }

    /// What has been compressed since the last time, so that no more of a long text need be kept. It may be nothing yet.
    public func take() -> [UInt8] {
        defer { output = [] }
        return output
    }

    /// All of it that was not taken; nothing can follow.
    public func finish() -> [UInt8] {
        deflate([], Z_FINISH)
        return take()
    }

    private func deflate(_ bytes: [UInt8], _ flush: Int32) {
        bytes.withUnsafeBufferPointer { input in
            // zlib only reads it.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = UInt32(clamping: input.count)
            withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { piece in
                repeat {
                    stream.pointee.next_out = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    stream.pointee.avail_out = UInt32(piece.count)
                    _ = CZlib.deflate(stream, flush)
                    output.append(contentsOf: piece[..<(piece.count - Int(stream.pointee.avail_out))])
                } while stream.pointee.avail_out == 0
            }
            stream.pointee.next_in = nil
        }
    }

    /// Compresses bytes at once; nil where there is no memory for it.
    public static func compress(_ bytes: [UInt8], effort: Effort = .usual) -> [UInt8]? {
        guard let gzip = Gzip(effort: effort) else { return nil }
        gzip.append(bytes)
        return gzip.finish()
    }
}
