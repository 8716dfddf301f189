import Crypto
import Synchronization

/// The root key, and for some time after a rotation the one before it, which still opens what was sealed with it.
struct RootKeys: Sendable {
    struct Previous: Sendable {
        var key: SymmetricKey
        /// When another took its place, in seconds since 1970.
        var replaced: Int64
    }

    static let size = 32

    var current: SymmetricKey
    var previous: Previous?

    init() {
        current = SymmetricKey(size: .bits256)
    }

    /// A new key in the place of another one.
    init(replacing old: RootKeys, at time: Int64) {
        current = SymmetricKey(size: .bits256)
        previous = Previous(key: old.current, replaced: time)
    }

    /// Reads the current key (32 bytes), after which the previous one (32) and the time of the rotation (8, the most
    /// significant first) may follow; nil for anything else.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.size || bytes.count == 2 * Self.size + 8 else { return nil }
        current = SymmetricKey(data: bytes.prefix(Self.size))
        guard bytes.count > Self.size else { return }
        let time = bytes.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        previous = Previous(
            key: SymmetricKey(data: bytes.dropFirst(Self.size).prefix(Self.size)), replaced: Int64(bitPattern: time))
    }

    /// What ``init(_:)`` reads.
    var bytes: [UInt8] {
        var bytes = current.withUnsafeBytes { Array($0) }
        if let previous {
            previous.key.withUnsafeBytes { bytes.append(contentsOf: $0) }
            withUnsafeBytes(of: previous.replaced.bigEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }
}

/// The root keys of a keyring, which all of its sealing keys are derived from: when they change, those follow.
final class RootKeySource: Sendable {
    private let keys: Mutex<RootKeys>
    /// Changes with the keys.
    let generation = Atomic<Int>(0)

    init(_ keys: RootKeys) {
        self.keys = Mutex(keys)
    }

    /// The keys, and the generation that they are of.
    func get() -> (RootKeys, generation: Int) {
        keys.withLock { ($0, generation.load(ordering: .acquiring)) }
    }

    /// Changes the keys; whatever is sealed after this call is sealed with the new ones.
    func set(_ new: RootKeys) {
        keys.withLock { keys in
            keys = new
            generation.wrappingAdd(1, ordering: .releasing)
        }
    }
}
