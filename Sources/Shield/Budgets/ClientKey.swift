public import WAF

/// An address, or the network that it is in, as budgets and shares count by.
public struct ClientKey: Sendable, Hashable {
    /// The first bits of the address, the others cleared.
    public let network: IPAddress
    /// How many bits those are.
    public let length: Int

    /// - Parameters:
    ///   - address: of the client.
    ///   - length: how many of its bits count; more than it has are all.
    public init(_ address: IPAddress, length: Int) {
        self.length = min(max(0, length), address.width)
        network = address.masked(to: self.length)
    }

    /// One client: an address of version 4, and of version 6 the 64 bits that a household or a machine has to itself.
    public static func client(_ address: IPAddress) -> ClientKey {
        ClientKey(address, length: address.version == 4 ? 32 : 64)
    }

    /// The neighbours: 256 addresses of version 4, or what a site has of version 6.
    public static func neighbourhood(_ address: IPAddress) -> ClientKey {
        ClientKey(address, length: address.version == 4 ? 24 : 48)
    }

    /// In CIDR notation.
    public var cidr: String { "\(network)/\(length)" }

    /// By which tables find it. Nobody outside can foresee it: it is different in each process.
    var hash: UInt64 {
        var hasher = Hasher()
        hasher.combine(self)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
