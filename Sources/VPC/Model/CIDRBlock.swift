private import Policy

/// A range of addresses by their first bits (RFC 4632, RFC 4291), such as `10.0.0.0/16`.
public struct CIDRBlock: Hashable, Sendable, CustomStringConvertible {
    /// The first address; bits behind the prefix are zero.
    public let first: NetworkAddress
    /// How many of its first bits all addresses share: 0 to 32, or to 128.
    public let prefixLength: Int

    /// Everything of IPv4, and of IPv6.
    public static let anyIPv4 = CIDRBlock(NetworkAddress(0, isVersion6: false), prefixLength: 0)
    public static let anyIPv6 = CIDRBlock(NetworkAddress(0, isVersion6: true), prefixLength: 0)

    /// The block of this length that an address is in.
    public init(_ address: NetworkAddress, prefixLength: Int) {
        let width = address.isVersion6 ? 128 : 32
        self.prefixLength = max(0, min(width, prefixLength))
        let free = width - self.prefixLength
        first = NetworkAddress(free >= 128 ? 0 : (address.value >> free) << free, isVersion6: address.isVersion6)
    }

    /// Reads `10.0.0.0/16`, and clears bits behind the prefix, as EC2 does; nil is what is no block, or has no length.
    public init?(_ text: String) {
        guard let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")),
            let length = Int(text[text.index(after: slash)...]), text.utf8.count <= 64
        else { return nil }
        let bytes = Array(text.utf8)
        guard let range = AddressRange(bytes.span) else { return nil }
        let value = UInt128(range.high) << 64 | UInt128(range.low)
        self.init(NetworkAddress(value, isVersion6: range.isVersion6), prefixLength: length)
    }

    /// Of which family its addresses are.
    public var isVersion6: Bool { first.isVersion6 }

    /// The last address.
    public var last: NetworkAddress {
        let free = (isVersion6 ? 128 : 32) - prefixLength
        let host = free >= 128 ? UInt128.max : (UInt128(1) << free) - 1
        return NetworkAddress(first.value | host, isVersion6: isVersion6)
    }

    /// Whether the address is in it.
    public func contains(_ address: NetworkAddress) -> Bool {
        address.isVersion6 == isVersion6 && first.value <= address.value && address.value <= last.value
    }

    /// Whether every address of the other is in it.
    public func contains(_ other: CIDRBlock) -> Bool { contains(other.first) && contains(other.last) }

    /// Whether they share an address.
    public func overlaps(_ other: CIDRBlock) -> Bool { contains(other.first) || other.contains(first) }

    /// `10.0.0.0/16`.
    public var description: String { "\(first)/\(prefixLength)" }
}
