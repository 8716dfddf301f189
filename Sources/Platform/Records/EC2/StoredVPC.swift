public import Ledger
public import Policy

/// A block of addresses that a VPC or subnet has.
public struct AssociatedBlock: Codable, Sendable, Hashable {
    /// `vpc-cidr-assoc-…`, `subnet-cidr-assoc-…`
    public let associationID: String
    /// `10.0.0.0/16`
    public let block: String

    /// - Parameters: see the properties.
    public init(associationID: String, block: String) {
        self.associationID = associationID
        self.block = block
    }
}

/// A VPC.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Vpc.html>
public struct StoredVPC: EC2Resource {
    public static let kind = "AWS::EC2::VPC"
    public static let prefix = "vpc"

    public var head: EC2Head
    /// Of IPv4; the first is the one that the VPC was made with.
    public var blocks: [AssociatedBlock]
    /// Of IPv6.
    public var blocks6: [AssociatedBlock] = []
    /// Whether it is the account's default VPC in the Region.
    public var isDefault: Bool
    /// `default` or `dedicated`.
    public var tenancy = "default"
    /// `dopt-…`, or `default`: none at all.
    public var dhcpOptionsID: String
    /// The route table of subnets that have none of their own.
    public var mainRouteTableID: String
    /// `rtbassoc-…`
    public var mainAssociationID: String
    /// The network ACL of subnets that got no other.
    public var defaultNetworkACLID: String
    /// The security group of interfaces that got no other.
    public var defaultGroupID: String
    /// Whether Amazon's name server answers in it (`enableDnsSupport`).
    public var hasDNS = true
    /// Whether instances with public addresses get names for them (`enableDnsHostnames`).
    public var hasDNSHostnames: Bool
    /// Whether its use of addresses is counted (`enableNetworkAddressUsageMetrics`); nothing counts it here.
    public var hasUsageMetrics = false

    /// - Parameters: see the properties.
    public init(
        head: EC2Head, blocks: [AssociatedBlock], isDefault: Bool, dhcpOptionsID: String, mainRouteTableID: String,
        mainAssociationID: String, defaultNetworkACLID: String, defaultGroupID: String
    ) {
        self.head = head
        self.blocks = blocks
        self.isDefault = isDefault
        self.dhcpOptionsID = dhcpOptionsID
        self.mainRouteTableID = mainRouteTableID
        self.mainAssociationID = mainAssociationID
        self.defaultNetworkACLID = defaultNetworkACLID
        self.defaultGroupID = defaultGroupID
        hasDNSHostnames = isDefault
    }

    public var conditions: [String: ContextValue] { ["vpcid": .one(id), "tenancy": .one(tenancy)] }
    public var references: [Reference] { [Reference("dhcpOptions", to: dhcpOptionsID)] }
}

/// A subnet, with the route table and the network ACL that it was given.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Subnet.html>
public struct StoredSubnet: EC2Resource {
    public static let kind = "AWS::EC2::Subnet"
    public static let prefix = "subnet"

    public var head: EC2Head
    /// The VPC that it is a part of.
    public let vpcID: String
    /// Of IPv4; nil: it has IPv6 alone.
    public let block: String?
    /// Of IPv6.
    public var blocks6: [AssociatedBlock] = []
    /// `us-east-1a`
    public let zone: String
    /// Whether it is the default VPC's own in the zone.
    public var isDefault: Bool
    /// Whether instances that are launched in it get a public address.
    public var mapsPublicAddresses: Bool
    /// Whether interfaces that are made in it get an address of IPv6.
    public var assignsIPv6 = false
    /// Whether its name server makes addresses of IPv6 for names that have IPv4 alone; it is noted, no more.
    public var hasDNS64 = false
    /// `ip-name` or `resource-name`.
    public var hostnameType = "ip-name"
    /// Whether the name made of the instance's id leads to its address of IPv4.
    public var hasResourceNameA = false
    /// The same for IPv6.
    public var hasResourceNameAAAA = false
    /// Its own route table; nil: the VPC's main one.
    public var routeTableID: String?
    /// `rtbassoc-…`; nil with the route table.
    public var routeAssociationID: String?
    /// The network ACL that holds for it.
    public var networkACLID: String
    /// `aclassoc-…`
    public var networkACLAssociationID: String

    /// - Parameters: see the properties.
    public init(
        head: EC2Head, vpcID: String, block: String?, zone: String, isDefault: Bool, networkACLID: String,
        networkACLAssociationID: String
    ) {
        self.head = head
        self.vpcID = vpcID
        self.block = block
        self.zone = zone
        self.isDefault = isDefault
        mapsPublicAddresses = isDefault
        self.networkACLID = networkACLID
        self.networkACLAssociationID = networkACLAssociationID
    }

    public var conditions: [String: ContextValue] {
        [
            "vpc": .one(arn(StoredVPC.arnType, vpcID)), "subnetid": .one(id), "availabilityzone": .one(zone),
            "availabilityzoneid": .one(Zones.id(ofZone: zone)),
        ]
    }
    public var references: [Reference] {
        [Reference("vpc", to: vpcID), Reference("networkACL", to: networkACLID)]
            + (routeTableID.map { [Reference("routeTable", to: $0)] } ?? [])
    }
    public var requirements: [Requirement] { [Requirement(StoredVPC.kind, vpcID)] }
}

/// Options that hosts of a VPC get by DHCP.
public struct StoredDHCPOptions: EC2Resource {
    public static let kind = "AWS::EC2::DHCPOptions"
    public static let prefix = "dopt"
    public static let arnType = "dhcp-options"

    public var head: EC2Head
    /// In the order in which they were given.
    public var options: [Option]

    /// One option.
    public struct Option: Codable, Sendable, Hashable {
        /// `domain-name-servers`
        public let key: String
        /// What hosts are told.
        public let values: [String]

        /// - Parameters: see the properties.
        public init(key: String, values: [String]) {
            self.key = key
            self.values = values
        }
    }

    /// - Parameters: see the properties.
    public init(head: EC2Head, options: [Option]) {
        self.head = head
        self.options = options
    }

    public var conditions: [String: ContextValue] { ["dhcpoptionsid": .one(id)] }
}
