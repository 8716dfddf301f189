/// A part of a network that packets pass, or that they don't.
public struct PathComponent: Hashable, Sendable {
    /// Named as CloudFormation and Inspector name them.
    public enum Kind: String, Hashable, Sendable {
        case internetGateway = "AWS::EC2::InternetGateway"
        case vpc = "AWS::EC2::VPC"
        case routeTable = "AWS::EC2::RouteTable"
        case networkACL = "AWS::EC2::NetworkAcl"
        case subnet = "AWS::EC2::Subnet"
        case securityGroup = "AWS::EC2::SecurityGroup"
        case networkInterface = "AWS::EC2::NetworkInterface"
        case instance = "AWS::EC2::Instance"
    }

    public let kind: Kind
    public let id: String

    public init(_ kind: Kind, _ id: String) {
        self.kind = kind
        self.id = id
    }
}

/// What lets packets pass a component.
public enum DecidingRule: Hashable, Sendable {
    /// `sgr-…`
    case securityGroupRule(String, isEgress: Bool)
    /// The number of a network ACL's entry.
    case networkACLEntry(Int, isEgress: Bool)
    /// The route that answers take, or requests.
    case route(Route)
}

/// A component on the way of packets, with the rules by which they pass it.
public struct PathStep: Hashable, Sendable {
    public let component: PathComponent
    public let rules: [DecidingRule]

    public init(_ kind: PathComponent.Kind, _ id: String, _ rules: [DecidingRule] = []) {
        component = PathComponent(kind, id)
        self.rules = rules
    }
}

/// Why packets don't reach what they are for: Reachability Analyzer's codes.
/// <https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html>
public struct Barrier: Hashable, Sendable {
    public enum Code: String, Hashable, Sendable {
        /// No internet gateway is attached, or it is none of those together that stands in the way alone.
        case noPath = "NO_PATH"
        case noSourceOrDestination = "NO_SOURCE_OR_DESTINATION"
        case disconnectedVPCs = "DISCONNECTED_VPCS"
        /// There is no public address.
        case noPublicAddress = "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"
        case noRoute = "NO_ROUTE_TO_DESTINATION"
        /// The route's target is gone.
        case badRoute = "BAD_STATE_ROUTE"
        /// Another route has the longer prefix.
        case moreSpecificRoute = "MORE_SPECIFIC_ROUTE"
        case networkACL = "SUBNET_ACL_RESTRICTION"
        case noRules = "SG_HAS_NO_RULES"
        case securityGroup = "ENI_SG_RULES_MISMATCH"
    }

    public let code: Code
    public let component: PathComponent
    /// Of packets that leave the component, among them answers; nil where the direction says nothing.
    public let isEgress: Bool?

    public init(_ code: Code, _ kind: PathComponent.Kind, _ id: String, isEgress: Bool? = nil) {
        self.code = code
        component = PathComponent(kind, id)
        self.isEgress = isEgress
    }
}

extension Barrier: CustomStringConvertible {
    /// One sentence.
    public var description: String {
        let id = component.id
        return switch code {
        case .noPath:
            component.kind == .vpc
                ? "No internet gateway is attached to \(id)."
                : "The parts of the way to \(id) let different packets pass."
        case .noSourceOrDestination: "There is no \(id)."
        case .disconnectedVPCs: "\(id) is in another VPC, and nothing connects the two."
        case .noPublicAddress: "No public address leads to \(id)."
        case .noRoute: "\(id) has no route there."
        case .badRoute: "The route of \(id) leads to something that is gone."
        case .moreSpecificRoute: "A more specific route of \(id) leads elsewhere."
        case .networkACL: "\(id) doesn't let it \(isEgress == true ? "out of" : "into") the subnet."
        case .noRules: "\(id) has no \(isEgress == true ? "outbound" : "inbound") rules."
        case .securityGroup: "\(id) has no \(isEgress == true ? "outbound" : "inbound") rule for it."
        }
    }
}
