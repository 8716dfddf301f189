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

/// How a request comes from within a VPC to a service.
public enum VPCPassage: Sendable {
    /// Through an endpoint, whose policy decides.
    case endpoint(EndpointPassage)
    /// By the internet, where it has this address.
    case internet(address: String)
    /// No way leads there: in AWS, it would not arrive.
    case nowhere
}

extension EC2Index {
    private static let https = ServiceSet(TrafficMatch.tcp, 443...443)

    /// How a request comes from a VPC to a service: through an endpoint, or by the internet.
    /// - Parameters:
    ///   - address: the client's, in the VPC.
    ///   - service: its name in signatures; nil for what is no service, and for one that is not known.
    ///   - region: the one that is asked for. Endpoints lead to services of their own Region.
    public func passage(
        from vpc: VPCPlace, _ address: String, to service: String?, in region: String
    ) -> VPCPassage {
        let estate = estate(Scope(account: vpc.accountID, region: vpc.region))
        guard let interface = estate.interface(at: address, in: vpc.id), let source = NetworkAddress(address) else {
            return .nowhere
        }
        if let service, region == vpc.region, let found = endpoint(to: service, from: interface, estate) {
            guard lets(found, source, from: interface, estate) else { return .nowhere }
            return .endpoint(
                EndpointPassage(endpointID: found.id, vpc: vpc, address: address, policy: policy(of: found)))
        }
        switch estate.network.exit(of: interface.id, to: .services, from: source) {
        case .internetGateway(let own): return .internet(address: "\(own)")
        case .natGateway(let id):
            guard let own = estate.get(StoredNATGateway.self, id)?.publicAddress else { return .nowhere }
            return .internet(address: own)
        case .none: return .nowhere
        }
    }

    /// The endpoint that leads to a service: the name leads to an interface endpoint that has the private name; else the routes decide.
    private func endpoint(
        to service: String, from interface: StoredNetworkInterface, _ estate: EC2Estate
    ) -> StoredEndpoint? {
        let endpoints = estate.all(StoredEndpoint.self).filter { endpoint in
            endpoint.vpcID == interface.vpcID
                && EndpointServices.service(endpoint.serviceName, in: interface.head.region)?.signingName == service
        }
        if let found = endpoints.first(where: { !$0.isGateway && $0.hasPrivateDNS }) { return found }
        let table =
            estate.get(StoredSubnet.self, interface.subnetID)?.routeTableID
            ?? estate.get(StoredVPC.self, interface.vpcID)?.mainRouteTableID
        return endpoints.first { $0.isGateway && table.map($0.routeTableIDs.contains) == true }
    }

    /// Whether the groups of an interface endpoint let a client in, which comes by HTTPS in AWS. Gateways have none.
    private func lets(
        _ endpoint: StoredEndpoint, _ address: NetworkAddress, from interface: StoredNetworkInterface,
        _ estate: EC2Estate
    ) -> Bool {
        guard !endpoint.isGateway else { return true }
        return endpoint.networkInterfaceIDs.contains { id in
            let services = estate.network.letIn(by: id, from: interface.id, at: address)
            return services.intersection(Self.https) == Self.https
        }
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
