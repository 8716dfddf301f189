import EC2API
import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// The types that AWS Config records of EC2.
    static let ofEC2: [ConfiguredResourceType] = [
        vpc, subnet, securityGroup, networkACL, routeTable, internetGateway, elasticAddress, networkInterface, instance,
        volume,
    ]

    static let vpc = ConfiguredResourceType(
        ofEC2: StoredVPC.self,
        item: { (vpc, _) throws(ServiceError) in
            ConfigurationItem(
                StoredVPC.kind, vpc, zone: "Multiple Availability Zones", [], vpc.shown.structure.configuration)
        })

    static let subnet = ConfiguredResourceType(
        ofEC2: StoredSubnet.self,
        item: { (subnet, _) throws(ServiceError) in
            var shown = subnet.shown(.empty)
            // Each interface that comes or goes would be a change of the subnet.
            shown.availableIpAddressCount = nil
            return ConfigurationItem(
                StoredSubnet.kind, subnet, zone: subnet.zone, [.inVPC(subnet.vpcID)], shown.structure.configuration)
        })

    static let securityGroup = ConfiguredResourceType(
        ofEC2: StoredSecurityGroup.self,
        also: [
            StoredNetworkInterface.kind: { (change, _) throws(ServiceError) in
                let states = try change.states(of: StoredNetworkInterface.self).map { Set($0.groupIDs) }
                // Only what has come or gone changes a group.
                guard let first = states.first else { return [] }
                return states.count == 1 ? first.sorted() : first.symmetricDifference(states[1]).sorted()
            }
        ],
        item: { (group, state) throws(ServiceError) in
            let interfaces = try state.referrers(
                StoredNetworkInterface.self, "group", to: group.id, in: group.scope)
            var relationships: [ConfigurationItem.Relationship] = [.inVPC(group.vpcID)]
            for interface in interfaces {
                relationships.append(
                    .init("Is associated with NetworkInterface", StoredNetworkInterface.kind, id: interface.id))
            }
            for instance in Set(interfaces.compactMap { $0.attachment?.instanceID }).sorted() {
                relationships.append(.init("Is associated with Instance", StoredInstance.kind, id: instance))
            }
            return ConfigurationItem(
                StoredSecurityGroup.kind, group, name: group.name, relationships, group.shown.configuration)
        })

    static let networkACL = ConfiguredResourceType(
        ofEC2: StoredNetworkACL.self,
        also: [
            StoredSubnet.kind: { (change, _) throws(ServiceError) in
                Set(try change.states(of: StoredSubnet.self).map(\.networkACLID)).sorted()
            }
        ],
        item: { (list, state) throws(ServiceError) in
            let subnets: [StoredSubnet] = try state.referrers(
                StoredSubnet.self, "networkACL", to: list.id, in: list.scope)
            var relationships: [ConfigurationItem.Relationship] = [.inVPC(list.vpcID)]
            for subnet in subnets {
                relationships.append(.init("Is attached to Subnet", StoredSubnet.kind, id: subnet.id))
            }
            return ConfigurationItem(
                StoredNetworkACL.kind, list, zone: "Multiple Availability Zones", relationships,
                list.shown(EC2Estate(of: subnets)).structure.configuration)
        })

    static let routeTable = ConfiguredResourceType(
        ofEC2: StoredRouteTable.self,
        also: [
            StoredSubnet.kind: { (change, _) throws(ServiceError) in
                Set(try change.states(of: StoredSubnet.self).compactMap(\.routeTableID)).sorted()
            },
            StoredEndpoint.kind: { (change, _) throws(ServiceError) in
                Set(try change.states(of: StoredEndpoint.self).flatMap(\.routeTableIDs)).sorted()
            },
        ],
        item: { (table, state) throws(ServiceError) in
            let scope = table.scope
            let subnets: [StoredSubnet] = try state.referrers(
                StoredSubnet.self, "routeTable", to: table.id, in: scope)
            let endpoints: [StoredEndpoint] = try state.referrers(
                StoredEndpoint.self, "routeTable", to: table.id, in: scope)
            var around: [any EC2Resource] = [table]
            for subnet in subnets { around.append(subnet) }
            for endpoint in endpoints { around.append(endpoint) }
            if let vpc = try state.get(StoredVPC.self, table.vpcID, in: scope) { around.append(vpc) }
            for target in Set(table.routes.map(\.target)) {
                if let gateway = try state.get(StoredInternetGateway.self, target, in: scope) { around.append(gateway) }
                if let gateway = try state.get(StoredNATGateway.self, target, in: scope) { around.append(gateway) }
                if let gateway = try state.get(StoredEgressGateway.self, target, in: scope) { around.append(gateway) }
                if let interface = try state.get(StoredNetworkInterface.self, target, in: scope) {
                    around.append(interface)
                }
            }
            var relationships: [ConfigurationItem.Relationship] = [.inVPC(table.vpcID)]
            for subnet in subnets {
                relationships.append(.init("Contains Subnet", StoredSubnet.kind, id: subnet.id))
            }
            return ConfigurationItem(
                StoredRouteTable.kind, table, relationships,
                table.shown(EC2Estate(of: around)).structure.configuration)
        })

    static let internetGateway = ConfiguredResourceType(
        ofEC2: StoredInternetGateway.self,
        item: { (gateway, _) throws(ServiceError) in
            var relationships: [ConfigurationItem.Relationship] = []
            if let vpc = gateway.vpcID {
                relationships.append(.init("Is attached to Vpc", StoredVPC.kind, id: vpc))
            }
            return ConfigurationItem(
                StoredInternetGateway.kind, gateway, zone: "Multiple Availability Zones", relationships,
                gateway.shown.structure.configuration)
        })

    static let elasticAddress = ConfiguredResourceType(
        ofEC2: StoredAddress.self,
        item: { (address, state) throws(ServiceError) in
            let interface = try address.association.flatMap { association throws(ServiceError) in
                try state.get(StoredNetworkInterface.self, association.networkInterfaceID, in: address.scope)
            }
            var around: [any EC2Resource] = []
            var relationships: [ConfigurationItem.Relationship] = []
            if let interface {
                around.append(interface)
                relationships.append(
                    .init("Is attached to NetworkInterface", StoredNetworkInterface.kind, id: interface.id))
                if let instance = interface.attachment?.instanceID { relationships.append(.instance(instance)) }
            }
            return ConfigurationItem(
                StoredAddress.kind, address, name: address.publicAddress, relationships,
                address.shown(EC2Estate(of: around)).structure.configuration)
        })
}
