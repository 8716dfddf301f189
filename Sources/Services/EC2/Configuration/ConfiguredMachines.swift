import EC2API
import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    static let networkInterface = ConfiguredResourceType(
        ofEC2: StoredNetworkInterface.self,
        item: { (interface, state) throws(ServiceError) in
            var relationships: [ConfigurationItem.Relationship] = [
                .inVPC(interface.vpcID), .inSubnet(interface.subnetID),
            ]
            for group in interface.groupIDs { relationships.append(.ofGroup(group)) }
            if let instance = interface.attachment?.instanceID { relationships.append(.instance(instance)) }
            return ConfigurationItem(
                StoredNetworkInterface.kind, interface, zone: interface.zone, relationships,
                interface.shown(EC2Estate(of: try state.around(interface))).structure.configuration)
        })

    static let instance = ConfiguredResourceType(
        ofEC2: StoredInstance.self,
        also: [
            StoredNetworkInterface.kind: { (change, _) throws(ServiceError) in
                Set(try change.states(of: StoredNetworkInterface.self).compactMap { $0.attachment?.instanceID })
                    .sorted()
            },
            StoredVolume.kind: { (change, _) throws(ServiceError) in
                Set(try change.states(of: StoredVolume.self).flatMap { $0.attachments.map(\.instanceID) }).sorted()
            },
        ],
        item: { (instance, state) throws(ServiceError) in
            // What is terminated is there for a while; AWS Config has it deleted.
            guard instance.state != .terminated else { return nil }
            let scope = instance.scope
            let interfaces: [StoredNetworkInterface] = try state.referrers(
                StoredNetworkInterface.self, "instance", to: instance.id, in: scope)
            let volumes: [StoredVolume] = try state.referrers(
                StoredVolume.self, StoredVolume.attached, to: instance.id, in: scope)
            var around: [any EC2Resource] = []
            var relationships: [ConfigurationItem.Relationship] = [
                .inSubnet(instance.subnetID), .inVPC(instance.vpcID),
            ]
            for interface in interfaces {
                around.append(interface)
                around += try state.around(interface)
                relationships.append(
                    .init("Contains NetworkInterface", StoredNetworkInterface.kind, id: interface.id))
            }
            for group in Set(interfaces.flatMap(\.groupIDs)).sorted() { relationships.append(.ofGroup(group)) }
            for volume in volumes {
                around.append(volume)
                relationships.append(.init("Is attached to Volume", StoredVolume.kind, id: volume.id))
            }
            let shown = EC2.Instance(instance, Surroundings(EC2Estate(of: around)))
            return ConfigurationItem(
                StoredInstance.kind, instance, zone: instance.availabilityZone, relationships,
                shown.structure.configuration)
        })

    static let volume = ConfiguredResourceType(
        ofEC2: StoredVolume.self,
        item: { (volume, _) throws(ServiceError) in
            let relationships: [ConfigurationItem.Relationship] = volume.attachments.map { .instance($0.instanceID) }
            return ConfigurationItem(
                StoredVolume.kind, volume, zone: volume.zone, relationships,
                EC2.Volume(volume).structure.configuration)
        })
}

extension RecordedState {
    /// What an interface is shown with: its groups, and its VPC.
    fileprivate func around(_ interface: StoredNetworkInterface) throws(ServiceError) -> [any EC2Resource] {
        var around: [any EC2Resource] = []
        if let vpc = try get(StoredVPC.self, interface.vpcID, in: interface.scope) { around.append(vpc) }
        for id in interface.groupIDs {
            if let group = try get(StoredSecurityGroup.self, id, in: interface.scope) { around.append(group) }
        }
        return around
    }
}
