import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

extension EC2.RunInstances: PreparedWriteOperation {
    /// An instance that is to be, with its volumes: KMS binds data keys to their ids.
    public struct Planned: Sendable {
        let id: String
        var volumes: [(wanted: WantedVolume, id: String, encryption: EBSEncryption?, grant: VolumeGrant?)] = []
    }

    /// The request, and what has been prepared for it.
    public struct Plan: Sendable {
        let request: LaunchRequest
        /// Empty: the request has been made before.
        let instances: [Planned]
    }

    public static var secretMembers: Set<String> { ["UserData"] }

    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        // Which subnet is meant if the request says nothing, the default VPC tells.
        try await call.furnish()
        let request = try await LaunchRequest(input, call)
        var all = try request.accesses(call)
        if !all.isEmpty { all[0].learnt = request }
        return .required(all)
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Plan {
        let known = call.learnt(LaunchRequest.self)
        let request: LaunchRequest
        if let known { request = known } else { request = try await LaunchRequest(input, call) }
        try request.check(call)
        if let token = input.clientToken,
            call.estate.all(StoredInstance.self).contains(where: { $0.clientToken == token })
        {
            return Plan(request: request, instances: [])
        }
        let count = try Capacity.count(
            least: input.minCount, most: input.maxCount, type: request.type, request.subnet(call.estate), call)
        var instances: [Planned] = []
        do throws(ServiceError) {
            for _ in 0..<count {
                instances.append(Planned(id: Call.newID(StoredInstance.prefix)))
                for wanted in try request.volumes.get() {
                    let id = Call.newID(StoredVolume.prefix)
                    let encryption = try await wanted.encryption(of: id, call)
                    let grant = try await grant(encryption, instances[instances.count - 1].id, call)
                    instances[instances.count - 1].volumes.append((wanted, id, encryption, grant))
                }
            }
        } catch {
            await undo(Plan(request: request, instances: instances), call)
            throw error
        }
        return Plan(request: request, instances: instances)
    }

    public static func undo(_ plan: Plan, _ call: Call) async {
        for volume in plan.instances.flatMap(\.volumes) { await volume.grant?.takeBack(call) }
    }

    /// - Returns: nil: there is nothing to decrypt, or KMS refuses; then the instance can't start, as on AWS.
    private static func grant(
        _ encryption: EBSEncryption?, _ instance: String, _ call: Call
    ) async throws(ServiceError) -> VolumeGrant? {
        guard let encryption, encryption.dataKey != nil else { return nil }
        do throws(ServiceError) {
            let name = InstanceName(account: call.accountID, region: call.region, id: instance)
            return VolumeGrant(instance: name, encryption: encryption, id: try await EBSKeys.grant(encryption, call))
        } catch {
            guard error.status < 500 else { throw error }
            return nil
        }
    }

    public static func handle(
        _ input: Input, _ plan: Plan, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let hash = RequestHash.of(input.structure)
        if let token = input.clientToken {
            let known = try records.referrers(StoredInstance.self, StoredInstance.launch, to: token)
            if let first = known.first {
                guard first.launchHash == hash else { throw .tokenOfAnother }
                let own = known.filter { $0.reservationID == first.reservationID }
                // Another request with the token was quicker than this one's preparation.
                records.afterwards { Task { await undo(plan, call) } }
                return EC2.Reservation(own.sorted { $0.launchIndex < $1.launchIndex }, Surroundings(call.estate))
            }
        }
        guard let image = plan.request.image, !plan.instances.isEmpty else { throw .internalFailure }
        let asked = plan.request.input
        try Capacity.check(
            call, records, for: plan.request.type, count: plan.instances.count, source: image.source)
        var publicKey: String?
        if let key = asked.keyName.given {
            guard let pair = try records.keyPair(named: key) else { throw StoredKeyPair.missing(key) }
            publicKey = pair.publicKey
        }
        let reservation = Call.newID("r")
        var instances: [StoredInstance] = []
        var volumes: [StoredVolume] = []
        var interfaces: [StoredNetworkInterface] = []
        for (index, planned) in plan.instances.enumerated() {
            let made = try launch(
                planned, asked, plan.request, image, publicKey, reservation, index,
                input.clientToken.map { _ in hash }, call, records)
            instances.append(made.instance)
            volumes += made.volumes
            interfaces += made.interfaces
        }
        return EC2.Reservation(
            instances, Surroundings(call.estate, volumes: volumes, interfaces: interfaces))
    }

    private static func launch(
        _ planned: Planned, _ input: Input, _ request: LaunchRequest, _ image: StoredImage, _ publicKey: String?,
        _ reservation: String, _ index: Int, _ hash: String?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> (
        instance: StoredInstance, volumes: [StoredVolume], interfaces: [StoredNetworkInterface]
    ) {
        func tags(_ type: String) throws(ServiceError) -> [Tag] {
            try TagSpecifications.tags(of: type, input.tagSpecifications, others: LaunchTags.types)
        }
        let wanted = try request.interfaces.get()
        let interfaces = try records.attach(
            wanted, to: planned.id, tags: try tags(StoredNetworkInterface.arnType), call)
        guard let primary = interfaces.first, let address = primary.addresses.first?.privateAddress else {
            throw .notBuiltInEC2("instances without an address of IPv4")
        }
        let ofVolumes = try tags(StoredVolume.arnType)
        var volumes: [StoredVolume] = []
        for (wanted, id, encryption, grant) in planned.volumes {
            var volume = StoredVolume(
                wanted, id: id, zone: primary.zone, encryption: encryption, tags: ofVolumes, call)
            volume.state = "in-use"
            volume.attachments = [
                StoredVolume.Attachment(
                    instanceID: planned.id, device: wanted.device, time: call.time,
                    isDeletedOnTermination: wanted.isDeletedOnTermination, grantID: grant?.id)
            ]
            try records.put(volume)
            volumes.append(volume)
        }
        let head = EC2Head(
            id: planned.id, accountID: call.accountID, region: call.region, created: call.time,
            tags: try tags(StoredInstance.arnType) + (try request.template.get()?.tags ?? []))
        var instance = StoredInstance(
            head: head, reservationID: reservation, launchIndex: index, clientToken: input.clientToken,
            launchHash: hash, imageID: image.id, architecture: image.architecture,
            rootDeviceName: image.rootDeviceName, rootDeviceType: image.rootDeviceType, instanceType: request.type,
            keyName: input.keyName.given, availabilityZone: primary.zone, vpcID: primary.vpcID,
            subnetID: primary.subnetID,
            primaryInterfaceID: primary.id, privateIPAddress: address,
            privateDNSName: HostNames.ofPrivate(address, in: call.region), launchTime: call.time, state: .pending,
            source: image.source, metadataOptions: try request.metadataOptions.get())
        instance.starts = 1
        instance.publicKey = publicKey
        instance.stateReason = StoredInstance.StateReason(code: "pending", message: "pending")
        if let text = input.userData.given { instance.userData = try UserData.checked(text) }
        instance.disableAPITermination = input.disableApiTermination == true
        instance.disableAPIStop = input.disableApiStop == true
        instance.shutdownBehavior = input.instanceInitiatedShutdownBehavior.given ?? "stop"
        instance.ebsOptimized = input.ebsOptimized == true
        instance.monitoring = input.monitoring?.enabled == true
        instance.cpuCredits = (input.creditSpecification?.cpuCredits).given
        instance.tenancy = (input.placement?.tenancy).given ?? "default"
        if let asked = input.iamInstanceProfile, let profile = request.profile {
            instance.instanceProfile = try profile.association(asked, call)
        }
        let subnet = try records.existing(StoredSubnet.self, primary.subnetID)
        instance.getsPublicAddress =
            wanted.first?.existing == nil && (wanted.first?.isPublic ?? subnet.mapsPublicAddresses)
        try records.move(&instance, to: .pending, at: call.time)
        guard instance.getsPublicAddress else { return (instance, volumes, interfaces) }
        try records.givePublicAddress(to: instance, call)
        var shown = interfaces
        if let now = try records.get(StoredNetworkInterface.self, primary.id) { shown[0] = now }
        return (instance, volumes, shown)
    }
}
