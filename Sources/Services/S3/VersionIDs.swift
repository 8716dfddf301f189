import FoundationEssentials
import Platform

/// The ids of versions. Clients may not read them, but the place of the version among those of its key is in them, so that
/// it is found without an index: 8 bytes, and 16 random ones after them.
enum VersionID {
    /// A new id for a place.
    static func make(_ sequence: Int64) -> String {
        let place = withUnsafeBytes(of: UInt64(bitPattern: sequence).bigEndian) { Array($0) }
        return text(place + Identifiers.randomBytes(16))
    }

    /// The place that is in an id; nil for a text that was never one.
    static func sequence(of id: String) -> Int64? {
        let base64 = String(id.map { $0 == "." ? "+" : $0 == "_" ? "/" : $0 })
        guard id.utf8.count == 32, let bytes = Data(base64Encoded: base64), bytes.count == 24 else { return nil }
        return Int64(bitPattern: bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    /// In letters that need no escape in a query string.
    private static func text(_ bytes: [UInt8]) -> String {
        String(Data(bytes).base64EncodedString().map { $0 == "+" ? "." : $0 == "/" ? "_" : $0 })
    }
}
