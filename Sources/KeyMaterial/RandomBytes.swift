import CLibCrypto

/// Random bytes that are fit for keys: those of libcrypto's generator (NIST SP 800-90A), which the system seeds.
public enum RandomBytes {
    /// As many random bytes as asked for.
    ///
    /// - Throws: ``KeyMaterialError/failed`` when the system has none.
    public static func make(_ count: Int) throws(KeyMaterialError) -> [UInt8] {
        guard count > 0 else { return [] }
        var isFilled = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            isFilled = libcrypto_random(buffer.baseAddress, count)
            written = isFilled ? count : 0
        }
        guard isFilled else { throw .failed }
        return bytes
    }
}
