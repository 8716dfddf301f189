import VPC

/// An interface of a VPC that an instance on this machine has.
struct AttachedInterface: Hashable, Sendable {
    /// `eni-…`.
    let id: String
    /// Whether it may send only from its own addresses, and get what is for them.
    var checksSourceAndDestination = true

    var link: String { RuleName.link(id) }
}

/// The table of a VPC: which packets pass between the interfaces that are attached to it.
///
/// A packet that an instance sends comes into the VPC's network by the end of its interface, and has to pass, in AWS's order: the sender's
/// groups, the ACL of the subnet that it leaves, the ACL of the subnet that it comes to, the receiver's groups. Groups have a memory:
/// what belongs to a connection that was allowed to be opened passes them. ACLs have none, and hold at the border of a subnet
/// only. Nothing passes that no rule lets pass.
///
/// Where a packet comes from is where it came in, and not what it says: whoever sends from other addresses than its own is not heard.
struct NetworkRules {
    /// The table's name. Each VPC has a network of its own, so that they need no different ones.
    static let table = "gatehouse"
    /// Where Gatehouse's own endpoint is, for instances whose routes lead to AWS's services.
    static let services = "\(NetworkAddress.services)"
    /// Where each instance finds its metadata. Who asks there is told by the interface that the question comes by: the next hop answers,
    /// so that a container within an instance is one hop farther away. No group, ACL or flow log knows of it, as on AWS.
    static let metadata = ["169.254.169.254", "169.254.170.2", "fd00:ec2::254"]
    static let metadataPort: Int32 = 80
    /// Where instances ask for names, besides the VPC's second address: of each version of IP. No group, ACL or flow log knows of it,
    /// either.
    static let resolvers = ["169.254.169.253", "fd00:ec2::253"]
    static let resolverPort: Int32 = 53

    /// The second address after the first of a VPC's primary block; nil: that has none to spare.
    static func resolver(of vpc: String, in network: Network) -> NetworkAddress? {
        network.vpcs[vpc]?.first { !$0.isVersion6 && $0.prefixLength <= 28 }
            .map { NetworkAddress($0.first.value + 2, isVersion6: false) }
    }

    private let network: Network
    private let attached: [AttachedInterface]
    private let logged: Set<String>
    private let hasEndpoints: Bool
    private let resolver: NetworkAddress?

    /// - Parameters:
    ///   - attached: of the VPC, and known to the network.
    ///   - logged: interfaces of which flows are counted, by id.
    ///   - hasEndpoints: whether the VPC has interface endpoints, which need no route.
    ///   - resolver: the VPC's second address.
    init(
        _ network: Network, attached: [AttachedInterface], logged: Set<String> = [], hasEndpoints: Bool = false,
        resolver: NetworkAddress? = nil
    ) {
        self.network = network
        self.attached = attached.filter { network.interfaces[$0.id] != nil }.sorted { $0.id < $1.id }
        self.logged = logged
        self.hasEndpoints = hasEndpoints
        self.resolver = resolver
    }

    /// All parts of the table.
    /// - Parameter chains: those that were made before; those of now afterwards.
    func objects(_ chains: inout GroupChains) -> [RuleObject] {
        var objects = links + borders
        chains.begin()
        for direction in TrafficDirection.allCases {
            let elements = attached.map { interface in
                let name = chains.name(direction, groups(of: interface), of: network)
                return "\(RuleName.quoted(interface.link)) : goto \(name)"
            }
            objects.append(RuleObject(.map, direction.rawValue, "type ifname : verdict;", elements))
        }
        let made = chains.end()
        objects += made.chains
        objects += members(of: made.groups)
        objects += made.lists.sorted().flatMap(list)
        for interface in attached where logged.contains(interface.id) {
            objects += FlowSets(interface.link).objects
        }
        return objects + FlowSets.maps(attached.filter { logged.contains($0.id) }.map(\.link)) + Self.frame
    }

    private func groups(of interface: AttachedInterface) -> [String] {
        Set(network.interfaces[interface.id]?.groupIDs ?? []).sorted()
    }

    private func subnet(of interface: AttachedInterface) -> Subnet? {
        network.interfaces[interface.id].flatMap { network.subnets[$0.subnetID] }
    }

    /// Who is who.
    private var links: [RuleObject] {
        func own(_ isVersion6: Bool) -> [String] {
            attached.flatMap { interface in
                (network.interfaces[interface.id]?.addresses ?? []).filter { $0.isVersion6 == isVersion6 }
                    .map { "\(RuleName.quoted(interface.link)) . \($0)" }
            }
        }
        func set(_ name: String, _ those: [AttachedInterface]) -> RuleObject {
            RuleObject(.set, name, "type ifname;", those.map { RuleName.quoted($0.link) })
        }
        return [
            set("links", attached), set("unchecked", attached.filter { !$0.checksSourceAndDestination }),
            set("online", attached.filter { hasEndpoints || ServiceRoute.leads(from: $0.id, in: network) }),
            RuleObject(
                .set, "resolvers", "type ipv4_addr;", [Self.resolvers[0]] + (resolver.map { ["\($0)"] } ?? [])),
            RuleObject(.set, "own4", "type ifname . ipv4_addr;", own(false)),
            RuleObject(.set, "own6", "type ifname . ipv6_addr;", own(true)),
        ]
    }

    /// Subnets, and the ACLs at their borders.
    private var borders: [RuleObject] {
        var subnets: [String: (subnet: Subnet, links: [String])] = [:]
        for interface in attached {
            guard let subnet = subnet(of: interface) else { continue }
            subnets[subnet.id, default: (subnet, [])].links.append(RuleName.quoted(interface.link))
        }
        let sorted = subnets.values.sorted { $0.subnet.id < $1.subnet.id }
        var objects = sorted.map { RuleObject(.set, RuleName.subnet($0.subnet.id), "type ifname;", $0.links) }
        for direction in TrafficDirection.allCases {
            let other = direction == .out ? TrafficDirection.in : .out
            for id in Set(sorted.map(\.subnet.networkACLID)).sorted() {
                objects.append(ACLRules.chain(direction, id, of: network))
            }
            objects += sorted.map { found in
                let acl = RuleName.acl(direction, found.subnet.networkACLID)
                return RuleObject(
                    .chain, RuleName.border(direction, found.subnet.id), "",
                    ["\(other.link) @\(RuleName.subnet(found.subnet.id)) return", "jump \(acl)"])
            }
            for (name, target) in [("border", RuleName.border), ("acl", RuleName.acl)] {
                let elements = sorted.flatMap { found in
                    let id = name == "border" ? found.subnet.id : found.subnet.networkACLID
                    return found.links.map { "\($0) : jump \(target(direction, id))" }
                }
                objects.append(
                    RuleObject(.map, "\(name)-\(direction.rawValue)", "type ifname : verdict;", elements))
            }
        }
        return objects
    }

    /// Who is in these groups: the private addresses of their interfaces.
    private func members(of groups: Set<String>) -> [RuleObject] {
        guard !groups.isEmpty else { return [] }
        var members: [String: Set<NetworkAddress>] = [:]
        for interface in network.interfaces.values {
            for id in interface.groupIDs where groups.contains(id) {
                guard let vpc = network.securityGroups[id]?.vpcID, network.subnets[interface.subnetID]?.vpcID == vpc
                else { continue }
                members[id, default: []].formUnion(interface.addresses)
            }
        }
        return groups.sorted().flatMap { id in
            [false, true].map { isVersion6 in
                let own = (members[id] ?? []).filter { $0.isVersion6 == isVersion6 }
                return RuleObject(
                    .set, RuleName.addresses(id, isVersion6: isVersion6),
                    "type \(isVersion6 ? "ipv6" : "ipv4")_addr;", own.sorted().map { "\($0)" })
            }
        }
    }

    private func list(_ id: String) -> [RuleObject] {
        [false, true].map { isVersion6 in
            RuleObject(
                .set, RuleName.addresses(id, isVersion6: isVersion6),
                "type \(isVersion6 ? "ipv6" : "ipv4")_addr; flags interval;",
                AddressRanges(network.prefixLists[id] ?? [], isVersion6: isVersion6).elements)
        }
    }

    /// What is the same for all VPCs.
    private static let frame = perDirection + hooks

    private static let perDirection: [RuleObject] =
        TrafficDirection.allCases.flatMap { direction in
            [
                RuleObject(
                    .chain, "groups-\(direction.rawValue)", "",
                    [
                        "ct state established,related return", "\(direction.link) vmap @\(direction.rawValue)",
                        "goto \(RuleName.refused(direction))",
                    ]),
                RuleObject(
                    .chain, RuleName.passed(direction), "",
                    ["\(direction.link) vmap @flows-\(direction.rawValue)-accept"]),
                RuleObject(
                    .chain, RuleName.refused(direction), "",
                    ["\(direction.link) vmap @flows-\(direction.rawValue)-reject", "drop"]),
            ]
        }

    private static let hooks: [RuleObject] = [
        RuleObject(
            .chain, "prerouting", "type filter hook prerouting priority raw; policy drop;",
            [
                "iifname lo accept", neighbours, "iifname . ip saddr @own4 accept",
                "iifname . ip6 saddr @own6 accept",
                "iifname @unchecked ip saddr != { 127.0.0.0/8, 169.254.0.0/16 } ip daddr != 169.254.0.0/16 accept",
                "iifname @unchecked ip6 saddr != fe80::/10 ip6 daddr != { fe80::/10, fd00:ec2::/32 } accept",
            ]),
        RuleObject(
            .chain, "forward", "type filter hook forward priority filter; policy drop;",
            [
                "iifname != @links drop", "oifname != @links drop", "jump groups-out", "iifname vmap @border-out",
                "jump passed-out", "oifname vmap @border-in", "jump groups-in", "jump passed-in", "accept",
            ]),
        RuleObject(
            .chain, "input", "type filter hook input priority filter; policy drop;",
            [
                "iifname lo accept", neighbours,
                "iifname @links ip daddr { \(metadata[0]), \(metadata[1]) } tcp dport \(metadataPort) accept",
                "iifname @links ip6 daddr \(metadata[2]) tcp dport \(metadataPort) accept",
                "iifname . ip saddr @own4 ip daddr @resolvers udp dport \(resolverPort) accept",
                "iifname . ip saddr @own4 ip daddr @resolvers tcp dport \(resolverPort) accept",
                "iifname . ip6 saddr @own6 ip6 daddr \(resolvers[1]) udp dport \(resolverPort) accept",
                "iifname . ip6 saddr @own6 ip6 daddr \(resolvers[1]) tcp dport \(resolverPort) accept",
                "meta nfproto ipv6 drop", "ip daddr != \(services) drop", "iifname != @online drop",
                "jump groups-out", "iifname vmap @acl-out", "jump passed-out", "accept",
            ]),
        RuleObject(
            .chain, "output", "type filter hook output priority filter; policy drop;",
            [
                "oifname lo accept", neighbours,
                "ip saddr { \(metadata[0]), \(metadata[1]) } tcp sport \(metadataPort) accept",
                "ip6 saddr \(metadata[2]) tcp sport \(metadataPort) accept",
                "ip saddr @resolvers udp sport \(resolverPort) accept",
                "ip saddr @resolvers tcp sport \(resolverPort) accept",
                "ip6 saddr \(resolvers[1]) udp sport \(resolverPort) accept",
                "ip6 saddr \(resolvers[1]) tcp sport \(resolverPort) accept",
                "meta nfproto ipv6 drop", "ip saddr != \(services) drop", "ct state != established drop",
                "oifname vmap @acl-in", "jump passed-in", "accept",
            ]),
    ]

    /// How neighbours are found by IPv6 (RFC 4861).
    private static let neighbours = "icmpv6 type { 133, 135, 136 } ip6 hoplimit 255 accept"
}
