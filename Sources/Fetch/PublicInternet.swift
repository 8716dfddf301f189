import NIOCore

/// Which addresses are of the public internet: none of this machine, of a network of its own, of a link, of many hosts, nor one
/// that another is hidden in.
/// <https://www.iana.org/assignments/iana-ipv4-special-registry>, <https://www.iana.org/assignments/iana-ipv6-special-registry>
public enum PublicInternet {
    /// Networks of IPv4 that are special, with the lengths of their prefixes.
    private static let special: [(network: UInt32, length: UInt32)] = [
        (0x0000_0000, 8), (0x0A00_0000, 8), (0x6440_0000, 10), (0x7F00_0000, 8), (0xA9FE_0000, 16), (0xAC10_0000, 12),
        (0xC000_0000, 24), (0xC000_0200, 24), (0xC058_6300, 24), (0xC0A8_0000, 16), (0xC612_0000, 15),
        (0xC633_6400, 24), (0xCB00_7100, 24), (0xE000_0000, 4), (0xF000_0000, 4),
        // Azure's machines find their platform there: <https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16>.
        (0xA83F_8110, 32),
    ]

    /// What the addresses of 64:ff9b::/96 begin with: those of IPv4, for whom a translator stands in between (RFC 6052).
    private static let translated: [UInt8] = [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]

    /// Whether a text is such an address.
    /// - Complexity: constant.
    public static func contains(_ text: String) -> Bool {
        guard let address = try? SocketAddress(ipAddress: text, port: 0) else { return false }
        return contains(address)
    }

    static func contains(_ address: SocketAddress) -> Bool {
        switch address {
        case .v4(let address):
            return contains(bytes: withUnsafeBytes(of: address.address.sin_addr) { Array($0) })
        case .v6(let address):
            let bytes = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
            if bytes.starts(with: translated) { return contains(bytes: bytes.suffix(4)) }
            guard bytes.count == 16, bytes[0] & 0xE0 == 0x20 else { return false }
            let first = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
            let second = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
            // 2002::/16 has addresses of IPv4 in it, 2001::/23 those of protocols, 2001:db8::/32 and 3fff::/20 those of examples.
            return first != 0x2002 && !(first == 0x2001 && (second < 0x0200 || second == 0x0DB8))
                && !(first == 0x3FFF && second < 0x1000)
        case .unixDomainSocket: return false
        }
    }

    /// - Parameter bytes: the four of an address of IPv4.
    private static func contains(bytes: some Sequence<UInt8>) -> Bool {
        let number = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return !special.contains { number >> (32 - $0.length) == $0.network >> (32 - $0.length) }
    }
}
