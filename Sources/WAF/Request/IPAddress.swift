/// An IP address, or the beginning of a network's.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 or 6.
    public let version: Int
    /// The bits, with those of version 4 in the lower 32.
    let bits: UInt128

    private init(version: Int, bits: UInt128) {
        self.version = version
        self.bits = bits
    }

    /// The bytes as they stand in packets: 4 or 16.
    public var bytes: [UInt8] {
        (0..<width / 8).reversed().map { UInt8(truncatingIfNeeded: bits >> UInt128($0 * 8)) }
    }

    /// How many bits an address has: 32 or 128.
    public var width: Int { version == 4 ? 32 : 128 }

    /// Reads an address: `192.0.2.1`, `2001:db8::1`. An address of version 4 in one of version 6 (`::ffff:192.0.2.1`) is the
    /// former.
    /// - Returns: nil for anything else.
    public init?(_ text: some StringProtocol) {
        let utf8 = Array(text.utf8.prefix(64))
        guard utf8.count == text.utf8.count,
            let parsed = utf8.contains(UInt8(ascii: ":")) ? Self.six(utf8[...]) : Self.four(utf8[...])
        else { return nil }
        self = parsed
    }

    private static func four(_ text: ArraySlice<UInt8>) -> IPAddress? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt128 = 0
        for part in parts {
            // No leading zeros: some read them as octal.
            guard (1...3).contains(part.count), part.count == 1 || part.first != 0x30,
                let value = decimal(part), value <= 255
            else { return nil }
            bits = bits << 8 | UInt128(value)
        }
        return IPAddress(version: 4, bits: bits)
    }

    private static func decimal(_ text: ArraySlice<UInt8>) -> Int? {
        guard (1...3).contains(text.count), text.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return text.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func six(_ text: ArraySlice<UInt8>) -> IPAddress? {
        var halves: [[UInt16]] = [[]]
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard (3...9).contains(parts.count) else { return nil }
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            if part.isEmpty {
                let isEdge = index == 0 || isLast
                // An edge is empty only beside the double colon.
                if isEdge {
                    guard parts[index == 0 ? 1 : parts.count - 2].isEmpty else { return nil }
                    continue
                }
                guard halves.count == 1 else { return nil }
                halves.append([])
            } else if isLast, part.contains(UInt8(ascii: ".")) {
                guard let four = four(part) else { return nil }
                halves[halves.count - 1] += [
                    UInt16(truncatingIfNeeded: four.bits >> 16), UInt16(truncatingIfNeeded: four.bits),
                ]
            } else {
                guard part.count <= 4 else { return nil }
                var group: UInt16 = 0
                for byte in part {
                    guard let digit = byte.hexDigit else { return nil }
                    group = group << 4 | UInt16(digit)
                }
                halves[halves.count - 1].append(group)
            }
        }
        var groups = halves[0]
        if halves.count == 2 {
            let missing = 8 - groups.count - halves[1].count
            guard missing >= 1 else { return nil }
            groups += [UInt16](repeating: 0, count: missing) + halves[1]
        }
        guard groups.count == 8 else { return nil }
        let bits = groups.reduce(0 as UInt128) { $0 << 16 | UInt128($1) }
        if bits >> 32 == 0xFFFF { return IPAddress(version: 4, bits: bits & 0xFFFF_FFFF) }
        return IPAddress(version: 6, bits: bits)
    }

    /// The address with all but its first bits cleared.
    public func masked(to length: Int) -> IPAddress {
        let rest = max(0, width - length)
        guard rest < 128 else { return IPAddress(version: version, bits: 0) }
        return IPAddress(version: version, bits: (bits >> UInt128(rest)) << UInt128(rest))
    }

    public var description: String {
        if version == 4 {
            return (0..<4).reversed().map { String(UInt8(truncatingIfNeeded: bits >> UInt128($0 * 8))) }
                .joined(separator: ".")
        }
        let groups = (0..<8).reversed().map { UInt16(truncatingIfNeeded: bits >> UInt128($0 * 16)) }
        // RFC 5952: the longest run of zeros is left out, the first of those that are as long.
        var best = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || groups[index] != 0 {
            if index - start > best.count, index - start > 1 { best = start..<index }
            start = index + 1
        }
        func text(_ range: Range<Int>) -> String {
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        return best.isEmpty ? text(0..<8) : text(0..<best.lowerBound) + "::" + text(best.upperBound..<8)
    }
}

/// Addresses that begin alike, in CIDR notation: `192.0.2.0/24`.
public struct Network: Sendable, Hashable, CustomStringConvertible {
    /// The first address.
    public let address: IPAddress
    /// How many bits are the same in all.
    public let length: Int

    /// Reads a network. Bits behind the length do not matter.
    /// - Returns: nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(parts[0]), (1...3).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let length = Int(parts[1]),
            (0...address.width).contains(length)
        else { return nil }
        self.address = address.masked(to: length)
        self.length = length
    }

    public var description: String { "\(address)/\(length)" }
}

/// Many networks, asked whether one of them has an address.
///
/// - Complexity: a look-up takes a step for each doubling of their number.
public struct NetworkSet: Sendable {
    /// The first and the last address of what networks cover without a gap, in order.
    private struct Ranges: Sendable {
        private var first: [UInt128] = []
        private var last: [UInt128] = []

        init(_ networks: [Network]) {
            for network in networks.sorted(by: { $0.address.bits < $1.address.bits }) {
                let rest = network.address.width - network.length
                let end = network.address.bits | (rest < 128 ? (1 << UInt128(rest)) - 1 : .max)
                if let before = last.last, network.address.bits <= before {
                    last[last.count - 1] = max(before, end)
                } else {
                    first.append(network.address.bits)
                    last.append(end)
                }
            }
        }

        func contains(_ bits: UInt128) -> Bool {
            var (low, high) = (0, first.count)
            while low < high {
                let middle = low + (high - low) / 2
                if first[middle] <= bits { low = middle + 1 } else { high = middle }
            }
            return low > 0 && bits <= last[low - 1]
        }
    }

    private let (four, six): (Ranges, Ranges)

    /// Makes a set.
    public init(_ networks: some Sequence<Network>) {
        let all = Array(networks)
        four = Ranges(all.filter { $0.address.version == 4 })
        six = Ranges(all.filter { $0.address.version != 4 })
    }

    /// Whether a network of the set has the address.
    public func contains(_ address: IPAddress) -> Bool {
        address.version == 4 ? four.contains(address.bits) : six.contains(address.bits)
    }
}
