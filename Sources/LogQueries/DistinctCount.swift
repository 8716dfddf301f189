/// How many different texts there are, in bounded memory: exactly up to 4096, and beyond that as HyperLogLog estimates it, whose
/// standard error is 1.6 % with as many registers.
struct DistinctCount: Sendable {
    private static let most = 4096
    private static let bits = 12

    private var hashes: Set<UInt64> = []
    private var registers: [UInt8] = []

    /// How many bytes it takes, about.
    var size: Int { 64 + hashes.count * 16 + registers.count }

    mutating func add(_ text: String) {
        let hash = Self.hash(text)
        guard registers.isEmpty else { return register(hash) }
        hashes.insert(hash)
        guard hashes.count > Self.most else { return }
        registers = [UInt8](repeating: 0, count: 1 << Self.bits)
        for hash in hashes { register(hash) }
        hashes = []
    }

    private mutating func register(_ hash: UInt64) {
        let place = Int(hash >> UInt64(64 - Self.bits))
        let rank = UInt8(min((hash << UInt64(Self.bits)).leadingZeroBitCount, 64 - Self.bits) + 1)
        if registers[place] < rank { registers[place] = rank }
    }

    var count: Int {
        guard !registers.isEmpty else { return hashes.count }
        let size = Double(registers.count)
        let sum = registers.reduce(0.0) { $0 + Mathematics.power(2, -Double($1)) }
        let estimate = 0.7213 / (1 + 1.079 / size) * size * size / sum
        let zeros = registers.count { $0 == 0 }
        return Int(
            (estimate <= 2.5 * size && zeros > 0 ? size * Mathematics.logarithm(size / Double(zeros)) : estimate)
                .rounded())
    }

    /// FNV-1a, and what makes all its bits depend on all others.
    private static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        hash = (hash ^ hash >> 33) &* 0xff51_afd7_ed55_8ccd
        hash = (hash ^ hash >> 33) &* 0xc4ce_b9fe_1a85_ec53
        return hash ^ hash >> 33
    }
}
