/// What is meant by "reaches".
public struct ReachTerms: Hashable, Sendable {
    /// Whether what answers has to come back: network ACLs keep no state, and routes lead one way. Without, single packets are
    /// asked for.
    public var needsAnswers: Bool
    /// The ports at which clients wait for answers: AWS's own are 1024 to 65535.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>
    public var clientPorts: ClosedRange<UInt16>

    public init(needsAnswers: Bool = true, clientPorts: ClosedRange<UInt16> = 1024...65_535) {
        self.needsAnswers = needsAnswers
        self.clientPorts = clientPorts
    }
}

extension AddressSet {
    /// The addresses that packets from the internet may have. Internet gateways reject those of RFC 1918 and RFC 6598, and
    /// nobody has those that RFC 6890 keeps for hosts, links and groups. Of IPv6, RFC 4291's global unicast addresses.
    /// <https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html>
    public static let internet = AddressSet(ipv4: AddressSet.all.ipv4, ipv6: IntervalSet())
        .subtracting(
            AddressSet(
                [
                    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                    "192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4",
                ].compactMap { CIDRBlock($0) })
        )
        .union(AddressSet(["2000::/3"].compactMap { CIDRBlock($0) }))
}
