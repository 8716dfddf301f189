import Directory
import Ledger
public import Policy
import VPC

/// A VPC from within which Gatehouse is reached: whoever listens there says so of each connection.
public struct VPCPlace: Sendable, Hashable {
    /// The account that the VPC belongs to.
    public let accountID: String
    /// The Region that it is in.
    public let region: String
    /// `vpc-…`
    public let id: String

    /// - Parameters: see the properties.
    public init(accountID: String, region: String, id: String) {
        self.accountID = accountID
        self.region = region
        self.id = id
    }
}

/// The VPC endpoint that a request came through: `aws:SourceVpce`, `aws:SourceVpc`, `aws:VpcSourceIp`; and its policy, which decides.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
public struct EndpointPassage: Sendable {
    /// `vpce-…`
    public let endpointID: String
    /// The VPC that the endpoint is in.
    public let vpc: VPCPlace
    /// The client's private address.
    public let address: String
    /// What the endpoint lets through.
    public let policy: CompiledPolicy

    /// - Parameters: see the properties.
    public init(endpointID: String, vpc: VPCPlace, address: String, policy: CompiledPolicy) {
        self.endpointID = endpointID
        self.vpc = vpc
        self.address = address
        self.policy = policy
    }

    /// `aws:SourceVpcArn`
    public var vpcARN: String { ARN.text("ec2", vpc.region, vpc.accountID, "vpc/", vpc.id) }
}

/// The services that VPC endpoints can lead to.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html>
public enum EndpointServices {
    /// A service, as endpoints name it.
    public struct Service: Sendable, Hashable {
        /// `com.amazonaws.us-east-1.s3`
        public let name: String
        /// Its name in signatures.
        public let signingName: String
        /// `Gateway`, `Interface`.
        public let types: [String]
        /// The name that leads to it from within the VPC: `sts.us-east-1.amazonaws.com`.
        public let privateName: String
    }

    /// The last part of the name, and what requests are signed for.
    private static let interfaces = [
        "access-analyzer": "access-analyzer", "acm-pca": "acm-pca", "cloudtrail": "cloudtrail",
        "cognito-identity": "cognito-identity", "cognito-idp": "cognito-idp", "config": "config", "ec2": "ec2",
        "events": "events", "inspector2": "inspector2", "kms": "kms", "logs": "logs", "monitoring": "monitoring",
        "sns": "sns", "sqs": "sqs", "sts": "sts",
    ]
    private static let gateways = ["dynamodb", "s3"]

    /// Those of a Region, in the order of their names.
    public static func all(in region: String) -> [Service] {
        let names = (interfaces.keys + gateways).sorted()
        return names.map { name in
            Service(
                name: "com.amazonaws.\(region).\(name)", signingName: interfaces[name] ?? name,
                types: gateways.contains(name) ? ["Gateway", "Interface"] : ["Interface"],
                privateName: "\(name).\(region).amazonaws.com")
        }
    }

    /// nil: there is none of that name.
    public static func service(_ name: String, in region: String) -> Service? {
        all(in: region).first { $0.name == name }
    }
}

extension EC2Index {
    /// How a request comes from a VPC to a service: through an endpoint, or by the internet.
    /// - Parameters:
    ///   - address: the client's, in the VPC.
    ///   - service: its name in signatures.
    /// - Returns: the address that the service sees; and the endpoint, nil for a request that came by the internet.
    public func passage(
        from vpc: VPCPlace, _ address: String, to service: String
    ) -> (address: String, endpoint: EndpointPassage?) {
        let estate = estate(Scope(account: vpc.accountID, region: vpc.region))
        let interface = estate.each(StoredNetworkInterface.self).first { interface in
            interface.vpcID == vpc.id
                && (interface.addresses.contains { $0.privateAddress == address }
                    || interface.addresses6.contains(address))
        }
        let subnet = interface.flatMap { estate.get(StoredSubnet.self, $0.subnetID) }
        let table = subnet?.routeTableID ?? estate.get(StoredVPC.self, vpc.id)?.mainRouteTableID
        let endpoints = estate.all(StoredEndpoint.self).filter { endpoint in
            endpoint.vpcID == vpc.id
                && EndpointServices.service(endpoint.serviceName, in: vpc.region)?.signingName == service
        }
        // The name leads to an interface endpoint if it has the private name; else the routes decide.
        let chosen =
            endpoints.first { !$0.isGateway && $0.hasPrivateDNS }
            ?? endpoints.first { $0.isGateway && table.map($0.routeTableIDs.contains) == true }
        if let chosen {
            let passage = EndpointPassage(
                endpointID: chosen.id, vpc: vpc, address: address, policy: policy(of: chosen))
            return (address, passage)
        }
        let own = interface?.addresses.first { $0.privateAddress == address }?.publicAddress
        return (own ?? natAddress(table, estate) ?? address, nil)
    }

    /// The public address of the NAT gateway that a table's default route leads to.
    private func natAddress(_ table: String?, _ estate: EC2Estate) -> String? {
        guard let table = table.flatMap({ estate.get(StoredRouteTable.self, $0) }),
            let route = table.routes.first(where: { $0.destination == "0.0.0.0/0" })
        else { return nil }
        return estate.get(StoredNATGateway.self, route.target)?.publicAddress
    }

    /// What an endpoint lets through. A policy that can't be read lets nothing through.
    static func compiled(_ endpoint: StoredEndpoint) -> CompiledPolicy {
        let source = PolicySource(type: .endpoint, name: endpoint.arn)
        let text = endpoint.policy ?? StoredEndpoint.usualPolicy
        guard let document = try? PolicyDocument(parsing: text, as: .endpoint, strictness: .evaluable) else {
            return .denyingEverything(source)
        }
        return CompiledPolicy(document, source: source)
    }
}

extension StoredEndpoint {
    /// The policy of an endpoint that is made without one: it lets everything through.
    public static let usualPolicy =
        #"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#
}
