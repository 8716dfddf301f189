import Platform

/// How much an account may have of EC2 in a Region.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>
enum EC2Quotas {
    static let vpcs = Quota("VPCs", 5)
    static let subnets = Quota("SubnetsPerVPC", 200)
    static let blocks = Quota("IPv4BlocksPerVPC", 5)
    static let routeTables = Quota("RouteTablesPerVPC", 200)
    static let routes = Quota("RoutesPerRouteTable", 500)
    static let internetGateways = Quota("InternetGateways", 5)
    static let egressGateways = Quota("EgressOnlyInternetGateways", 5)
    static let natGateways = Quota("NATGatewaysPerZone", 5)
    static let groups = Quota("VPCSecurityGroups", 2500)
    static let rules = Quota("RulesPerSecurityGroup", 60)
    static let groupsOfInterface = Quota("SecurityGroupsPerInterface", 5)
    static let networkACLs = Quota("NetworkACLsPerVPC", 200)
    static let entries = Quota("RulesPerNetworkACL", 20)
    static let interfaces = Quota("NetworkInterfaces", 5000)
    static let addresses = Quota("ElasticIPs", 5)
    static let prefixLists = Quota("PrefixLists", 100)
    static let endpoints = Quota("VPCEndpoints", 50)

    static let all: [Quota] = [
        vpcs, subnets, blocks, routeTables, routes, internetGateways, egressGateways, natGateways, groups, rules,
        groupsOfInterface, networkACLs, entries, interfaces, addresses, prefixLists, endpoints,
    ]
}
