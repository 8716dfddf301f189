import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

extension StoredRouteTable: Shown {
    static func missing(_ id: String) -> ServiceError {
        .ec2("InvalidRouteTableID.NotFound", "The routeTable ID '\(id)' does not exist")
    }

    static let filters = Filters<StoredRouteTable>([
        "route-table-id": { table, _ in [table.id] }, "vpc-id": { table, _ in [table.vpcID] },
        "association.main": { table, estate in table.associations(estate).map { "\($0.isMain)" } },
        "association.route-table-association-id": { table, estate in table.associations(estate).map(\.id) },
        "association.route-table-id": { table, estate in table.associations(estate).map { _ in table.id } },
        "association.subnet-id": { table, estate in table.associations(estate).compactMap(\.subnetID) },
        "association.gateway-id": { _, _ in [] },
        "route.destination-cidr-block": { table, estate in
            estate.routes(of: table).map(\.destination).filter { !$0.contains(":") && !$0.hasPrefix("pl-") }
        },
        "route.destination-ipv6-cidr-block": { table, estate in
            estate.routes(of: table).map(\.destination).filter { $0.contains(":") }
        },
        "route.destination-prefix-list-id": { table, estate in
            estate.routes(of: table).map(\.destination).filter { $0.hasPrefix("pl-") }
        },
        "route.gateway-id": { table, estate in
            estate.routes(of: table).map(\.target).filter {
                $0 == "local" || $0.hasPrefix("igw-") || $0.hasPrefix("vpce-")
            }
        },
        "route.egress-only-internet-gateway-id": targets("eigw-"), "route.nat-gateway-id": targets("nat-"),
        "route.network-interface-id": targets("eni-"), "route.transit-gateway-id": { _, _ in [] },
        "route.vpc-peering-connection-id": { _, _ in [] },
        "route.instance-id": { table, estate in
            estate.routes(of: table).compactMap {
                estate.get(StoredNetworkInterface.self, $0.target)?.attachment?.instanceID
            }
        },
        "route.origin": { table, estate in estate.routes(of: table).map { table.origin($0) } },
        "route.state": { table, estate in
            estate.routes(of: table).map { estate.isBlackhole($0, in: table) ? "blackhole" : "active" }
        },
    ])

    private static func targets(_ prefix: String) -> Filters<StoredRouteTable>.Values {
        { table, estate in estate.routes(of: table).map(\.target).filter { $0.hasPrefix(prefix) } }
    }

    /// What a table holds for: subnets, or all of the VPC's that have no other.
    struct Association {
        let id: String
        /// nil: the VPC's main table.
        let subnetID: String?
        var isMain: Bool { subnetID == nil }
    }

    func associations(_ estate: EC2Estate) -> [Association] {
        var all: [Association] = []
        if let vpc = estate.get(StoredVPC.self, vpcID), vpc.mainRouteTableID == id {
            all.append(Association(id: vpc.mainAssociationID, subnetID: nil))
        }
        for subnet in estate.all(StoredSubnet.self) where subnet.routeTableID == id {
            if let association = subnet.routeAssociationID {
                all.append(Association(id: association, subnetID: subnet.id))
            }
        }
        return all
    }

    /// How a route has come into the table.
    func origin(_ route: StoredRoute) -> String {
        route.target == "local" && !routes.contains(route) ? "CreateRouteTable" : "CreateRoute"
    }

    func shown(_ estate: EC2Estate) -> EC2.RouteTable {
        EC2.RouteTable {
            $0.routeTableId = id
            $0.vpcId = vpcID
            $0.ownerId = head.accountID
            $0.associations = associations(estate).map { association in
                EC2.RouteTableAssociation {
                    $0.routeTableAssociationId = association.id
                    $0.routeTableId = id
                    $0.subnetId = association.subnetID
                    $0.main = association.isMain
                    $0.associationState = .associated
                }
            }
            $0.routes = estate.routes(of: self).map { route in EC2.Route(route, self, estate) }
            $0.propagatingVgws = []
            $0.tags = head.tags.shown
        }
    }
}

extension EC2.RouteTableAssociationState {
    static var associated: EC2.RouteTableAssociationState { EC2.RouteTableAssociationState { $0.state = "associated" } }
}

extension EC2.Route {
    init(_ route: StoredRoute, _ table: StoredRouteTable, _ estate: EC2Estate) {
        self.init()
        if route.destination.hasPrefix("pl-") {
            destinationPrefixListId = route.destination
        } else if route.destination.contains(":") {
            destinationIpv6CidrBlock = route.destination
        } else {
            destinationCidrBlock = route.destination
        }
        switch route.target {
        case let target where target.hasPrefix("eigw-"): egressOnlyInternetGatewayId = target
        case let target where target.hasPrefix("nat-"): natGatewayId = target
        case let target where target.hasPrefix("eni-"):
            networkInterfaceId = target
            let interface = estate.get(StoredNetworkInterface.self, target)
            instanceId = interface?.attachment?.instanceID
            instanceOwnerId = instanceId == nil ? nil : interface?.attachment?.ownerID
        case let target: gatewayId = target
        }
        origin = table.origin(route)
        state = estate.isBlackhole(route, in: table) ? "blackhole" : "active"
    }
}

extension EC2.CreateRouteTable: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            try call.creation(
                of: StoredRouteTable.self, input.tagSpecifications,
                ["ec2:vpc": .one(call.arn(StoredVPC.arnType, input.vpcId))])
                + [call.access(to: StoredVPC.self, input.vpcId)])
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        if let table = try call.made(StoredRouteTable.self, by: input) {
            return Output {
                $0.routeTable = table.shown(call.estate)
                $0.clientToken = input.clientToken
            }
        }
        let vpc = try records.existing(StoredVPC.self, input.vpcId)
        let others: [StoredRouteTable] = try records.referrers(StoredRouteTable.self, "vpc", to: vpc.id)
        guard others.count < call.quotas[EC2Quotas.routeTables] else {
            throw .ec2(
                "RouteTableLimitExceeded", "The maximum number of route tables has been reached.")
        }
        let tags = try TagSpecifications.tags(of: StoredRouteTable.arnType, input.tagSpecifications)
        let table = StoredRouteTable(
            head: call.head(of: StoredRouteTable.self, tags: tags, for: input), vpcID: vpc.id)
        try records.put(table)
        return Output {
            $0.routeTable = EC2.RouteTable {
                $0.routeTableId = table.id
                $0.vpcId = vpc.id
                $0.ownerId = call.accountID
                $0.associations = []
                $0.propagatingVgws = []
                $0.routes = (vpc.blocks + vpc.blocks6).map { block in
                    EC2.Route(StoredRoute(destination: block.block, target: "local"), table, .empty)
                }
                $0.tags = tags.shown
            }
            $0.clientToken = input.clientToken
        }
    }
}

/// An operation on the table that `RouteTableId` names.
protocol OnRouteTable: OnOne where InputFields: EC2.WithRouteTableId, Named == StoredRouteTable {}

extension OnRouteTable {
    static func name(_ input: Input) -> String { input.routeTableId }
}

extension EC2.DeleteRouteTable: WriteOperation, OnRouteTable {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let table = try records.existing(StoredRouteTable.self, input.routeTableId)
        let isMain = try records.get(StoredVPC.self, table.vpcID)?.mainRouteTableID == table.id
        guard !isMain, try !records.isNeeded("routeTable", table.id) else {
            throw .dependency("routeTable", table.id)
        }
        try records.delete(table)
        return Output()
    }
}

extension EC2.DescribeRouteTables: Describing {
    static let idsName = "routeTableIds"
    static func ids(_ input: Input) -> [String]? { input.routeTableIds }
    static func show(_ table: StoredRouteTable, _ estate: EC2Estate) -> EC2.RouteTable { table.shown(estate) }
}

// MARK: - Associations

extension EC2.AssociateRouteTable: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var all = [call.access(to: StoredRouteTable.self, input.routeTableId)]
        if let subnet = input.subnetId { all.append(call.access(to: StoredSubnet.self, subnet)) }
        if let gateway = input.gatewayId { all.append(call.access(to: StoredInternetGateway.self, gateway)) }
        return .required(all)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.gatewayId == nil, input.publicIpv4Pool == nil else { throw .notBuiltInEC2("gateway route tables") }
        guard let id = input.subnetId else {
            throw .ec2("MissingParameter", "The request must contain exactly one of subnetId or gatewayId")
        }
        let table = try records.existing(StoredRouteTable.self, input.routeTableId)
        var subnet = try records.existing(StoredSubnet.self, id)
        guard subnet.vpcID == table.vpcID else {
            throw .invalidValue(
                "route table \(table.id) and subnet \(subnet.id) belong to different networks")
        }
        if subnet.routeTableID != nil, subnet.routeTableID != table.id {
            throw .ec2(
                "Resource.AlreadyAssociated",
                "the specified association for route table \(table.id) conflicts with an existing association")
        }
        let association = subnet.routeAssociationID ?? Call.newID("rtbassoc")
        (subnet.routeTableID, subnet.routeAssociationID) = (table.id, association)
        try records.put(subnet)
        return Output {
            $0.associationId = association
            $0.associationState = .associated
        }
    }
}

/// Who has an association of a route table.
private enum RouteAssociation {
    case main(StoredVPC)
    case subnet(StoredSubnet)

    /// - Throws: InvalidAssociationID.NotFound.
    init(_ id: String, _ vpcs: [StoredVPC], _ subnets: [StoredSubnet]) throws(ServiceError) {
        if let subnet = subnets.first(where: { $0.routeAssociationID == id }) {
            self = .subnet(subnet)
        } else if let vpc = vpcs.first(where: { $0.mainAssociationID == id }) {
            self = .main(vpc)
        } else {
            throw .ec2("InvalidAssociationID.NotFound", "The association ID '\(id)' does not exist")
        }
    }

    /// For decisions: the resources that it is about, as far as there are any.
    static func accesses(_ id: String, _ call: Call) -> [Access] {
        let estate = call.estate
        guard let found = try? Self(id, estate.all(StoredVPC.self), estate.all(StoredSubnet.self)) else {
            return [call.access(to: StoredRouteTable.self, "*")]
        }
        switch found {
        case .main(let vpc): return [call.access(to: StoredRouteTable.self, vpc.mainRouteTableID)]
        case .subnet(let subnet):
            return [
                call.access(to: StoredRouteTable.self, subnet.routeTableID ?? "*"),
                call.access(to: StoredSubnet.self, subnet.id),
            ]
        }
    }
}

extension EC2.DisassociateRouteTable: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(RouteAssociation.accesses(input.associationId, call))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let found = try RouteAssociation(
            input.associationId, records.list(StoredVPC.self), records.list(StoredSubnet.self))
        switch found {
        case .main:
            throw .invalidValue(
                "cannot disassociate the main route table association \(input.associationId)")
        case .subnet(var subnet):
            (subnet.routeTableID, subnet.routeAssociationID) = (nil, nil)
            try records.put(subnet)
        }
        return Output()
    }
}

extension EC2.ReplaceRouteTableAssociation: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let old = RouteAssociation.accesses(input.associationId, call)
        let new = call.access(to: StoredRouteTable.self, input.routeTableId)
        return .required([new] + old.filter { $0.resource != new.resource })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let table = try records.existing(StoredRouteTable.self, input.routeTableId)
        let found = try RouteAssociation(
            input.associationId, records.list(StoredVPC.self), records.list(StoredSubnet.self))
        let association = Call.newID("rtbassoc")
        switch found {
        case .main(var vpc):
            guard vpc.id == table.vpcID else { throw Self.foreign(table) }
            (vpc.mainRouteTableID, vpc.mainAssociationID) = (table.id, association)
            try records.put(vpc)
        case .subnet(var subnet):
            guard subnet.vpcID == table.vpcID else { throw Self.foreign(table) }
            (subnet.routeTableID, subnet.routeAssociationID) = (table.id, association)
            try records.put(subnet)
        }
        return Output {
            $0.newAssociationId = association
            $0.associationState = .associated
        }
    }

    private static func foreign(_ table: StoredRouteTable) -> ServiceError {
        .invalidValue("route table \(table.id) belongs to a different network")
    }
}
