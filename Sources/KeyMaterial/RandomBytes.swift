#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Random bytes that are fit for keys: those of the system's generator.
public enum RandomBytes {
    /// The most that `getentropy` gives at a time (POSIX.1-2024).
    private static let most = 256

    /// As many random bytes as asked for.
    ///
    /// - Throws: ``KeyMaterialError/failed`` when the system has none.
    public static func make(_ count: Int) throws(KeyMaterialError) -> [UInt8] {
        guard count > 0 else { return [] }
        var isFilled = true
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            while isFilled, written < count, let address = buffer.baseAddress {
                let part = min(count - written, most)
                isFilled = getentropy(address + written, part) == 0
                if isFilled { written += part }
            }
        }
        guard isFilled, bytes.count == count else { throw .failed }
        return bytes
    }
}
