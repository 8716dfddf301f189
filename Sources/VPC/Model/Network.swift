/// Where a route leads.
public enum RouteTarget: Hashable, Sendable {
    /// Within the VPC.
    case local
    case internetGateway(String)
    case egressOnlyInternetGateway(String)
    case natGateway(String)
    case networkInterface(String)
    case vpcEndpoint(String)
    /// Of another kind, by the gateway's id; nothing is known of what lies behind.
    case other(String)
}

/// A route. The longest prefix decides.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html>
public struct Route: Hashable, Sendable {
    public enum Destination: Hashable, Sendable {
        case block(CIDRBlock)
        case prefixList(String)
    }

    public let destination: Destination
    public let target: RouteTarget
    /// Its target is gone.
    public let isBlackhole: Bool

    public init(destination: Destination, target: RouteTarget, isBlackhole: Bool = false) {
        self.destination = destination
        self.target = target
        self.isBlackhole = isBlackhole
    }
}

/// A subnet, with the route table and the network ACL that hold for it: its own, or the VPC's main and default ones.
public struct Subnet: Hashable, Sendable {
    public let id: String
    public let vpcID: String
    public let blocks: [CIDRBlock]
    public var routeTableID: String
    public var networkACLID: String

    public init(id: String, vpcID: String, blocks: [CIDRBlock], routeTableID: String, networkACLID: String) {
        self.id = id
        self.vpcID = vpcID
        self.blocks = blocks
        self.routeTableID = routeTableID
        self.networkACLID = networkACLID
    }
}

/// A network interface, with the groups that it is in.
public struct NetworkInterface: Hashable, Sendable {
    /// `eni-…`.
    public let id: String
    public let subnetID: String
    /// `i-…`; nil: it is attached to no instance.
    public let instanceID: String?
    public var groupIDs: [String]
    /// Addresses in the subnet, and those of IPv6.
    public let addresses: [NetworkAddress]
    /// Public IPv4 addresses by the private ones that they lead to.
    public let publicAddresses: [NetworkAddress: NetworkAddress]

    public init(
        id: String, subnetID: String, instanceID: String?, groupIDs: [String], addresses: [NetworkAddress],
        publicAddresses: [NetworkAddress: NetworkAddress]
    ) {
        self.id = id
        self.subnetID = subnetID
        self.instanceID = instanceID
        self.groupIDs = groupIDs
        self.addresses = addresses
        self.publicAddresses = publicAddresses
    }
}

/// The VPCs of an account in a Region, as far as they decide which packets reach what.
public struct Network: Hashable, Sendable {
    /// Blocks of the VPCs by their ids.
    public var vpcs: [String: [CIDRBlock]] = [:]
    public var subnets: [String: Subnet] = [:]
    /// Routes by the route table's id.
    public var routeTables: [String: [Route]] = [:]
    /// VPCs by the id of the internet gateway that is attached to them.
    public var internetGateways: [String: String] = [:]
    public var networkACLs: [String: NetworkACL] = [:]
    public var securityGroups: [String: SecurityGroup] = [:]
    /// Blocks by the prefix list's id.
    public var prefixLists: [String: [CIDRBlock]] = [:]
    public var interfaces: [String: NetworkInterface] = [:]

    public init() {}
}
