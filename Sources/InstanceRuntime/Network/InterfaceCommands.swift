import VPC

/// What `ip -batch` is told to give an instance an interface of its own.
///
/// The interface's other end is in the VPC's network, which routes: also what instances of one subnet send each other goes through it,
/// with each sender's address. As in AWS's VPCs the router answers for all addresses when an instance asks who has one.
struct InterfaceCommands {
    let interface: NetworkInterface
    let subnet: Subnet
    /// Of the instance's interfaces, from 0.
    let deviceIndex: Int
    /// `06:…`; nil: one is made of the interface's id.
    let macAddress: String?

    private var link: String { RuleName.link(interface.id) }
    private var device: String { "eth\(deviceIndex)" }

    /// The address of a subnet's router: the first but one.
    static func router(of subnet: Subnet) -> NetworkAddress? {
        subnet.blocks.first { !$0.isVersion6 }.map {
            NetworkAddress($0.first.value + 1, isVersion6: false)
        }
    }

    /// In the VPC's network, while it still passes nothing: the pair of ends.
    var creation: String {
        "link add name \(link) type veth peer name \(device) netns /proc/self/fd/3\n"
    }

    /// In the VPC's network, once the rules know the interface.
    var opening: String {
        var text = "link set dev \(link) up\naddress add fe80::1/64 dev \(link) nodad\n"
        if let router = Self.router(of: subnet) { text += "address replace \(router)/32 dev lo\n" }
        for address in interface.addresses {
            text += "route replace \(address)/\(address.isVersion6 ? 128 : 32) dev \(link)\n"
        }
        return text
    }

    /// In the instance's own network.
    var inside: String {
        var text = "link set dev \(device) address \(macAddress ?? Self.macAddress(of: interface.id))\n"
        text += "link set dev \(device) up\n"
        for address in interface.addresses {
            let block = subnet.blocks.first { !$0.isVersion6 && $0.contains(address) }
            let length = address.isVersion6 ? 128 : block?.prefixLength ?? 32
            text += "address add \(address)/\(length) dev \(device)\(address.isVersion6 ? " nodad" : "")\n"
        }
        if deviceIndex == 0 {
            if let router = Self.router(of: subnet) { text += "route add default via \(router) dev \(device) onlink\n" }
            if interface.addresses.contains(where: \.isVersion6) {
                text += "route add ::/0 via fe80::1 dev \(device)\n"
            }
        }
        return text
    }

    /// In the VPC's network.
    static func removal(of interface: String) -> String { "link delete dev \(RuleName.link(interface))\n" }

    /// In each instance's own network, before its interfaces.
    static let beginning = "link set dev lo up\n"

    /// One that is made locally, and always the same.
    static func macAddress(of id: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = (0..<5).map { index in
            let text = String((hash >> (UInt64(index) * 8)) & 0xFF, radix: 16)
            return text.utf8.count == 1 ? "0\(text)" : text
        }
        return (["06"] + digits).joined(separator: ":")
    }
}
