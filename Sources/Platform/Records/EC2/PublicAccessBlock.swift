public import Ledger
public import Policy

/// Whether the VPCs of an account are kept from the internet in a Region, whatever their routes say.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>
public struct PublicAccessBlock: Record {
    public static let kind = "AWS::EC2::VPCBlockPublicAccessOptions"
    /// There is one in a Region.
    public static let only = "options"

    /// Always ``only``.
    public let id: String
    /// What is kept out.
    public var mode: Mode
    /// When that was said, in seconds since 1970.
    public var changed: Double

    /// What is kept out.
    public enum Mode: String, Codable, Sendable, Hashable {
        /// Nothing: the routes decide.
        case off
        /// What comes in by internet gateways; NAT and egress-only gateways still lead out.
        case ingress = "block-ingress"
        /// What comes in and what goes out.
        case bidirectional = "block-bidirectional"
    }

    /// - Parameters: see the properties.
    public init(mode: Mode, changed: Double) {
        id = Self.only
        self.mode = mode
        self.changed = changed
    }
}

/// A VPC or a subnet that is not kept from the internet where others are.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcBlockPublicAccessExclusion.html>
public struct StoredPublicAccessExclusion: EC2Resource {
    public static let kind = "AWS::EC2::VPCBlockPublicAccessExclusion"
    public static let prefix = "vpcbpa-exclude"
    public static let arnType = "vpc-block-public-access-exclusion"
    /// The relation to the VPC or the subnet.
    public static let excluded = "excluded"

    /// Its id is `vpcbpa-exclude-` and 17 digits.
    public var head: EC2Head
    /// `vpc-…` or `subnet-…`
    public let resourceID: String
    /// Whether packets may come in as well as go out (`allow-bidirectional`); else only out (`allow-egress`).
    public var allowsIngress: Bool
    /// When that was said, in seconds since 1970.
    public var changed: Double

    /// - Parameters: see the properties.
    public init(head: EC2Head, resourceID: String, allowsIngress: Bool) {
        self.head = head
        self.resourceID = resourceID
        self.allowsIngress = allowsIngress
        changed = head.created
    }

    /// The ARN of the VPC or the subnet.
    public var resourceARN: String {
        arn(resourceID.hasPrefix("vpc-") ? StoredVPC.arnType : StoredSubnet.arnType, resourceID)
    }
    public var references: [Reference] { [Reference(Self.excluded, to: resourceID)] }
}
