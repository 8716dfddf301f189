/// An address of IPv4 or IPv6, as a number.
public struct NetworkAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Of which of the two families it is. The families never mix.
    public let isVersion6: Bool
    /// The address; one of IPv4 is in the lowest 32 bits.
    public let value: UInt128

    /// Makes an address of a number; bits that the family has not are dropped.
    public init(_ value: UInt128, isVersion6: Bool) {
        self.isVersion6 = isVersion6
        self.value = isVersion6 ? value : value & 0xFFFF_FFFF
    }

    /// Where instances that run here find Gatehouse, whichever service they ask for: an address that belongs to benchmarks (RFC 2544), in
    /// the stead of AWS's addresses on the internet.
    public static let services = NetworkAddress(0xC612_0001, isVersion6: false)

    /// Reads `203.0.113.7` and `2001:db8::7` (RFC 4291); nil is anything else.
    public init?(_ text: some StringProtocol) {
        guard let block = CIDRBlock("\(text)/\(text.utf8.contains(UInt8(ascii: ":")) ? 128 : 32)") else { return nil }
        self = block.first
    }

    /// IPv4 comes before IPv6.
    public static func < (one: NetworkAddress, other: NetworkAddress) -> Bool {
        one.isVersion6 == other.isVersion6 ? one.value < other.value : other.isVersion6
    }

    /// Dotted, or as RFC 5952 writes it: lower case, the longest run of zeros left out.
    public var description: String {
        guard isVersion6 else {
            return [24, 16, 8, 0].map { String((value >> $0) & 0xFF) }.joined(separator: ".")
        }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: value >> (112 - 16 * $0)) }
        var longest = 0..<0
        var start: Int?
        for index in 0...8 {
            if index < 8, groups[index] == 0 {
                start = start ?? index
            } else if let from = start {
                if index - from > longest.count, index - from > 1 { longest = from..<index }
                start = nil
            }
        }
        let words = groups.map { String($0, radix: 16) }
        guard !longest.isEmpty else { return words.joined(separator: ":") }
        return words[..<longest.lowerBound].joined(separator: ":") + "::"
            + words[longest.upperBound...].joined(separator: ":")
    }
}
