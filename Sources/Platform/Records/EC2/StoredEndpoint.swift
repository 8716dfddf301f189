public import Ledger
public import Policy

/// A VPC endpoint: the way from a VPC to a service that does not leave AWS.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html>
public struct StoredEndpoint: EC2Resource {
    public static let kind = "AWS::EC2::VPCEndpoint"
    public static let prefix = "vpce"
    public static let arnType = "vpc-endpoint"

    public var head: EC2Head
    /// The VPC that it leads out of.
    public let vpcID: String
    /// `com.amazonaws.us-east-1.s3`
    public let serviceName: String
    /// `Gateway` or `Interface`.
    public let type: String
    /// As it was given; nil: everything is allowed.
    public var policy: String?
    /// Of a gateway: the tables that have a route to it.
    public var routeTableIDs: [String] = []
    /// Of an interface endpoint.
    public var subnetIDs: [String] = []
    /// Of an interface endpoint: those of its interfaces.
    public var groupIDs: [String] = []
    /// Its interfaces, one in each subnet.
    public var networkInterfaceIDs: [String] = []
    /// Whether the service's usual name leads to it.
    public var hasPrivateDNS = false
    /// `ipv4`, `dualstack`, `ipv6`.
    public var addressType = "ipv4"

    /// - Parameters: see the properties.
    public init(head: EC2Head, vpcID: String, serviceName: String, type: String, policy: String?) {
        self.head = head
        self.vpcID = vpcID
        self.serviceName = serviceName
        self.type = type
        self.policy = policy
    }

    /// Whether routes lead to it, and not addresses.
    public var isGateway: Bool { type == "Gateway" }
    public var conditions: [String: ContextValue] {
        ["vpceservicename": .one(serviceName), "vpceserviceowner": .one("amazon")]
    }
    public var references: [Reference] {
        [Reference("vpc", to: vpcID)] + subnetIDs.map { Reference("subnet", to: $0) }
            + groupIDs.map { Reference("group", to: $0) } + routeTableIDs.map { Reference("routeTable", to: $0) }
    }
    public var requirements: [Requirement] { [Requirement(StoredVPC.kind, vpcID)] }
}

/// A prefix list that an account manages.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ManagedPrefixList.html>
public struct StoredPrefixList: EC2Resource {
    public static let kind = "AWS::EC2::PrefixList"
    public static let prefix = "pl"
    public static let arnType = "prefix-list"

    public var head: EC2Head
    /// What people call it; it need not be unique, and never begins with `com.amazonaws`.
    public var name: String
    /// `IPv4` or `IPv6`; it never changes.
    public let addressFamily: String
    /// How many entries it may have: that many rules or routes it counts for where it is named.
    public var maxEntries: Int
    /// The entries of all versions, the first one first; the last one holds.
    public var versions: [[Entry]]

    /// A block of the list.
    public struct Entry: Codable, Sendable, Hashable {
        /// A block of the list's family: `10.0.0.0/8`.
        public let block: String
        /// What it is for; nil: nobody has said.
        public var summary: String?

        /// - Parameters: see the properties; `summary` is the entry's description.
        public init(block: String, summary: String?) {
            self.block = block
            self.summary = summary
        }
    }

    /// - Parameters: see the properties.
    public init(head: EC2Head, name: String, addressFamily: String, maxEntries: Int, entries: [Entry]) {
        self.head = head
        self.name = name
        self.addressFamily = addressFamily
        self.maxEntries = maxEntries
        versions = [entries]
    }

    /// Those that hold.
    public var entries: [Entry] { versions.last ?? [] }
}

/// A flow log: who writes down the traffic of what, where to, and how.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FlowLog.html>
public struct StoredFlowLog: EC2Resource {
    public static let kind = "AWS::EC2::FlowLog"
    public static let prefix = "fl"
    public static let arnType = "vpc-flow-log"

    public var head: EC2Head
    /// `vpc-…`, `subnet-…` or `eni-…`
    public let resourceID: String
    /// `ACCEPT`, `REJECT` or `ALL`.
    public let trafficType: String
    /// `cloud-watch-logs` or `s3`.
    public let destinationType: String
    /// The ARN of the log group, or of the bucket with a folder perhaps.
    public let destination: String
    /// The group's name; nil: the files are in a bucket.
    public let logGroupName: String?
    /// The role by which events are put into the group.
    public let roleARN: String?
    /// Which fields records have: `${version} ${account-id} …`
    public let format: String
    /// In seconds: 60 or 600.
    public let aggregationInterval: Int
    /// What has become of the last delivery; nil: none was tried yet.
    public var deliveryError: String?
    /// Whether a delivery has been tried.
    public var hasDelivered = false
    /// Of files: whether their names have `hour=`, and folders `aws-account-id=`.
    public let isHiveCompatible: Bool
    /// Of files: whether there is a folder for each hour, and not for each day alone.
    public let isPerHour: Bool
    /// `plain-text`
    public let fileFormat: String

    /// - Parameters: see the properties.
    public init(
        head: EC2Head, resourceID: String, trafficType: String, destinationType: String, destination: String,
        logGroupName: String?, roleARN: String?, format: String, aggregationInterval: Int, isHiveCompatible: Bool,
        isPerHour: Bool, fileFormat: String
    ) {
        self.head = head
        self.resourceID = resourceID
        self.trafficType = trafficType
        self.destinationType = destinationType
        self.destination = destination
        self.logGroupName = logGroupName
        self.roleARN = roleARN
        self.format = format
        self.aggregationInterval = aggregationInterval
        self.isHiveCompatible = isHiveCompatible
        self.isPerHour = isPerHour
        self.fileFormat = fileFormat
    }

    public var references: [Reference] { [Reference("logged", to: resourceID)] }
}
