import Directory
import InstanceMetadata
import Ledger
import Platform
import Synchronization
import VPC
import Wire

/// What is known of an instance when a request comes for its metadata.
struct InstanceFacts: Sendable {
    let name: InstanceName
    let instance: StoredInstance
    /// The role of its instance profile, and what the metadata shows of the profile; nil: it has none.
    let profile: InstanceMetadata.Profile?
    let role: Role?

    var options: StoredInstance.MetadataOptions { instance.metadataOptions }
}

/// Finds instances, and makes metadata of what EC2 has of them.
final class InstanceFinder: Sendable {
    private let environment: Environment
    /// What was made lately, and of which version of the account's resources in the Region.
    private let made = Mutex<[InstanceName: (version: Int, metadata: InstanceMetadata)]>([:])
    private static let mostMade = 4096

    init(_ environment: Environment) {
        self.environment = environment
    }

    private var index: EC2Index { environment.projection(EC2Index.self) }

    /// An instance of which some process may still run; nil: there is none.
    func find(_ name: InstanceName) -> InstanceFacts? {
        guard environment.directory.isActive(account: name.account),
            let instance = index.estate(name.scope).get(StoredInstance.self, name.id),
            instance.state != .stopped, instance.state != .terminated
        else { return nil }
        guard let association = instance.instanceProfile else {
            return InstanceFacts(name: name, instance: instance, profile: nil, role: nil)
        }
        let profile = profile(association)
        let role = profile?.roleID.flatMap { environment.directory.role(named: $0, in: name.account) }
        let state: InstanceMetadata.Profile.State =
            if let role { .role(role.name) } else if profile == nil { .gone } else { .empty }
        return InstanceFacts(
            name: name, instance: instance,
            profile: InstanceMetadata.Profile(
                arn: association.arn, id: association.profileID, updated: association.time, state: state),
            role: role)
    }

    /// One of the same name that was made later is another profile.
    private func profile(_ association: StoredInstance.ProfileAssociation) -> InstanceProfile? {
        guard let arn = ARN(parsing: association.arn), let name = arn.resource.split(separator: "/").last,
            let profile = environment.directory.instanceProfile(named: String(name), in: arn.account),
            profile.uniqueID == association.profileID
        else { return nil }
        return profile
    }

    /// Everything that the metadata of an instance shows.
    func metadata(_ facts: InstanceFacts) -> InstanceMetadata {
        // Read first: what changes meanwhile is not remembered as it was.
        let version = index.version(facts.name.scope)
        var metadata: InstanceMetadata
        if let known = made.withLock({ $0[facts.name] }), known.version == version {
            metadata = known.metadata
        } else {
            metadata = InstanceMetadata(facts.instance, index.estate(facts.name.scope))
            let made = metadata
            self.made.withLock { all in
                if all.count >= Self.mostMade { all.removeAll(keepingCapacity: true) }
                all[facts.name] = (version, made)
            }
        }
        metadata.profile = facts.profile
        return metadata
    }
}

extension InstanceMetadata {
    /// Of what EC2 has, without the instance profile.
    init(_ instance: StoredInstance, _ estate: EC2Estate) {
        self.init(id: instance.id, account: instance.head.accountID, region: instance.head.region)
        availabilityZone = instance.availabilityZone
        availabilityZoneID = Zones.id(ofZone: instance.availabilityZone)
        imageID = instance.imageID
        launchIndex = instance.launchIndex
        reservationID = instance.reservationID
        instanceType = instance.instanceType
        architecture = instance.architecture
        hypervisor = Hypervisors.name(ofType: instance.instanceType)
        hostName = instance.privateDNSName
        launchTime = instance.launchTime
        hasDetailedMonitoring = instance.monitoring
        if !instance.rootDeviceName.isEmpty { rootDeviceName = instance.rootDeviceName }
        volumeDevices = estate.all(StoredVolume.self).flatMap(\.attachments)
            .filter { $0.instanceID == instance.id && $0.device != instance.rootDeviceName }.map(\.device).sorted()
        interfaces = estate.all(StoredNetworkInterface.self)
            .compactMap { interface in
                guard let attachment = interface.attachment, attachment.instanceID == instance.id else { return nil }
                return Interface(interface, at: attachment.deviceIndex, estate)
            }
            .sorted { $0.deviceIndex < $1.deviceIndex }
        if let name = instance.keyName,
            let key = instance.publicKey ?? estate.all(StoredKeyPair.self).first(where: { $0.name == name })?.publicKey
        {
            publicKey = PublicKey(name: name, text: "\(key) \(name)")
        }
        if instance.metadataOptions.hasTags { tags = instance.head.tags.map { ($0.key, $0.value) } }
        if let text = instance.userData { userData = Base64.decode(Array(text.utf8)) }
    }
}

extension InstanceMetadata.Interface {
    init(_ interface: StoredNetworkInterface, at deviceIndex: Int, _ estate: EC2Estate) {
        let region = interface.head.region
        let primary = interface.addresses.first
        self.init(
            mac: interface.macAddress, id: interface.id, deviceIndex: deviceIndex, owner: interface.head.accountID,
            hostName: primary.map { EC2HostNames.privateName($0.privateAddress, in: region) } ?? "")
        privateAddresses = interface.addresses.map(\.privateAddress)
        ipv6Addresses = interface.addresses6
        publicAddresses = interface.addresses.compactMap { address in
            address.publicAddress.map { InstanceMetadata.PublicAddress($0, to: address.privateAddress) }
        }
        groupIDs = interface.groupIDs
        groupNames = interface.groupIDs.compactMap { estate.get(StoredSecurityGroup.self, $0)?.name }
        subnetID = interface.subnetID
        vpcID = interface.vpcID
        if let subnet = estate.get(StoredSubnet.self, interface.subnetID) {
            subnetBlocks = subnet.block.map { [$0] } ?? []
            subnetIPv6Blocks = subnet.blocks6.map(\.block)
        }
        guard let vpc = estate.get(StoredVPC.self, interface.vpcID) else { return }
        vpcBlocks = vpc.blocks.map(\.block)
        vpcIPv6Blocks = vpc.blocks6.map(\.block)
        if vpc.hasDNS, vpc.hasDNSHostnames, let address = publicAddresses.first {
            publicHostName = EC2HostNames.publicName(address.address, in: region)
        }
    }
}
