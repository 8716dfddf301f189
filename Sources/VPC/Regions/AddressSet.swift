/// Addresses of both families, exactly.
public struct AddressSet: Hashable, Sendable {
    let ipv4: IntervalSet<UInt128>
    let ipv6: IntervalSet<UInt128>

    /// None, and all of them.
    public static let empty = AddressSet(ipv4: IntervalSet(), ipv6: IntervalSet())
    public static let all = AddressSet(ipv4: IntervalSet(0...0xFFFF_FFFF), ipv6: IntervalSet(0...UInt128.max))

    init(ipv4: IntervalSet<UInt128>, ipv6: IntervalSet<UInt128>) {
        self.ipv4 = ipv4
        self.ipv6 = ipv6
    }

    /// All addresses of the blocks, which may overlap.
    public init(_ blocks: some Sequence<CIDRBlock>) {
        ipv4 = IntervalSet(blocks.lazy.filter { !$0.isVersion6 }.map(\.interval))
        ipv6 = IntervalSet(blocks.lazy.filter(\.isVersion6).map(\.interval))
    }

    public init(_ addresses: some Sequence<NetworkAddress>) {
        self.init(addresses.map { CIDRBlock($0, prefixLength: 128) })
    }

    public var isEmpty: Bool { ipv4.isEmpty && ipv6.isEmpty }

    public func contains(_ address: NetworkAddress) -> Bool {
        (address.isVersion6 ? ipv6 : ipv4).contains(address.value)
    }

    public func overlaps(_ block: CIDRBlock) -> Bool { (block.isVersion6 ? ipv6 : ipv4).overlaps(block.interval) }

    public func union(_ other: AddressSet) -> AddressSet {
        AddressSet(ipv4: ipv4.union(other.ipv4), ipv6: ipv6.union(other.ipv6))
    }

    public func intersection(_ other: AddressSet) -> AddressSet {
        AddressSet(ipv4: ipv4.intersection(other.ipv4), ipv6: ipv6.intersection(other.ipv6))
    }

    public func subtracting(_ other: AddressSet) -> AddressSet {
        AddressSet(ipv4: ipv4.subtracting(other.ipv4), ipv6: ipv6.subtracting(other.ipv6))
    }

    /// The least number of blocks that have exactly these addresses, in order, IPv4 first.
    public var blocks: [CIDRBlock] {
        ipv4.ranges.flatMap { CIDRBlock.covering($0, isVersion6: false) }
            + ipv6.ranges.flatMap { CIDRBlock.covering($0, isVersion6: true) }
    }

    /// One of the addresses, the lowest.
    public var first: NetworkAddress? {
        ipv4.ranges.first.map { NetworkAddress($0.lowerBound, isVersion6: false) }
            ?? ipv6.ranges.first.map { NetworkAddress($0.lowerBound, isVersion6: true) }
    }
}

extension CIDRBlock {
    var interval: ClosedRange<UInt128> { first.value...last.value }

    /// The least number of blocks that are a range.
    static func covering(_ range: ClosedRange<UInt128>, isVersion6: Bool) -> [CIDRBlock] {
        let width = isVersion6 ? 128 : 32
        var blocks: [CIDRBlock] = []
        var start = range.lowerBound
        while true {
            // As large as the beginning's zeros at the end allow, and as what is left does.
            let left = range.upperBound - start
            let fitting = left == .max ? 128 : 127 - (left + 1).leadingZeroBitCount
            let free = min(width, start.trailingZeroBitCount, fitting)
            let block = CIDRBlock(NetworkAddress(start, isVersion6: isVersion6), prefixLength: width - free)
            blocks.append(block)
            guard block.last.value < range.upperBound else { return blocks }
            start = block.last.value + 1
        }
    }
}
