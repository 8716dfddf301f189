import EC2API
import Ledger
import Platform
import VPC
import Wire

/// A request that names where a route goes to: `DestinationCidrBlock` and kin.
typealias DestinationFields = EC2.MayHaveDestinationCidrBlock & EC2.MayHaveDestinationIpv6CidrBlock
    & EC2.MayHaveDestinationPrefixListId

/// A request that names where a route leads.
typealias TargetFields = EC2.MayHaveCarrierGatewayId & EC2.MayHaveCoreNetworkArn
    & EC2.MayHaveEgressOnlyInternetGatewayId & EC2.MayHaveGatewayId & EC2.MayHaveInstanceId
    & EC2.MayHaveLocalGatewayId & EC2.MayHaveNatGatewayId & EC2.MayHaveNetworkInterfaceId
    & EC2.MayHaveOdbNetworkArn & EC2.MayHaveTransitGatewayId & EC2.MayHaveVpcEndpointId
    & EC2.MayHaveVpcPeeringConnectionId

extension View where Members: DestinationFields {
    /// The one destination, as it is kept.
    /// - Throws: MissingParameter, InvalidParameterCombination, InvalidParameterValue.
    fileprivate func destination() throws(ServiceError) -> String {
        let given = [destinationCidrBlock, destinationIpv6CidrBlock, destinationPrefixListId].compactMap { $0 }
        guard !given.isEmpty else {
            throw .ec2(
                "MissingParameter",
                "The request must contain exactly one of: destinationCidrBlock, destinationIpv6CidrBlock, destinationPrefixListId"
            )
        }
        guard given.count == 1 else {
            throw .invalidCombination(
                "The request must contain exactly one of: destinationCidrBlock, destinationIpv6CidrBlock, destinationPrefixListId"
            )
        }
        if let text = destinationCidrBlock {
            return try CIDRBlock.version4(text, "destinationCidrBlock").description
        }
        if let text = destinationIpv6CidrBlock {
            return try CIDRBlock.version6(text, "destinationIpv6CidrBlock").description
        }
        return destinationPrefixListId ?? ""
    }
}

/// Where routes may lead.
private enum RouteEnd {
    /// The target of a request's route, which has to be there.
    /// - Throws: the errors of EC2 for what is not there, or can't be led to.
    static func read<F: TargetFields>(
        _ input: View<F>, from table: StoredRouteTable, to destination: String, _ records: MutableRecords
    ) throws(ServiceError) -> String {
        let foreign = [
            input.carrierGatewayId, input.coreNetworkArn, input.localGatewayId, input.odbNetworkArn,
            input.transitGatewayId, input.vpcPeeringConnectionId,
        ]
        guard foreign.allSatisfy({ $0 == nil }) else {
            throw .notBuiltInEC2("peering, and no transit, carrier or local gateways")
        }
        let given = [
            input.egressOnlyInternetGatewayId, input.gatewayId, input.instanceId, input.natGatewayId,
            input.networkInterfaceId, input.vpcEndpointId,
        ].compactMap { $0 }
        guard let target = given.first else {
            throw .ec2(
                "MissingParameter",
                "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, vpcPeeringConnectionId, egressOnlyInternetGatewayId, instanceId, transitGatewayId, vpcEndpointId"
            )
        }
        guard given.count == 1 else {
            throw .invalidCombination(
                "The request must contain only one target of the route")
        }
        let isVersion6 = destination.contains(":")
        if let id = input.gatewayId {
            guard id.hasPrefix("igw-") else {
                if id == "local" { return id }
                throw .ec2("InvalidGatewayID.NotFound", "The gateway ID '\(id)' does not exist")
            }
            let gateway = try records.existing(StoredInternetGateway.self, id)
            guard gateway.vpcID == table.vpcID else {
                throw .invalidValue(
                    "route table \(table.id) and network gateway \(id) belong to different networks")
            }
        } else if let id = input.egressOnlyInternetGatewayId {
            let gateway = try records.existing(StoredEgressGateway.self, id)
            guard gateway.vpcID == table.vpcID else {
                throw .invalidValue(
                    "route table \(table.id) and egress-only internet gateway \(id) belong to different networks")
            }
            guard isVersion6 else {
                throw .invalidCombination(
                    "The parameter egressOnlyInternetGatewayId can be used with destinationIpv6CidrBlock alone")
            }
        } else if let id = input.natGatewayId {
            let gateway = try records.existing(StoredNATGateway.self, id)
            guard gateway.vpcID == table.vpcID, gateway.deleted == nil else {
                throw .ec2("InvalidNatGatewayID.NotFound", "The natGateway ID '\(id)' does not exist")
            }
        } else if let id = input.networkInterfaceId {
            let interface = try records.existing(StoredNetworkInterface.self, id)
            guard interface.vpcID == table.vpcID else {
                throw .invalidValue(
                    "route table \(table.id) and interface \(id) belong to different networks")
            }
        } else if let id = input.instanceId {
            let own: [StoredNetworkInterface] = try records.referrers(
                StoredNetworkInterface.self, "instance", to: id)
            guard !own.isEmpty else {
                throw .ec2("InvalidInstanceID.NotFound", "The instance ID '\(id)' does not exist")
            }
            guard let only = own.first, own.count == 1 else {
                throw .ec2(
                    "InvalidInstanceID",
                    "There are multiple interfaces attached to instance '\(id)'. Please specify an interface ID for the operation instead."
                )
            }
            return only.id
        } else if let id = input.vpcEndpointId {
            _ = try records.existing(StoredEndpoint.self, id)
            throw .invalidValue("The VPC endpoint \(id) is not a gateway load balancer endpoint")
        }
        return target
    }
}

extension EC2.CreateRoute: WriteOperation, OnRouteTable {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var table = try records.existing(StoredRouteTable.self, input.routeTableId)
        let destination = try input.destination()
        try checkList(destination, call, records)
        let target = try RouteEnd.read(input, from: table, to: destination, records)
        if let there = table.routes.first(where: { $0.destination == destination }) {
            // One that is there already is as good as a new one; but not one that leads elsewhere.
            if there.target == target { return Output(return: true) }
            throw .ec2("RouteAlreadyExists", "The route identified by \(destination) already exists.")
        }
        let vpc = try records.existing(StoredVPC.self, table.vpcID)
        for own in (vpc.blocks + vpc.blocks6).compactMap({ CIDRBlock($0.block) }) {
            if own.description == destination {
                throw .ec2("RouteAlreadyExists", "The route identified by \(destination) already exists.")
            }
            if let block = CIDRBlock(destination), own.contains(block), !target.hasPrefix("eni-") {
                throw .invalidValue(
                    destination, of: "destinationCidrBlock",
                    "The destination CIDR block \(destination) is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance."
                )
            }
        }
        guard table.routes.count < call.quotas[EC2Quotas.routes] else {
            throw .ec2(
                "RouteLimitExceeded", "The maximum number of routes has been reached.")
        }
        table.routes.append(StoredRoute(destination: destination, target: target))
        try records.put(table)
        return Output(return: true)
    }

    private static func checkList(
        _ destination: String, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        guard destination.hasPrefix("pl-") else {
            guard CIDRBlock(destination) != nil else {
                throw .ec2(
                    "InvalidPrefixListID.NotFound", "The prefix list ID '\(destination)' does not exist")
            }
            return
        }
        guard AWSPrefixLists.all(in: call.region).allSatisfy({ $0.id != destination }) else { return }
        _ = try records.existing(StoredPrefixList.self, destination)
    }
}

extension EC2.ReplaceRoute: WriteOperation, OnRouteTable {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var table = try records.existing(StoredRouteTable.self, input.routeTableId)
        let destination = try input.destination()
        guard let index = table.routes.firstIndex(where: { $0.destination == destination }) else {
            throw .invalidValue(
                "There is no route defined for '\(destination)' in the route table. Use CreateRoute instead.")
        }
        let target =
            try input.localTarget == true
            ? "local" : RouteEnd.read(input, from: table, to: destination, records)
        table.routes[index].target = target
        try records.put(table)
        return Output()
    }
}

extension EC2.DeleteRoute: WriteOperation, OnRouteTable {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var table = try records.existing(StoredRouteTable.self, input.routeTableId)
        let destination = try input.destination()
        guard let index = table.routes.firstIndex(where: { $0.destination == destination }) else {
            let vpc = try records.existing(StoredVPC.self, table.vpcID)
            guard !(vpc.blocks + vpc.blocks6).contains(where: { $0.block == destination }) else {
                throw .invalidValue(
                    "cannot remove local route \(destination) in route table \(table.id)")
            }
            throw .ec2(
                "InvalidRoute.NotFound",
                "no route with destination-cidr-block \(destination) in route table \(table.id)")
        }
        table.routes.remove(at: index)
        try records.put(table)
        return Output()
    }
}
