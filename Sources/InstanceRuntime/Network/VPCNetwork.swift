import VPC

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What is to be known of a network besides itself.
public struct NetworkMarks: Sendable, Hashable {
    /// Interfaces whose flows are counted, by id.
    public var logged: Set<String>
    /// VPCs that have interface endpoints, by which Gatehouse's endpoint is reached without a route.
    public var withEndpoints: Set<String>

    public init(logged: Set<String> = [], withEndpoints: Set<String> = []) {
        self.logged = logged
        self.withEndpoints = withEndpoints
    }
}

/// A VPC on this machine: a network namespace that routes between its instances' interfaces, and the table that says what passes. VPCs
/// know nothing of each other, and may have the same addresses.
///
/// One thread at a time; what it does blocks.
struct VPCNetwork {
    let id: String
    let namespace: NetworkNamespace
    private(set) var attached: [AttachedInterface] = []
    private var objects: [String: RuleObject] = [:]
    private var chains = GroupChains()
    private var marks = NetworkMarks()

    init(_ id: String) throws(RuntimeProblem) {
        self.id = id
        namespace = try NetworkNamespace()
        try namespace.set("ipv4/ip_forward", to: "1")
        try namespace.set("ipv4/conf/all/send_redirects", to: "0")
        try namespace.set("ipv4/conf/default/send_redirects", to: "0")
        try namespace.set("ipv4/conf/all/rp_filter", to: "0")
        try namespace.set("ipv4/conf/default/rp_filter", to: "0")
        try namespace.set("ipv4/conf/all/proxy_arp", to: "1")
        try namespace.set("ipv6/conf/all/forwarding", to: "1")
        try namespace.run(
            "ip", ["-batch", "-"],
            input: InterfaceCommands.beginning
                + ([NetworkRules.services] + NetworkRules.metadata + NetworkRules.resolvers).map {
                    $0.contains(":") ? "address add \($0)/128 dev lo nodad\n" : "address add \($0)/32 dev lo\n"
                }.joined())
        try update(Network())
    }

    /// Whether nobody is left in it.
    var isEmpty: Bool { attached.isEmpty }

    /// Gives an instance an interface.
    /// - Parameter inside: the instance's own network.
    mutating func attach(
        _ interface: AttachedInterface, _ commands: InterfaceCommands, inside: NetworkNamespace, of network: Network,
        _ marks: NetworkMarks
    ) throws(RuntimeProblem) {
        guard !attached.contains(where: { $0.link == interface.link }) else {
            throw RuntimeProblem("the interface \(interface.id) is in use")
        }
        try namespace.run("ip", ["-batch", "-"], input: commands.creation, passed: inside)
        do throws(RuntimeProblem) {
            // The router answers at once for all others.
            try namespace.set("ipv4/neigh/\(interface.link)/proxy_delay", to: "0")
            try inside.run("ip", ["-batch", "-"], input: commands.inside)
            attached.append(interface)
            try update(network, marks)
            try namespace.run("ip", ["-batch", "-"], input: commands.opening)
        } catch {
            detach([interface.id], of: network)
            throw error
        }
    }

    /// Takes interfaces away. If none is left, neither is a use for the rest.
    mutating func detach(_ ids: Set<String>, of network: Network) {
        attached.removeAll { ids.contains($0.id) }
        guard !isEmpty else { return }
        let commands = ids.sorted().map(InterfaceCommands.removal(of:)).joined()
        // Some may be gone, with the other end.
        _ = try? namespace.run("ip", ["-force", "-batch", "-"], input: commands)
        _ = try? update(network)
    }

    /// Sockets at which an interface's instance asks for its metadata, and nobody else can. They are the caller's to close.
    func metadataSockets(of interface: String) throws(RuntimeProblem) -> [Int32] {
        var sockets: [Int32] = []
        do throws(RuntimeProblem) {
            for address in NetworkRules.metadata {
                sockets.append(
                    try namespace.socket(
                        address, port: NetworkRules.metadataPort, link: RuleName.link(interface)))
            }
        } catch {
            for socket in sockets { close(socket) }
            throw error
        }
        return sockets
    }

    /// Sockets at which the VPC's instances, and nobody else, ask for names. They are the caller's to close.
    func nameSockets(of network: Network) throws(RuntimeProblem) -> InstanceRuntime.NameSockets {
        let own = NetworkRules.resolver(of: id, in: network).map(\.description)
        if let own {
            try namespace.run("ip", ["-batch", "-"], input: "address replace \(own)/32 dev lo\n")
        }
        var sockets = InstanceRuntime.NameSockets()
        do throws(RuntimeProblem) {
            for address in NetworkRules.resolvers + (own.map { [$0] } ?? []) {
                let port = NetworkRules.resolverPort
                sockets.datagrams.append(try namespace.socket(address, port: port, isDatagram: true))
                sockets.streams.append(try namespace.socket(address, port: port))
            }
        } catch {
            for socket in sockets.datagrams + sockets.streams { close(socket) }
            throw error
        }
        return sockets
    }

    /// Has the table say what the network says.
    /// - Returns: whether anything had to be changed.
    @discardableResult
    mutating func update(_ network: Network, _ marks: NetworkMarks? = nil) throws(RuntimeProblem) -> Bool {
        if let marks { self.marks = marks }
        let rules = NetworkRules(
            network, attached: attached, logged: self.marks.logged,
            hasEndpoints: self.marks.withEndpoints.contains(id),
            resolver: NetworkRules.resolver(of: id, in: network))
        return try change(to: rules.objects(&chains))
    }

    @discardableResult
    private mutating func change(to new: [RuleObject]) throws(RuntimeProblem) -> Bool {
        guard let text = TableChange.text(NetworkRules.table, from: objects, to: new) else { return false }
        try namespace.run("nft", ["-f", "-"], input: text)
        objects = Dictionary(new.map { ($0.key, $0) }) { first, _ in first }
        return true
    }

    /// What the kernel has counted of interfaces whose flows are logged: JSON, as nft prints it.
    func counted() throws(RuntimeProblem) -> String {
        guard attached.contains(where: { marks.logged.contains($0.id) }) else { return "" }
        return try namespace.run("nft", ["-nj", "list", "sets", "table", "inet", NetworkRules.table])
    }
}
