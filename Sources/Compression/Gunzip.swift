import CZlib

/// Reads gzip (RFC 1952), and what zlib writes without gzip's head (RFC 1950).
public enum Gunzip {
    /// - Parameter most: in bytes. What is compressed may be a thousand times as large as it looks.
    /// - Returns: nil for what is no gzip, or is more than that.
    public static func decompress(_ bytes: [UInt8], most: Int) -> [UInt8]? {
        decompress(bytes, most: most, begin: zlib_begin_gunzip)
    }

    /// The same for zlib's own form.
    public static func inflate(_ bytes: [UInt8], most: Int) -> [UInt8]? {
        decompress(bytes, most: most, begin: zlib_begin_inflate)
    }

    private static func decompress(
        _ bytes: [UInt8], most: Int, begin: (UnsafeMutablePointer<z_stream>) -> Int32
    ) -> [UInt8]? {
        var stream = z_stream()
        guard begin(&stream) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        var output: [UInt8] = []
        let isWhole = bytes.withUnsafeBufferPointer { input in
            // zlib only reads it.
            stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.avail_in = UInt32(clamping: input.count)
            return withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { piece in
                while true {
                    stream.next_out = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    stream.avail_out = UInt32(piece.count)
                    let code = CZlib.inflate(&stream, Z_NO_FLUSH)
                    output.append(contentsOf: piece[..<(piece.count - Int(stream.avail_out))])
                    guard output.count <= most else { return false }
                    if code == Z_STREAM_END {
                        // Files may be made of several, one behind the other.
                        guard stream.avail_in > 0 else { return true }
                        guard inflateReset(&stream) == Z_OK else { return false }
                    } else if code != Z_OK || stream.avail_in == 0 && stream.avail_out > 0 {
                        return false
                    }
                }
            }
        }
        return isWhole ? output : nil
    }
}
