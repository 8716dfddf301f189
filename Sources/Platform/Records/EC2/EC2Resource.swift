public import Directory
public import Ledger
public import Policy

/// What every resource of EC2 has.
public struct EC2Head: Codable, Sendable, Hashable {
    /// `vpc-0123456789abcdef0`
    public let id: String
    /// The account that it belongs to.
    public let accountID: String
    /// The Region that it is in.
    public let region: String
    /// Seconds since 1970.
    public let created: Double
    /// Keys are case-sensitive.
    public var tags: [Tag]
    /// What the request called itself that made it; nil: it had no token.
    public var clientToken: String?
    /// By which that request is told from another with its token.
    public var requestHash: String?

    /// - Parameters: see the properties.
    public init(id: String, accountID: String, region: String, created: Double, tags: [Tag] = []) {
        self.id = id
        self.accountID = accountID
        self.region = region
        self.created = created
        self.tags = tags
    }
}

/// A resource of EC2 as it is kept. All of them are in ``EC2Index`` as well, where requests that read find them.
///
/// They are here, and not with EC2, since others read them, too: what scans instances, and what serves their metadata.
public protocol EC2Resource: Record {
    /// What ids begin with: `vpc`.
    static var prefix: String { get }
    /// The type in ARNs, and in `TagSpecifications`: `vpc`.
    static var arnType: String { get }
    /// Whether it can be shared with other accounts: then its ARN names none, and whoever it is shared with needs nothing of the owner
    /// but that.
    static var isShared: Bool { get }
    /// The id, the place and the tags.
    var head: EC2Head { get set }
    /// What it is called in ARNs; the id, but for a key pair.
    var nameInARN: String { get }
    /// Condition keys that it brings to decisions, in lower case, without `ec2:`. `ec2:Region` and the tags come by themselves.
    var conditions: [String: ContextValue] { get }
}

extension EC2Resource {
    public static var arnType: String { prefix }
    public static var isShared: Bool { false }
    public var id: String { head.id }
    public var nameInARN: String { head.id }
    public var conditions: [String: ContextValue] { [:] }
    public var requirements: [Requirement] { [.account(head.accountID)] }
    /// Where its record is.
    public var scope: Scope { Scope(account: head.accountID, region: head.region) }
    /// `arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0123456789abcdef0`
    public var arn: String {
        ARN.text("ec2", head.region, Self.isShared ? "" : head.accountID, "\(Self.arnType)/", nameInARN)
    }
    /// The ARN of another resource of the same account and Region.
    func arn(_ type: String, _ id: String) -> String { ARN.text("ec2", head.region, head.accountID, "\(type)/", id) }
}

/// All kinds of records that are resources of EC2.
public enum EC2Kinds {
    /// Each once; ``EC2Index`` follows them.
    public static let all: [any EC2Resource.Type] = [
        StoredVPC.self, StoredSubnet.self, StoredRouteTable.self, StoredInternetGateway.self, StoredEgressGateway.self,
        StoredNATGateway.self, StoredSecurityGroup.self, StoredNetworkACL.self, StoredNetworkInterface.self,
        StoredAddress.self, StoredPrefixList.self, StoredEndpoint.self, StoredFlowLog.self, StoredDHCPOptions.self,
        StoredInstance.self, StoredKeyPair.self, StoredImage.self, StoredVolume.self, StoredSnapshot.self,
        StoredLaunchTemplate.self, StoredPublicAccessExclusion.self,
    ]
    /// By the records' kinds.
    static let byKind: [String: any EC2Resource.Type] = Dictionary(uniqueKeysWithValues: all.map { ($0.kind, $0) })
    /// By the types in ARNs.
    public static let byARNType: [String: any EC2Resource.Type] = Dictionary(
        uniqueKeysWithValues: all.map { ($0.arnType, $0) })
    /// By what ids begin with.
    public static let byPrefix: [String: any EC2Resource.Type] = Dictionary(
        uniqueKeysWithValues: all.map { ($0.prefix, $0) })
}

/// That an account has been given in a Region what each account has from the start: the default VPC with its parts.
///
/// AWS makes them with the account. Here they are made when EC2 is first used in the Region.
public struct FurnishedRegion: Record {
    public static let kind = "AWS::EC2::FurnishedRegion"
    /// There is one in a Region.
    public static let only = "region"

    public let id: String
    /// When, in seconds since 1970.
    public let time: Double

    /// - Parameter time: see the property.
    public init(time: Double) {
        id = Self.only
        self.time = time
    }
}
