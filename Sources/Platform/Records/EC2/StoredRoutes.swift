public import Ledger
public import Policy

/// A route table.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTable.html>
public struct StoredRouteTable: EC2Resource {
    public static let kind = "AWS::EC2::RouteTable"
    public static let prefix = "rtb"
    public static let arnType = "route-table"

    public var head: EC2Head
    /// The VPC that it belongs to.
    public let vpcID: String
    /// Without those within the VPC, which come of its blocks, and those to gateway endpoints, which come of the endpoints.
    public var routes: [StoredRoute] = []

    /// - Parameters: see the properties.
    public init(head: EC2Head, vpcID: String) {
        self.head = head
        self.vpcID = vpcID
    }

    public var conditions: [String: ContextValue] {
        ["vpc": .one(arn(StoredVPC.arnType, vpcID)), "routetableid": .one(id)]
    }
    public var references: [Reference] { [Reference("vpc", to: vpcID)] }
    public var requirements: [Requirement] { [Requirement(StoredVPC.kind, vpcID)] }
}

/// A route that somebody has made.
public struct StoredRoute: Codable, Sendable, Hashable {
    /// A block of IPv4 or IPv6, or `pl-…`.
    public let destination: String
    /// `igw-…`, `eigw-…`, `nat-…`, `eni-…`, `vpce-…`, or `local`.
    public var target: String

    /// - Parameters: see the properties.
    public init(destination: String, target: String) {
        self.destination = destination
        self.target = target
    }
}

/// An internet gateway.
public struct StoredInternetGateway: EC2Resource {
    public static let kind = "AWS::EC2::InternetGateway"
    public static let prefix = "igw"
    public static let arnType = "internet-gateway"

    public var head: EC2Head
    /// nil: it is attached to none.
    public var vpcID: String?

    /// - Parameters: see the properties.
    public init(head: EC2Head, vpcID: String?) {
        self.head = head
        self.vpcID = vpcID
    }

    public var conditions: [String: ContextValue] { ["internetgatewayid": .one(id)] }
    public var references: [Reference] { vpcID.map { [Reference("vpc", to: $0)] } ?? [] }
}

/// An egress-only internet gateway, for IPv6.
public struct StoredEgressGateway: EC2Resource {
    public static let kind = "AWS::EC2::EgressOnlyInternetGateway"
    public static let prefix = "eigw"
    public static let arnType = "egress-only-internet-gateway"

    public var head: EC2Head
    /// The VPC that it belongs to.
    public let vpcID: String

    /// - Parameters: see the properties.
    public init(head: EC2Head, vpcID: String) {
        self.head = head
        self.vpcID = vpcID
    }

    public var references: [Reference] { [Reference("vpc", to: vpcID)] }
}

/// A NAT gateway.
public struct StoredNATGateway: EC2Resource {
    public static let kind = "AWS::EC2::NatGateway"
    public static let prefix = "nat"
    public static let arnType = "natgateway"

    public var head: EC2Head
    /// The VPC that it belongs to.
    public let vpcID: String
    /// The subnet that it is in.
    public let subnetID: String
    /// Whether it leads to the internet; others lead to other networks.
    public let isPublic: Bool
    /// `eipalloc-…`; nil: it is private.
    public let allocationID: String?
    /// Its address there.
    public let publicAddress: String?
    /// Its own address in the subnet.
    public let privateAddress: String
    /// The interface by which it is in the subnet.
    public let networkInterfaceID: String
    /// When it was deleted, in seconds since 1970: it is shown for a while. nil: it was not.
    public var deleted: Double?

    /// - Parameters: see the properties.
    public init(
        head: EC2Head, vpcID: String, subnetID: String, isPublic: Bool, allocationID: String?, publicAddress: String?,
        privateAddress: String, networkInterfaceID: String
    ) {
        self.head = head
        self.vpcID = vpcID
        self.subnetID = subnetID
        self.isPublic = isPublic
        self.allocationID = allocationID
        self.publicAddress = publicAddress
        self.privateAddress = privateAddress
        self.networkInterfaceID = networkInterfaceID
    }

    public var references: [Reference] {
        deleted == nil ? [Reference("vpc", to: vpcID), Reference("subnet", to: subnetID)] : []
    }
}
