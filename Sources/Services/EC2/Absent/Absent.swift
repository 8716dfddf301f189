import EC2API
import Platform
import Wire

/// A list of what there never is: nothing here makes transit gateways, VPNs or peerings, so that an account has none of them. The list
/// is empty, and what is asked for by its id is not there.
protocol DescribesNone: ComputeOperation, OnAll where InputFields: EC2.MayHaveFilters {
    /// Those that a request names.
    static func ids(_ input: Input) -> [String]
    /// The error that one of them is not there.
    static func missing(_ id: String) -> ServiceError
    /// What AWS's lists can be filtered by, besides tags.
    static var filterNames: [String] { get }
}

extension DescribesNone {
    static func checkNone(_ input: Input, _ call: Call) throws(ServiceError) {
        if let id = ids(input).first { throw missing(id) }
        _ = try Filters<String>([:], absent: filterNames, tags: { _ in [] }).apply(input.filters, to: [], call.estate)
    }
}

/// The same, where it would be given out a page at a time.
protocol PagesNone: DescribesNone where InputFields: PageRequestFields, OutputFields: PageFields {}

extension PagesNone {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        try checkNone(input, call)
        _ = try Listing.page([String](), by: { $0 }, input.pageToken, input.pageLimit)
        return Output([], next: nil)
    }
}

extension EC2.DescribeTransitGateways: PagesNone {
    static func ids(_ input: Input) -> [String] { input.transitGatewayIds ?? [] }
    static func missing(_ id: String) -> ServiceError {
        .ec2("InvalidTransitGatewayID.NotFound", "Transit Gateway \(id) was deleted or does not exist.")
    }
    static let filterNames = [
        "options.propagation-default-route-table-id", "options.amazon-side-asn",
        "options.association-default-route-table-id", "options.auto-accept-shared-attachments",
        "options.default-route-table-association", "options.default-route-table-propagation", "options.dns-support",
        "options.vpn-ecmp-support", "owner-id", "state", "transit-gateway-id",
    ]
}

extension EC2.DescribeClientVpnEndpoints: PagesNone {
    static func ids(_ input: Input) -> [String] { input.clientVpnEndpointIds ?? [] }
    static func missing(_ id: String) -> ServiceError {
        .ec2("InvalidClientVpnEndpointId.NotFound", "Endpoint \(id) does not exist")
    }
    static let filterNames = ["endpoint-id", "transport-protocol"]
}

extension EC2.DescribeVpcPeeringConnections: PagesNone {
    static func ids(_ input: Input) -> [String] { input.vpcPeeringConnectionIds ?? [] }
    static func missing(_ id: String) -> ServiceError {
        .ec2("InvalidVpcPeeringConnectionID.NotFound", "The vpcPeeringConnection ID '\(id)' does not exist")
    }
    static let filterNames = [
        "accepter-vpc-info.cidr-block", "accepter-vpc-info.owner-id", "accepter-vpc-info.vpc-id", "expiration-time",
        "requester-vpc-info.cidr-block", "requester-vpc-info.owner-id", "requester-vpc-info.vpc-id", "status-code",
        "status-message", "vpc-peering-connection-id",
    ]
}

extension EC2.DescribeVpnConnections: DescribesNone {
    static func ids(_ input: Input) -> [String] { input.vpnConnectionIds ?? [] }
    static func missing(_ id: String) -> ServiceError {
        .ec2("InvalidVpnConnectionID.NotFound", "The vpnConnection ID '\(id)' does not exist")
    }
    static let filterNames = [
        "customer-gateway-configuration", "customer-gateway-id", "state", "option.static-routes-only",
        "route.destination-cidr-block", "bgp-asn", "type", "vpn-connection-id", "vpn-gateway-id", "transit-gateway-id",
    ]

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        try checkNone(input, call)
        return Output { $0.vpnConnections = [] }
    }
}

extension EC2.DescribeVpcEndpointServicePermissions: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.ec2Access("vpc-endpoint-service", input.serviceId))
    }

    /// Accounts have no services of their own behind endpoints.
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        throw .ec2(
            "InvalidVpcEndpointServiceId.NotFound",
            "The VpcEndpointService Id '\(input.serviceId)' does not exist")
    }
}
