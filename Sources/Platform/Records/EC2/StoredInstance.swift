public import Directory
public import Ledger
public import Policy

/// An instance of EC2. EC2 keeps it; the metadata service and Inspector read it.
///
/// Its network interfaces, with their addresses and groups, and its volumes are records of their own, which name the instance they
/// are attached to. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html>
public struct StoredInstance: EC2Resource {
    public static let kind = "AWS::EC2::Instance"
    public static let prefix = "i"
    public static let arnType = "instance"
    /// The relation to the id of the association with an instance profile.
    public static let association = "profile association"
    /// The relation to the ARN of the instance profile.
    public static let profile = "instance profile"
    /// The relation to the token by which a request to launch it is known again.
    public static let launch = "launch"
    /// The relation to the reservation's id.
    public static let reservation = "reservation"

    /// Its id is `i-` and 17 digits.
    public var head: EC2Head
    /// `r-` and 17 digits: what was launched with one request.
    public let reservationID: String
    /// Its place among what was launched with one request, from 0.
    public let launchIndex: Int
    /// The token by which the client knows the request again; nil: it gave none.
    public let clientToken: String?
    /// A hash of what was asked for with that token.
    public let launchHash: String?
    /// The image that it was launched from, `ami-…`. It may be gone since.
    public let imageID: String
    /// `x86_64` or `arm64`.
    public let architecture: String
    /// `/dev/xvda`; empty: it has no volume.
    public let rootDeviceName: String
    /// `ebs` or `instance-store`.
    public let rootDeviceType: String
    /// `t3.micro`
    public var instanceType: String
    /// The name of its key pair; nil: it has none.
    public let keyName: String?
    /// The public key of that pair as it was at the launch, in OpenSSH's form without a comment: the instance keeps it, though the pair be
    /// deleted or another made of the same name. nil: it has none, or was launched before this was kept.
    public var publicKey: String?
    /// `us-east-1a`
    public let availabilityZone: String
    /// The VPC of its primary interface.
    public let vpcID: String
    /// The subnet of its primary interface.
    public let subnetID: String
    /// The network interface with device index 0.
    public let primaryInterfaceID: String
    /// The primary interface's first private address.
    public let privateIPAddress: String
    /// `ip-10-0-0-7.ec2.internal`
    public let privateDNSName: String
    /// When it was launched, or last started, in seconds since 1970.
    public var launchTime: Double
    /// Where its life has come to.
    public var state: State
    /// `User initiated (2026-11-30 20:00:00 GMT)`; empty while it was never stopped.
    public var stateTransitionReason = ""
    /// Why it is in its state; nil: there is nothing to say.
    public var stateReason: StateReason?
    /// When a terminated instance is forgotten; nil: it is not terminated.
    public var forgottenAt: Double?

    /// What it runs, of this machine; nil: its image names neither a command nor a folder, so that nothing ever runs.
    public var source: String?
    /// Whether it has been started before, so that its user data has been run.
    public var hasBooted = false
    /// How often it was started, so that what a former start still has to say is not taken for news.
    public var starts = 0

    /// The user data in base64, as the client gave it; nil: there is none.
    public var userData: String?
    /// Whether TerminateInstances is refused; what ends by itself ends all the same.
    public var disableAPITermination = false
    /// Whether StopInstances is refused.
    public var disableAPIStop = false
    /// `stop` or `terminate`: what becomes of it when it ends by itself.
    public var shutdownBehavior = "stop"
    /// What the request said; it changes nothing here.
    public var ebsOptimized = false
    /// Whether detailed monitoring is on: metrics every minute.
    public var monitoring = false
    /// How its own processes reach its metadata.
    public var metadataOptions: MetadataOptions
    /// `standard` or `unlimited`; nil: its type knows no CPU credits, or the request said nothing.
    public var cpuCredits: String?
    /// `default`, `dedicated` or `host`.
    public var tenancy = "default"
    /// Whether it gets a public address that is not the account's own, each time that it starts.
    public var getsPublicAddress = false
    /// The instance profile; nil: it has none.
    public var instanceProfile: ProfileAssociation?

    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html>
    public enum State: String, Codable, Sendable, Hashable {
        case pending
        case running
        case shuttingDown = "shutting-down"
        case terminated
        case stopping
        case stopped

        /// Its number in answers.
        public var code: Int {
            switch self {
            case .pending: 0
            case .running: 16
            case .shuttingDown: 32
            case .terminated: 48
            case .stopping: 64
            case .stopped: 80
            }
        }

        /// Whether it is gone, or about to be.
        public var isEnding: Bool { self == .shuttingDown || self == .terminated }
    }

    /// Why an instance is in its state.
    public struct StateReason: Codable, Sendable, Hashable {
        /// `Client.UserInitiatedShutdown`
        public var code: String
        /// The reason in words: `Client.UserInitiatedShutdown: User initiated shutdown`.
        public var message: String

        /// - Parameters: see the properties.
        public init(code: String, message: String) {
            self.code = code
            self.message = message
        }
    }

    /// How the instance's own processes reach its metadata.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceMetadataOptionsResponse.html>
    public struct MetadataOptions: Codable, Sendable, Hashable {
        /// Whether a request needs a token: version 2 alone (`required`), or either (`optional`).
        public var requiresTokens = true
        /// How many hops an answer to a request for a token may go: 1 to 64.
        public var hopLimit = 2
        /// `enabled` or `disabled`.
        public var isEnabled = true
        /// Whether it is there by IPv6 as well.
        public var hasIPv6 = false
        /// Whether the instance's tags are among its metadata.
        public var hasTags = false

        /// Those of AWS's newer images.
        public init() {}

        /// What decisions go by, without `ec2:`.
        public var conditions: [String: ContextValue] {
            [
                "metadatahttptokens": .one(requiresTokens ? "required" : "optional"),
                "metadatahttpputresponsehoplimit": .one(String(hopLimit)),
                "metadatahttpendpoint": .one(isEnabled ? "enabled" : "disabled"),
                "instancemetadatatags": .one(hasTags ? "enabled" : "disabled"),
            ]
        }
    }

    /// An instance profile that an instance has.
    public struct ProfileAssociation: Codable, Sendable, Hashable {
        /// `iip-assoc-` and 17 digits.
        public let id: String
        /// The profile's ARN.
        public let arn: String
        /// The profile's unique id: one of the same name that is made later is another.
        public let profileID: String
        /// Since when, in seconds since 1970.
        public let time: Double

        /// - Parameters: see the properties.
        public init(id: String, arn: String, profileID: String, time: Double) {
            self.id = id
            self.arn = arn
            self.profileID = profileID
            self.time = time
        }
    }

    /// - Parameters: see the properties.
    public init(
        head: EC2Head, reservationID: String, launchIndex: Int, clientToken: String?, launchHash: String?,
        imageID: String,
        architecture: String, rootDeviceName: String, rootDeviceType: String, instanceType: String, keyName: String?,
        availabilityZone: String, vpcID: String, subnetID: String, primaryInterfaceID: String, privateIPAddress: String,
        privateDNSName: String,
        launchTime: Double, state: State, source: String?, metadataOptions: MetadataOptions
    ) {
        self.head = head
        self.reservationID = reservationID
        self.launchIndex = launchIndex
        self.clientToken = clientToken
        self.launchHash = launchHash
        self.imageID = imageID
        self.architecture = architecture
        self.rootDeviceName = rootDeviceName
        self.rootDeviceType = rootDeviceType
        self.instanceType = instanceType
        self.keyName = keyName
        self.availabilityZone = availabilityZone
        self.vpcID = vpcID
        self.subnetID = subnetID
        self.primaryInterfaceID = primaryInterfaceID
        self.privateIPAddress = privateIPAddress
        self.privateDNSName = privateDNSName
        self.launchTime = launchTime
        self.state = state
        self.source = source
        self.metadataOptions = metadataOptions
    }

    /// What decisions about it go by.
    public var conditions: [String: ContextValue] {
        var keys: [String: ContextValue] = [
            "instanceid": .one(id), "instancetype": .one(instanceType), "availabilityzone": .one(availabilityZone),
            "availabilityzoneid": .one(Zones.id(ofZone: availabilityZone)), "tenancy": .one(tenancy),
            "ebsoptimized": .one(String(ebsOptimized)), "instancemarkettype": .one("on-demand"),
            "rootdevicetype": .one(rootDeviceType), "instanceautorecovery": .one("default"),
        ]
        keys.merge(metadataOptions.conditions) { own, _ in own }
        if let instanceProfile { keys["instanceprofile"] = .one(instanceProfile.arn) }
        return keys
    }

    public var references: [Reference] {
        var all = [Reference(Self.reservation, to: reservationID)]
        if let clientToken { all.append(Reference(Self.launch, to: clientToken)) }
        if let instanceProfile {
            all.append(Reference(Self.association, to: instanceProfile.id))
            all.append(Reference(Self.profile, to: instanceProfile.arn))
        }
        return all
    }
}
