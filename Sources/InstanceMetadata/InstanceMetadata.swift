/// Everything that the metadata of an instance shows: a value, made by whoever knows the instance. Which path shows what of it, and
/// how, is this module's.
///
/// AWS: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html
public struct InstanceMetadata: Sendable, Hashable {
    /// `i-…`
    public var id: String
    /// The account that launched it.
    public var account: String
    public var region: String
    /// `us-east-1a`
    public var availabilityZone = ""
    /// `use1-az1`; nil: it has none.
    public var availabilityZoneID: String?
    /// `ami-…`
    public var imageID = ""
    /// Its place among what was launched with one request.
    public var launchIndex = 0
    /// `r-…`
    public var reservationID = ""
    public var instanceType = ""
    /// `x86_64` or `arm64`.
    public var architecture = "x86_64"
    /// `nitro` or `xen`.
    public var hypervisor = "nitro"
    /// `ip-10-0-0-7.ec2.internal`
    public var hostName = ""
    /// When it was launched, or last started, in seconds since 1970.
    public var launchTime = 0.0
    /// Whether its metrics are detailed.
    public var hasDetailedMonitoring = false
    /// `/dev/xvda`
    public var rootDeviceName = "/dev/xvda"
    /// The devices of its other volumes, `/dev/sdb`, in their order.
    public var volumeDevices: [String] = []
    /// In the order of their device indexes.
    public var interfaces: [Interface] = []
    /// The key pair that it was launched with; nil: there is none, or nothing is known of it.
    public var publicKey: PublicKey?
    /// Its tags; nil: they are not to be seen here.
    public var tags: [(key: String, value: String)]? {
        get { visibleTags?.map { ($0.key, $0.value) } }
        set { visibleTags = newValue?.map { VisibleTag(key: $0.key, value: $0.value) } }
    }
    /// As the client gave it, decoded; nil: there is none.
    public var userData: [UInt8]?
    /// The instance profile that it is associated with; nil: it has none.
    public var profile: Profile?
    /// `amazonaws.com`
    public var domain = "amazonaws.com"
    /// `aws`
    public var partition = "aws"
    private var visibleTags: [VisibleTag]?

    /// Metadata of an instance of which nothing is known but this.
    public init(id: String, account: String, region: String) {
        self.id = id
        self.account = account
        self.region = region
    }

    private struct VisibleTag: Sendable, Hashable {
        let key: String
        let value: String
    }

    /// A network interface.
    public struct Interface: Sendable, Hashable {
        /// `02:29:96:8f:6a:2d`
        public var mac: String
        /// `eni-…`
        public var id: String
        public var deviceIndex: Int
        /// The account that has it.
        public var owner: String
        /// `ip-10-0-0-7.ec2.internal`
        public var hostName: String
        /// The primary one first.
        public var privateAddresses: [String] = []
        public var ipv6Addresses: [String] = []
        /// Public addresses, each with the private one that it leads to.
        public var publicAddresses: [PublicAddress] = []
        /// `ec2-203-0-113-25.compute-1.amazonaws.com`; nil: the VPC gives no such names, or there is no such address.
        public var publicHostName: String?
        public var groupIDs: [String] = []
        public var groupNames: [String] = []
        public var subnetID = ""
        public var subnetBlocks: [String] = []
        public var subnetIPv6Blocks: [String] = []
        public var vpcID = ""
        /// The VPC's primary one first.
        public var vpcBlocks: [String] = []
        public var vpcIPv6Blocks: [String] = []

        /// - Parameters: see the properties.
        public init(mac: String, id: String, deviceIndex: Int, owner: String, hostName: String) {
            self.mac = mac
            self.id = id
            self.deviceIndex = deviceIndex
            self.owner = owner
            self.hostName = hostName
        }
    }

    /// A public address, and where it leads.
    public struct PublicAddress: Sendable, Hashable {
        public let address: String
        /// The private address.
        public let target: String

        /// - Parameters: see the properties.
        public init(_ address: String, to target: String) {
            self.address = address
            self.target = target
        }
    }

    /// A key that the owner of the instance has.
    public struct PublicKey: Sendable, Hashable {
        /// Of the key pair.
        public let name: String
        /// `ssh-rsa AAAA… name`
        public let text: String

        /// - Parameters: see the properties.
        public init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    /// What has become of the instance profile that the instance is associated with.
    public struct Profile: Sendable, Hashable {
        public let arn: String
        /// `AIPA…`
        public let id: String
        /// When it was last looked at, in seconds since 1970.
        public var updated: Double
        /// What it is now.
        public let state: State

        public enum State: Sendable, Hashable {
            /// There is none of this id any more.
            case gone
            /// It has no role.
            case empty
            /// It has a role of this name.
            case role(String)
        }

        /// - Parameters: see the properties.
        public init(arn: String, id: String, updated: Double, state: State) {
            self.arn = arn
            self.id = id
            self.updated = updated
            self.state = state
        }
    }
}
