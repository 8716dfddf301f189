import EC2API
import Ledger
import Platform
import Wire

// Instances as answers have them.

extension EC2.Reservation {
    /// - Parameter instances: of one reservation, at least one.
    init(_ instances: [StoredInstance], _ surroundings: Surroundings) {
        self.init()
        reservationId = instances.first?.reservationID
        ownerId = instances.first?.head.accountID
        groups = []
        self.instances = instances.map { EC2.Instance($0, surroundings) }
    }
}

extension EC2.InstanceState {
    init(_ state: StoredInstance.State) {
        self.init()
        code = state.code
        name = state.rawValue
    }
}

extension EC2.Monitoring {
    init(isEnabled: Bool) {
        self.init()
        state = isEnabled ? "enabled" : "disabled"
    }
}

extension EC2.Instance {
    init(_ instance: StoredInstance, _ surroundings: Surroundings) {
        self.init()
        showOwn(instance)
        showOptions(instance)
        let interfaces = surroundings.interfaces(of: instance)
        let primary = interfaces.first { $0.id == instance.primaryInterfaceID } ?? interfaces.first
        networkInterfaces = interfaces.map { EC2.InstanceNetworkInterface($0, surroundings) }
        securityGroups = surroundings.groups(primary?.groupIDs ?? [])
        blockDeviceMappings = surroundings.volumes(of: instance).map { volume, attachment in
            EC2.InstanceBlockDeviceMapping {
                $0.deviceName = attachment.device
                $0.ebs = EC2.EbsInstanceBlockDevice {
                    $0.volumeId = volume.id
                    $0.status = "attached"
                    $0.attachTime = Timestamp(secondsSinceEpoch: attachment.time)
                    $0.deleteOnTermination = attachment.isDeletedOnTermination
                }
            }
        }
        publicDnsName = ""
        guard instance.state != .terminated else { return }
        vpcId = instance.vpcID
        subnetId = instance.subnetID
        privateIpAddress = instance.privateIPAddress
        privateDnsName = instance.privateDNSName
        sourceDestCheck = primary?.checksSource ?? true
        ipv6Address = primary?.addresses6.first
        guard let primary, let address = primary.addresses.first?.publicAddress else { return }
        publicIpAddress = address
        publicDnsName = surroundings.publicName(address, of: primary) ?? ""
    }

    private mutating func showOwn(_ instance: StoredInstance) {
        instanceId = instance.id
        imageId = instance.imageID
        instanceType = instance.instanceType
        keyName = instance.keyName
        amiLaunchIndex = instance.launchIndex
        architecture = instance.architecture
        clientToken = instance.clientToken ?? ""
        launchTime = Timestamp(secondsSinceEpoch: instance.launchTime)
        state = EC2.InstanceState(instance.state)
        stateTransitionReason = instance.stateTransitionReason
        if let reason = instance.stateReason {
            stateReason = EC2.StateReason {
                $0.code = reason.code
                $0.message = reason.message
            }
        }
        placement = EC2.Placement {
            $0.availabilityZone = instance.availabilityZone
            $0.availabilityZoneId = Zones.id(ofZone: instance.availabilityZone)
            $0.groupName = ""
            $0.tenancy = instance.tenancy
        }
        if let profile = instance.instanceProfile {
            iamInstanceProfile = EC2.IamInstanceProfile {
                $0.arn = profile.arn
                $0.id = profile.profileID
            }
        }
        rootDeviceName = instance.rootDeviceName.isEmpty ? nil : instance.rootDeviceName
        rootDeviceType = instance.rootDeviceType
        tags = instance.head.tags.shown
        productCodes = []
        privateDnsName = ""
    }

    private mutating func showOptions(_ instance: StoredInstance) {
        monitoring = EC2.Monitoring(isEnabled: instance.monitoring)
        ebsOptimized = instance.ebsOptimized
        enaSupport = true
        hypervisor = "xen"
        virtualizationType = "hvm"
        platformDetails = "Linux/UNIX"
        usageOperation = "RunInstances"
        usageOperationUpdateTime = Timestamp(secondsSinceEpoch: instance.head.created)
        metadataOptions = instance.metadataOptions.shown
        capacityReservationSpecification = EC2.CapacityReservationSpecificationResponse {
            $0.capacityReservationPreference = "open"
        }
        hibernationOptions = EC2.HibernationOptions { $0.configured = false }
        enclaveOptions = EC2.EnclaveOptions { $0.enabled = false }
        maintenanceOptions = EC2.InstanceMaintenanceOptions { $0.autoRecovery = "default" }
        privateDnsNameOptions = EC2.PrivateDnsNameOptionsResponse {
            $0.hostnameType = "ip-name"
            $0.enableResourceNameDnsARecord = false
            $0.enableResourceNameDnsAAAARecord = false
        }
        if let facts = InstanceTypeFacts.byName[instance.instanceType] {
            cpuOptions = EC2.CpuOptions {
                $0.coreCount = facts.virtualCPUs / facts.threadsPerCore
                $0.threadsPerCore = facts.threadsPerCore
            }
        }
    }
}

extension EC2.InstanceNetworkInterface {
    init(_ interface: StoredNetworkInterface, _ surroundings: Surroundings) {
        self.init()
        networkInterfaceId = interface.id
        description = interface.summary
        macAddress = interface.macAddress
        ownerId = interface.head.accountID
        vpcId = interface.vpcID
        subnetId = interface.subnetID
        status = "in-use"
        interfaceType = interface.type
        sourceDestCheck = interface.checksSource
        groups = surroundings.groups(interface.groupIDs)
        privateIpAddress = interface.addresses.first?.privateAddress
        privateDnsName = interface.addresses.first.map {
            HostNames.ofPrivate($0.privateAddress, in: interface.head.region)
        }
        ipv6Addresses = interface.addresses6.map { address in EC2.InstanceIpv6Address { $0.ipv6Address = address } }
        privateIpAddresses = interface.addresses.enumerated().map { index, address in
            EC2.InstancePrivateIpAddress {
                $0.primary = index == 0
                $0.privateIpAddress = address.privateAddress
                $0.privateDnsName = HostNames.ofPrivate(address.privateAddress, in: interface.head.region)
                $0.association = EC2.InstanceNetworkInterfaceAssociation(address, interface, surroundings)
            }
        }
        association = interface.addresses.first.flatMap {
            EC2.InstanceNetworkInterfaceAssociation($0, interface, surroundings)
        }
        guard let attached = interface.attachment else { return }
        attachment = EC2.InstanceNetworkInterfaceAttachment {
            $0.attachmentId = attached.id
            $0.attachTime = Timestamp(secondsSinceEpoch: attached.attached)
            $0.deleteOnTermination = attached.isDeletedOnTermination
            $0.deviceIndex = attached.deviceIndex
            $0.networkCardIndex = 0
            $0.status = "attached"
        }
    }
}

extension EC2.InstanceNetworkInterfaceAssociation {
    /// nil: no public address leads to this one.
    init?(
        _ address: StoredNetworkInterface.Address, _ interface: StoredNetworkInterface, _ surroundings: Surroundings
    ) {
        guard let outer = address.publicAddress else { return nil }
        self.init()
        publicIp = outer
        publicDnsName = surroundings.publicName(outer, of: interface) ?? ""
        ipOwnerId = address.allocationID == nil ? "amazon" : interface.head.accountID
    }
}
