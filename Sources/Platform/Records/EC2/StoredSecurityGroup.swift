public import Directory
public import Ledger
public import Policy

/// A security group with its rules.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroup.html>
public struct StoredSecurityGroup: EC2Resource {
    public static let kind = "AWS::EC2::SecurityGroup"
    public static let prefix = "sg"
    public static let arnType = "security-group"

    public var head: EC2Head
    /// Unique in the VPC; `default` is the one that the VPC came with.
    public let name: String
    /// Its description; it never changes.
    public let summary: String
    /// The VPC whose interfaces can be in it.
    public let vpcID: String
    /// In the order in which they were made.
    public var rules: [StoredGroupRule]

    /// - Parameters: see the properties; `summary` is the group's description.
    public init(head: EC2Head, name: String, summary: String, vpcID: String, rules: [StoredGroupRule]) {
        self.head = head
        self.name = name
        self.summary = summary
        self.vpcID = vpcID
        self.rules = rules
    }

    public var conditions: [String: ContextValue] {
        ["vpc": .one(arn(StoredVPC.arnType, vpcID)), "securitygroupid": .one(id)]
    }
    public var references: [Reference] {
        var targets: Set<String> = []
        for rule in rules {
            switch rule.peer {
            case .group(let group) where group != id: targets.insert(group)
            case .prefixList(let list): targets.insert(list)
            default: continue
            }
        }
        return [Reference("vpc", to: vpcID)] + targets.sorted().map { Reference("rule", to: $0) }
    }
    public var requirements: [Requirement] { [Requirement(StoredVPC.kind, vpcID)] }
}

/// A rule of a security group.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html>
public struct StoredGroupRule: Codable, Sendable, Hashable {
    /// `sgr-…`
    public let id: String
    /// Whether it lets out what goes out, or in what comes in.
    public let isEgress: Bool
    /// The protocol and the ports that it lets pass.
    public var traffic: Traffic
    /// Whom it lets pass.
    public var peer: Peer
    /// What it is for; nil: nobody has said.
    public var summary: String?
    /// Keys are case-sensitive.
    public var tags: [Tag]

    /// The traffic that it is about.
    public struct Traffic: Codable, Sendable, Hashable {
        /// `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all.
        public let name: String
        /// The first port, or the ICMP type; -1 is any.
        public let from: Int
        /// The last port, or the ICMP code; -1 is any.
        public let to: Int

        /// - Parameters: see the properties.
        public init(name: String, from: Int, to: Int) {
            self.name = name
            self.from = from
            self.to = to
        }
    }

    /// The other side.
    public enum Peer: Codable, Sendable, Hashable {
        /// A block of IPv4 or IPv6.
        case block(String)
        /// `sg-…`
        case group(String)
        /// `pl-…`
        case prefixList(String)
    }

    /// - Parameters: see the properties; `summary` is the rule's description.
    public init(id: String, isEgress: Bool, traffic: Traffic, peer: Peer, summary: String? = nil, tags: [Tag] = []) {
        self.id = id
        self.isEgress = isEgress
        self.traffic = traffic
        self.peer = peer
        self.summary = summary
        self.tags = tags
    }
}

/// A network ACL with its entries.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAcl.html>
public struct StoredNetworkACL: EC2Resource {
    public static let kind = "AWS::EC2::NetworkAcl"
    public static let prefix = "acl"
    public static let arnType = "network-acl"

    public var head: EC2Head
    /// The VPC whose subnets it can hold for.
    public let vpcID: String
    /// Whether the VPC came with it.
    public let isDefault: Bool
    /// Without those that deny all that is left, numbered 32767, which every ACL has.
    public var entries: [Entry]

    /// An entry of the list.
    public struct Entry: Codable, Sendable, Hashable {
        /// Its place in the list, 1 to 32766: the first entry that matches decides.
        public let number: Int
        /// Whether it is about what goes out, or what comes in.
        public let isEgress: Bool
        /// Whether it lets pass what matches, or drops it.
        public var allows: Bool
        /// IANA's number; -1 is every protocol.
        public var protocolNumber: Int
        /// Ports, of TCP and UDP; nil: of others.
        public var fromPort: Int?
        /// The last port; nil with ``fromPort``.
        public var toPort: Int?
        /// Of ICMP; -1 is any.
        public var icmpType: Int?
        /// Of ICMP; -1 is any. nil with ``icmpType``.
        public var icmpCode: Int?
        /// Of IPv4 or IPv6.
        public var block: String

        /// - Parameters: see the properties.
        public init(
            number: Int, isEgress: Bool, allows: Bool, protocolNumber: Int, fromPort: Int? = nil, toPort: Int? = nil,
            icmpType: Int? = nil, icmpCode: Int? = nil, block: String
        ) {
            self.number = number
            self.isEgress = isEgress
            self.allows = allows
            self.protocolNumber = protocolNumber
            self.fromPort = fromPort
            self.toPort = toPort
            self.icmpType = icmpType
            self.icmpCode = icmpCode
            self.block = block
        }
    }

    /// - Parameters: see the properties.
    public init(head: EC2Head, vpcID: String, isDefault: Bool, entries: [Entry]) {
        self.head = head
        self.vpcID = vpcID
        self.isDefault = isDefault
        self.entries = entries
    }

    public var conditions: [String: ContextValue] {
        ["vpc": .one(arn(StoredVPC.arnType, vpcID)), "networkaclid": .one(id)]
    }
    public var references: [Reference] { [Reference("vpc", to: vpcID)] }
    public var requirements: [Requirement] { [Requirement(StoredVPC.kind, vpcID)] }
}
