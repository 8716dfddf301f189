public import Ledger
public import Policy

/// A network interface.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html>
public struct StoredNetworkInterface: EC2Resource {
    public static let kind = "AWS::EC2::NetworkInterface"
    public static let prefix = "eni"
    public static let arnType = "network-interface"

    public var head: EC2Head
    /// The VPC of its subnet.
    public let vpcID: String
    /// The subnet that it is in; it never changes.
    public let subnetID: String
    /// The Availability Zone of its subnet: `us-east-1a`
    public let zone: String
    /// Its description.
    public var summary: String
    /// `interface`, `nat_gateway`, `vpc_endpoint`.
    public let type: String
    /// Who asked for it, of one that an AWS service has made: `amazon-vpc`. nil: the account itself.
    public let requester: String?
    /// `02:1b:2a:…`: locally administered, and as random as that.
    public let macAddress: String
    /// Of IPv4; the first is the primary one.
    public var addresses: [Address]
    /// Of IPv6.
    public var addresses6: [String] = []
    /// The security groups that it is in: at least one.
    public var groupIDs: [String]
    /// Whether packets of others' addresses are dropped.
    public var checksSource = true
    /// nil: it is attached to nothing.
    public var attachment: Attachment?

    /// A private address of IPv4, and the public one that leads to it.
    public struct Address: Codable, Sendable, Hashable {
        /// `10.0.0.7`
        public let privateAddress: String
        /// nil: there is none.
        public var publicAddress: String?
        /// `eipalloc-…` of an elastic address; nil: the public address is not the account's own, or there is none.
        public var allocationID: String?
        /// `eipassoc-…`
        public var associationID: String?

        /// - Parameters: see the properties.
        public init(privateAddress: String) { self.privateAddress = privateAddress }
    }

    /// What it is attached to.
    public struct Attachment: Codable, Sendable, Hashable {
        /// `eni-attach-…`
        public let id: String
        /// `i-…`; nil: a service's own machine.
        public let instanceID: String?
        /// The account of the instance, or `amazon-aws`.
        public let ownerID: String
        /// Which interface of the instance it is; 0 is the primary one.
        public let deviceIndex: Int
        /// Seconds since 1970.
        public let attached: Double
        /// Whether it goes with the instance.
        public var isDeletedOnTermination: Bool

        /// - Parameters: see the properties.
        public init(
            id: String, instanceID: String?, ownerID: String, deviceIndex: Int, attached: Double,
            isDeletedOnTermination: Bool
        ) {
            self.id = id
            self.instanceID = instanceID
            self.ownerID = ownerID
            self.deviceIndex = deviceIndex
            self.attached = attached
            self.isDeletedOnTermination = isDeletedOnTermination
        }
    }

    /// - Parameters: see the properties; `summary` is the interface's description.
    public init(
        head: EC2Head, vpcID: String, subnetID: String, zone: String, summary: String, type: String = "interface",
        requester: String? = nil, macAddress: String, addresses: [Address], groupIDs: [String]
    ) {
        self.head = head
        self.vpcID = vpcID
        self.subnetID = subnetID
        self.zone = zone
        self.summary = summary
        self.type = type
        self.requester = requester
        self.macAddress = macAddress
        self.addresses = addresses
        self.groupIDs = groupIDs
    }

    public var conditions: [String: ContextValue] {
        [
            "vpc": .one(arn(StoredVPC.arnType, vpcID)), "subnet": .one(arn(StoredSubnet.arnType, subnetID)),
            "availabilityzone": .one(zone), "networkinterfaceid": .one(id),
        ]
    }
    public var references: [Reference] {
        [Reference("vpc", to: vpcID), Reference("subnet", to: subnetID)]
            + groupIDs.map { Reference("group", to: $0) }
            + (attachment?.instanceID.map { [Reference("instance", to: $0)] } ?? [])
    }
    public var requirements: [Requirement] { [Requirement(StoredSubnet.kind, subnetID)] }
}

/// An elastic address.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Address.html>
public struct StoredAddress: EC2Resource {
    public static let kind = "AWS::EC2::EIP"
    public static let prefix = "eipalloc"
    public static let arnType = "elastic-ip"

    public var head: EC2Head
    /// `203.0.113.7`
    public let publicAddress: String
    /// What it leads to; the same stands at the interface. nil: nothing.
    public var association: Association?

    /// What an address leads to.
    public struct Association: Codable, Sendable, Hashable {
        /// `eipassoc-…`
        public let id: String
        /// The interface that it leads to.
        public let networkInterfaceID: String
        /// The private address of the interface that it leads to.
        public let privateAddress: String

        /// - Parameters: see the properties.
        public init(id: String, networkInterfaceID: String, privateAddress: String) {
            self.id = id
            self.networkInterfaceID = networkInterfaceID
            self.privateAddress = privateAddress
        }
    }

    /// - Parameters: see the properties.
    public init(head: EC2Head, publicAddress: String) {
        self.head = head
        self.publicAddress = publicAddress
    }

    public var conditions: [String: ContextValue] {
        ["allocationid": .one(id), "publicipaddress": .one(publicAddress), "domain": .one("vpc")]
    }
    public var references: [Reference] {
        association.map { [Reference("interface", to: $0.networkInterfaceID)] } ?? []
    }
}

/// A public address that is somebody's: nobody else of this Gatehouse gets it meanwhile.
public struct ClaimedAddress: Record {
    public static let kind = "AWS::EC2::ClaimedAddress"

    /// The address.
    public let id: String
    /// The account that has it.
    public let accountID: String

    /// - Parameters: see the properties.
    public init(id: String, accountID: String) {
        self.id = id
        self.accountID = accountID
    }
}
