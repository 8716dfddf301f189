import CCRC

/// A cyclic redundancy check, reflected, with all bits set at the beginning and inverted at the end: CRC-32 (ISO-HDLC),
/// CRC-32C (Castagnoli), CRC-64/NVME, as the catalogue of parametrised CRC algorithms has them.
/// <https://reveng.sourceforge.io/crc-catalogue/all.htm>
///
/// It notices accidents, not attacks.
public struct CRC: Sendable {
    /// One of the algorithms, with its tables.
    public final class Kind: Sendable {
        /// CRC-32.
        public static let crc32 = Kind(0xEDB8_8320, bits: 32)
        /// CRC-32C.
        public static let crc32c = Kind(0x82F6_3B78, bits: 32)
        /// CRC-64/NVME.
        public static let crc64NVME = Kind(0x9A6C_9329_AC4B_C9B5, bits: 64)

        /// The polynomial with its bits in reverse order.
        fileprivate let polynomial: UInt64
        fileprivate let bits: Int
        /// Eight tables of 256: what a byte does that is followed by none, by one, … by seven others.
        fileprivate let tables: [UInt64]
        /// See `ccrc_fold`; nil where the processor can't do that.
        fileprivate let factors: ccrc_factors?

        private init(_ polynomial: UInt64, bits: Int) {
            self.polynomial = polynomial
            self.bits = bits
            var tables = [UInt64](repeating: 0, count: 8 * 256)
            for byte in 0..<256 {
                var value = UInt64(byte)
                for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1 }
                tables[byte] = value
            }
            for place in 256..<tables.count {
                let before = tables[place - 256]
                tables[place] = before >> 8 ^ tables[Int(before & 255)]
            }
            self.tables = tables
            guard ccrc_can_fold() != 0 else {
                factors = nil
                return
            }
            func power(_ exponent: Int) -> UInt64 {
                var value: UInt64 = 1 << UInt64(bits - 1)
                for _ in 0..<exponent { value = value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1 }
                return value << UInt64(64 - bits)
            }
            factors = ccrc_factors(
                far_first: power(575), far_second: power(511), near_first: power(191), near_second: power(127))
        }

        fileprivate var mask: UInt64 { bits == 64 ? .max : 1 << UInt64(bits) - 1 }
    }

    private let kind: Kind
    private var state: UInt64
    /// Of what was given to it.
    public private(set) var length: Int64 = 0

    /// The check of nothing yet.
    public init(_ kind: Kind) {
        self.kind = kind
        state = kind.mask
    }

    /// The check of what was computed elsewhere.
    public init(_ kind: Kind, value: UInt64, length: Int64) {
        self.kind = kind
        state = ~value & kind.mask
        self.length = length
    }

    /// The check so far.
    public var value: UInt64 { ~state & kind.mask }

    /// The highest byte first.
    public var bytes: [UInt8] {
        (1...kind.bits / 8).map { UInt8(truncatingIfNeeded: value >> UInt64(kind.bits - 8 * $0)) }
    }

    /// Takes the next bytes.
    /// - Complexity: linear; 64 bytes at a time where the processor multiplies without carries, or else eight.
    public mutating func update(_ bytes: [UInt8]) {
        length &+= Int64(bytes.count)
        bytes.withUnsafeBytes { bytes in
            let count = bytes.count & ~15
            guard var factors = kind.factors, count >= Self.leastFolded, let start = bytes.baseAddress else {
                return take(bytes)
            }
            withUnsafeTemporaryAllocation(byteCount: 16, alignment: 16) { folded in
                guard let rest = folded.baseAddress else { return take(bytes) }
                ccrc_fold(
                    start.assumingMemoryBound(to: UInt8.self), count, state, &factors,
                    rest.assumingMemoryBound(to: UInt8.self))
                state = 0
                take(UnsafeRawBufferPointer(folded))
                take(UnsafeRawBufferPointer(rebasing: bytes[count...]))
            }
        }
    }

    /// Fewer bytes are not worth it.
    private static let leastFolded = 128

    /// Takes bytes by the tables.
    private mutating func take(_ bytes: UnsafeRawBufferPointer) {
        var (state, place) = (state, 0)
        kind.tables.withUnsafeBufferPointer { tables in
            while place + 8 <= bytes.count {
                let word = state ^ UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                state =
                    tables[7 * 256 + Int(word & 255)] ^ tables[6 * 256 + Int(word >> 8 & 255)]
                    ^ tables[5 * 256 + Int(word >> 16 & 255)] ^ tables[4 * 256 + Int(word >> 24 & 255)]
                    ^ tables[3 * 256 + Int(word >> 32 & 255)] ^ tables[2 * 256 + Int(word >> 40 & 255)]
                    ^ tables[256 + Int(word >> 48 & 255)] ^ tables[Int(word >> 56)]
                place += 8
            }
            while place < bytes.count {
                state = state >> 8 ^ tables[Int((state ^ UInt64(bytes[place])) & 255)]
                place += 1
            }
        }
        self.state = state
    }

    /// The check of what this is of with what another is of behind it: what zeros in the other's place would make of this
    /// one, and the other on top.
    /// - Complexity: O(log of the other's length).
    public func appending(_ other: CRC) -> CRC {
        var value = value
        // The operator that one zero bit is, squared over and over: a column for each bit.
        var zeros = [kind.polynomial] + (1..<kind.bits).map { 1 << UInt64($0 - 1) }
        var left = UInt64(clamping: other.length) &* 8
        while left > 0 {
            if left & 1 == 1 { value = Self.product(zeros, value) }
            zeros = zeros.map { Self.product(zeros, $0) }
            left >>= 1
        }
        return CRC(kind, value: value ^ other.value, length: length &+ other.length)
    }

    private static func product(_ matrix: [UInt64], _ vector: UInt64) -> UInt64 {
        var (sum, rest): (UInt64, UInt64) = (0, vector)
        while rest != 0 {
            sum ^= matrix[rest.trailingZeroBitCount]
            rest &= rest &- 1
        }
        return sum
    }
}
