/// What a rule says of packets: their protocol, and ports or ICMP types.
public struct TrafficMatch: Hashable, Sendable {
    /// IANA's number; nil is every protocol (`-1`).
    public let protocolNumber: UInt8?
    /// Ports of TCP (6) and UDP (17), inclusive; nil is every port, and what other protocols have.
    public let ports: ClosedRange<UInt16>?
    /// Of ICMP (1, 58): type and code; nil is each of them.
    public let icmpType: UInt8?
    public let icmpCode: UInt8?

    public static let tcp: UInt8 = 6
    public static let udp: UInt8 = 17
    public static let icmp: UInt8 = 1
    public static let icmpv6: UInt8 = 58

    /// Every packet.
    public static let all = TrafficMatch(protocolNumber: nil)

    public init(
        protocolNumber: UInt8?, ports: ClosedRange<UInt16>? = nil, icmpType: UInt8? = nil, icmpCode: UInt8? = nil
    ) {
        self.protocolNumber = protocolNumber
        self.ports = ports
        self.icmpType = icmpType
        self.icmpCode = icmpCode
    }
}

/// The other side of a security group's rule.
public enum TrafficPeer: Hashable, Sendable {
    case block(CIDRBlock)
    /// Interfaces that are in the group, by its id.
    case group(String)
    /// By the prefix list's id.
    case prefixList(String)
}

/// A rule of a security group. They only allow.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>
public struct SecurityGroupRule: Hashable, Sendable {
    /// `sgr-…`.
    public let id: String
    public let match: TrafficMatch
    public let peer: TrafficPeer

    public init(id: String, match: TrafficMatch, peer: TrafficPeer) {
        self.id = id
        self.match = match
        self.peer = peer
    }
}

/// A security group: connections that it allows to be opened; what answers them passes.
public struct SecurityGroup: Hashable, Sendable {
    /// `sg-…`.
    public let id: String
    public let vpcID: String
    public var ingress: [SecurityGroupRule]
    public var egress: [SecurityGroupRule]

    public init(id: String, vpcID: String, ingress: [SecurityGroupRule], egress: [SecurityGroupRule]) {
        self.id = id
        self.vpcID = vpcID
        self.ingress = ingress
        self.egress = egress
    }
}

/// A rule of a network ACL. The first that matches decides, by number; 32767 denies what is left.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>
public struct NetworkACLEntry: Hashable, Sendable {
    public let number: Int
    public let isEgress: Bool
    public let allows: Bool
    public let match: TrafficMatch
    public let block: CIDRBlock

    public init(number: Int, isEgress: Bool, allows: Bool, match: TrafficMatch, block: CIDRBlock) {
        self.number = number
        self.isEgress = isEgress
        self.allows = allows
        self.match = match
        self.block = block
    }
}

/// A network ACL: packets, each by itself, that may come into a subnet and leave it.
public struct NetworkACL: Hashable, Sendable {
    /// `acl-…`.
    public let id: String
    public let vpcID: String
    /// In order of their numbers.
    public var entries: [NetworkACLEntry]

    public init(id: String, vpcID: String, entries: [NetworkACLEntry]) {
        self.id = id
        self.vpcID = vpcID
        self.entries = entries.sorted { $0.number < $1.number }
    }
}
