public import Shield
public import WAF

/// A table of nftables before the web front's ports, in nft's words. It keeps back packets that would open connections: of banned
/// addresses, and of those that open too many. It touches no other port, no connection that is open, and no other table.
///
/// It looks at the hook `input`, so that what is forwarded to other machines never meets it, and an operator's redirection of
/// ports has been done. It accepts nothing: whatever the operator's own tables drop stays dropped.
///
/// <https://wiki.nftables.org/wiki-nftables/index.php/Meters>
public struct FilterTable: Sendable, Equatable {
    /// `gatehouse-8443`, or `gatehouse-192.0.2.1-8443` where the front listens on one address alone.
    public let name: String
    private let address: IPAddress?
    private let ports: [Int]
    private let exempt: [Network]
    private let rate: Budget

    /// How many addresses each set holds. Where a set of rates is full, nobody new is measured.
    static let capacity = 65_536

    /// - Parameters:
    ///   - address: on which the front listens; all, if it is `0.0.0.0` or `::`, or nil.
    ///   - ports: of the front; the first one gives the table its name.
    ///   - exempt: networks that are let through at any time.
    ///   - rate: how many connections an address may open, by IPv6 a network of 64 bits.
    /// - Returns: nil where the address is none that a rule can name, such as one with a zone (`fe80::1%eth0`): a table for all
    ///   addresses would touch others' services.
    public init?(address text: String?, ports: [Int], exempt: [Network], rate: Budget) {
        let address = text.flatMap { IPAddress($0) }
        guard text == nil || address != nil else { return nil }
        let isAny = address?.bytes.allSatisfy { $0 == 0 } ?? true
        self.address = isAny ? nil : address
        self.ports = ports.sorted()
        self.exempt = exempt
        self.rate = rate
        let place = isAny ? "" : "\(address?.description ?? "")-".map { $0 == ":" ? "." : String($0) }.joined()
        name = "gatehouse-\(place)\(ports.first ?? 0)"
    }

    /// Puts the table in place, anew if it is there.
    public var creation: String {
        """
        \(removal)
        table inet \(name) {
          comment "SYN floods and bans before Gatehouse's web front"
        \(exemptions("exempt4", "ipv4_addr", 4))
        \(exemptions("exempt6", "ipv6_addr", 6))
          set banned4 { type ipv4_addr; flags timeout; size \(Self.capacity); }
          set banned6 { type ipv6_addr; flags timeout; size \(Self.capacity); }
          set rates4 { type ipv4_addr; flags dynamic,timeout; timeout 20s; size \(Self.capacity); }
          set rates6 { type ipv6_addr; flags dynamic,timeout; timeout 20s; size \(Self.capacity); }
          counter asked { }
          counter banned { }
          counter too_many { }
          chain input {
            type filter hook input priority filter - 10; policy accept;
            \(destination)tcp dport { \(ports.map(String.init).joined(separator: ", ")) } \
        tcp flags & (fin | syn | rst | ack) == syn jump connections
          }
          chain connections {
            counter name asked
            ip saddr @exempt4 return
            ip6 saddr @exempt6 return
            ip saddr @banned4 counter name banned drop
            ip6 saddr & \(Self.mask) @banned6 counter name banned drop
            update @rates4 { ip saddr \(limit) } counter name too_many drop
            update @rates6 { ip6 saddr & \(Self.mask) \(limit) } counter name too_many drop
          }
        }

        """
    }

    /// Takes the table away, also if it is not there.
    public var removal: String {
        // Older programs and kernels have no `destroy`.
        """
        table inet \(name)
        delete table inet \(name)
        """
    }

    /// Bans clients, by their keys, for some seconds. Those that are banned already are so for as long from now on.
    public func banning(_ clients: [ClientKey: Double]) -> String {
        var lines: [String] = []
        for (set, version) in [("banned4", 4), ("banned6", 6)] {
            let those = clients.filter { $0.key.network.version == version }
            guard !those.isEmpty else { continue }
            let names = those.map { "\($0.key.network)" }.joined(separator: ", ")
            // Kernels before 6.12 leave an element that is there as it is.
            lines.append("add element inet \(name) \(set) { \(names) }")
            lines.append("delete element inet \(name) \(set) { \(names) }")
            let timed = those.map { "\($0.key.network) timeout \(Self.milliseconds($0.value))ms" }
            lines.append("add element inet \(name) \(set) { \(timed.joined(separator: ", ")) }")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let mask = "ffff:ffff:ffff:ffff::"

    private var destination: String {
        guard let address else { return "" }
        return address.version == 4 ? "ip daddr \(address) " : "ip6 daddr \(address) "
    }

    private var limit: String {
        "limit rate over \(Self.whole(rate.perSecond))/second burst \(Self.whole(rate.burst)) packets"
    }

    private func exemptions(_ name: String, _ type: String, _ version: Int) -> String {
        let networks = exempt.filter { $0.address.version == version }.map { "\($0)" }
        let elements = networks.isEmpty ? "" : " elements = { \(networks.joined(separator: ", ")) }"
        return "  set \(name) { type \(type); flags interval; auto-merge;\(elements) }"
    }

    private static func whole(_ number: Double) -> Int { Int(min(max(1, number), 1e6).rounded()) }
    private static func milliseconds(_ seconds: Double) -> Int {
        Int((min(max(0.001, seconds), 86_400) * 1000).rounded(.up))
    }
}
