import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

/// What a request to launch instances comes down to. What is wrong with it is found out here, and said only to whoever is allowed to
/// launch.
struct LaunchRequest: Sendable {
    /// What was asked for: the request, and what its launch template says besides.
    let input: EC2.RunInstances.Input
    /// The launch template; nil: the request names none.
    let template: Result<UsedTemplate?, ServiceError>
    let image: StoredImage?
    let profile: NamedProfile?
    let type: String
    let interfaces: Result<[WantedInterface], ServiceError>
    let volumes: Result<[WantedVolume], ServiceError>
    let metadataOptions: Result<StoredInstance.MetadataOptions, ServiceError>

    init(_ own: EC2.RunInstances.Input, _ call: Call) async throws(ServiceError) {
        let used = Result { () throws(ServiceError) in try UsedTemplate(own, call) }
        let input = (try? used.get())?.input ?? own
        self.input = input
        template = used
        let found = input.imageId.given.flatMap { call.usableImage($0) }
        image = found
        profile = try await NamedProfile(input.iamInstanceProfile, call)
        type = input.instanceType.given ?? "m1.small"
        interfaces = Result { () throws(ServiceError) in try WantedInterface.all(input, call) }
        volumes = Result { () throws(ServiceError) in try Self.volumes(input, found, call) }
        metadataOptions = Result { () throws(ServiceError) in
            try StoredInstance.MetadataOptions(input.metadataOptions, call.settings.metadataDefaults, found)
        }
    }

    /// The first interface's subnet; nil: there is none.
    func subnet(_ estate: EC2Estate) -> StoredSubnet? {
        guard let first = (try? interfaces.get())?.first else { return nil }
        let id = first.subnetID ?? first.existing.flatMap { estate.get(StoredNetworkInterface.self, $0)?.subnetID }
        return id.flatMap { estate.get(StoredSubnet.self, $0) }
    }

    // MARK: Volumes

    /// The image's volumes, as the request changes them, and those that it adds.
    /// - Throws: what is wrong with its block devices.
    private static func volumes(
        _ input: EC2.RunInstances.Input, _ image: StoredImage?, _ call: Call
    ) throws(ServiceError) -> [WantedVolume] {
        let index = call.environment.projection(EC2Index.self)
        var devices = image?.blockDevices ?? []
        var asked: [String: EC2.EbsBlockDevice] = [:]
        for mapping in input.blockDeviceMappings ?? [] {
            guard let name = mapping.deviceName else { throw .missingParameter("deviceName") }
            if mapping.noDevice != nil {
                guard name != image?.rootDeviceName else {
                    throw .ec2("InvalidBlockDeviceMapping", "The root device \(name) can't be left out.")
                }
                devices.removeAll { $0.device == name }
                continue
            }
            // Disks of the host: there are none.
            guard let ebs = mapping.ebs else { continue }
            guard asked.updateValue(ebs, forKey: name) == nil else {
                throw .ec2(
                    "InvalidBlockDeviceMapping", "The device '\(name)' is used in more than one block-device mapping")
            }
            guard !devices.contains(where: { $0.device == name }) else { continue }
            devices.append(
                StoredImage.BlockDevice(
                    device: name, snapshotID: nil, size: 0, type: ebs.volumeType ?? "gp2", isEncrypted: false,
                    isDeletedOnTermination: false))
        }
        let settings = call.settings
        var volumes: [WantedVolume] = []
        for device in devices {
            let ebs = asked[device.device]
            var snapshot = device.snapshotID.flatMap { index.find(StoredSnapshot.self, $0) }
            if let id = (ebs?.snapshotId).given, id != device.snapshotID {
                // What the image shares is shared with it; what the request names has to be.
                guard let named = call.usableSnapshot(id) else { throw StoredSnapshot.missing(id) }
                snapshot = named
            }
            let type = (ebs?.volumeType).given ?? device.type
            let isSame = type == device.type
            volumes.append(
                try WantedVolume(
                    device: device.device, size: ebs?.volumeSize ?? (device.size > 0 ? device.size : nil), type: type,
                    iops: ebs?.iops ?? (isSame ? device.iops : nil),
                    throughput: ebs?.throughput ?? (isSame ? device.throughput : nil),
                    isEncrypted: ebs?.encrypted ?? (device.isEncrypted ? true : nil),
                    key: (ebs?.kmsKeyId).given ?? device.key,
                    snapshotID: (ebs?.snapshotId).given ?? device.snapshotID,
                    snapshot: snapshot,
                    isDeletedOnTermination: ebs?.deleteOnTermination ?? device.isDeletedOnTermination,
                    settings: settings, call))
        }
        return volumes
    }

    // MARK: What its caller needs

    /// Permission for every resource that the launch makes or uses.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances>
    func accesses(_ call: Call) throws(ServiceError) -> [Access] {
        let used = (try? template.get()) ?? nil
        var all = try own(call).map { access in
            var access = access
            guard access.action == "ec2:RunInstances" else { return access }
            let type = ARN(parsing: access.resource)?.resource.split(separator: "/").first.map(String.init) ?? ""
            access.context["ec2:islaunchtemplateresource"] = .one(String(used?.isSource(of: type) ?? false))
            if let used { access.context["ec2:launchtemplate"] = .one(used.template.arn) }
            return access
        }
        if let named = input.launchTemplate {
            var access = call.access(
                to: StoredLaunchTemplate.self,
                NamedTemplate.id(named.launchTemplateId.given, named.launchTemplateName.given, call.estate))
            access.context["ec2:islaunchtemplateresource"] = .one(String(used != nil))
            if let used { access.context["ec2:launchtemplate"] = .one(used.template.arn) }
            all.append(access)
        }
        return all
    }

    /// Those of the instances and what they consist of.
    private func own(_ call: Call) throws(ServiceError) -> [Access] {
        let estate = call.estate
        var all = [call.access(to: StoredImage.self, input.imageId.given ?? "*")]
        all += try call.creation(
            of: StoredInstance.arnType, input.tagSpecifications, instanceKeys(input, estate), others: LaunchTags.types)
        let interfaces = (try? interfaces.get()) ?? []
        for one in interfaces { all += try one.accesses(input, estate, call) }
        if interfaces.isEmpty {
            all += try call.creation(
                of: StoredNetworkInterface.arnType, input.tagSpecifications, others: LaunchTags.types)
            all += [
                call.access(to: StoredSubnet.self, input.subnetId.given ?? "*"),
                call.access(to: StoredSecurityGroup.self, input.securityGroupIds?.first ?? "*"),
            ]
        }
        let zone = subnet(estate)?.zone
        let volumes = (try? volumes.get()) ?? []
        for volume in volumes {
            var keys = volume.conditions(call).mapValues { ContextValue.one($0) }
            if let zone { keys["ec2:availabilityzone"] = .one(zone) }
            all += try call.creation(
                of: StoredVolume.arnType, input.tagSpecifications, keys, others: LaunchTags.types)
        }
        if volumes.isEmpty {
            all += try call.creation(of: StoredVolume.arnType, input.tagSpecifications, others: LaunchTags.types)
        }
        for snapshot in Set((input.blockDeviceMappings ?? []).compactMap { ($0.ebs?.snapshotId).given }).sorted() {
            all.append(call.access(to: StoredSnapshot.self, snapshot))
        }
        if let key = input.keyName.given { all.append(call.access(to: StoredKeyPair.self, key)) }
        return all + (profile?.passing ?? [])
    }

    private func instanceKeys(_ input: EC2.RunInstances.Input, _ estate: EC2Estate) -> [String: ContextValue] {
        var keys: [String: ContextValue] = [
            "ec2:instancetype": .one(type), "ec2:tenancy": .one((input.placement?.tenancy).given ?? "default"),
            "ec2:ebsoptimized": .one(String(input.ebsOptimized == true)),
            "ec2:instancemarkettype": .one(input.instanceMarketOptions?.marketType ?? "on-demand"),
            "ec2:rootdevicetype": .one(image?.rootDeviceType ?? "ebs"),
            "ec2:instanceautorecovery": .one((input.maintenanceOptions?.autoRecovery).given ?? "default"),
        ]
        if let profile { keys["ec2:instanceprofile"] = .one(profile.arn) }
        if let zone = subnet(estate)?.zone ?? (input.placement?.availabilityZone).given {
            keys["ec2:availabilityzone"] = .one(zone)
            keys["ec2:availabilityzoneid"] = .one(Zones.id(ofZone: zone))
        }
        if let options = try? metadataOptions.get() {
            for (name, value) in options.conditions { keys["ec2:\(name)"] = value }
        }
        return keys
    }

    // MARK: What is wrong with it

    /// - Throws: what EC2 says of a request that can't be done.
    func check(_ call: Call) throws(ServiceError) {
        _ = try template.get()
        try Self.checkBuilt(input)
        guard let id = input.imageId.given else { throw .missingParameter("ImageId") }
        guard let image else { throw StoredImage.missing(id) }
        guard input.minCount >= 1 else {
            throw .invalidValue(String(input.minCount), of: "minCount", "It has to be at least 1.")
        }
        guard input.maxCount >= input.minCount else {
            throw .invalidValue(
                String(input.minCount), of: "minCount", "It must not be greater than maxCount (\(input.maxCount)).")
        }
        guard let facts = InstanceTypeFacts.byName[type] else {
            throw .ec2(
                "Unsupported",
                "The requested configuration is currently not supported. Please check the documentation for supported configurations."
            )
        }
        guard facts.architecture == image.architecture || facts.architecture == "x86_64" && image.architecture == "i386"
        else {
            throw .invalidValue(
                "The architecture '\(facts.architecture)' of the specified instance type does not match the architecture "
                    + "'\(image.architecture)' of the specified AMI. Specify an instance type and an AMI that have matching "
                    + "architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to discover the "
                    + "architecture of the instance type or AMI.")
        }
        let interfaces = try interfaces.get()
        guard interfaces.count <= facts.interfaces else {
            throw .ec2(
                "AttachmentLimitExceeded",
                "Interface count \(interfaces.count) exceeds the limit for \(type)")
        }
        if input.maxCount > 1,
            interfaces.contains(where: { $0.existing != nil || !$0.wish.addresses.isEmpty })
        {
            throw .invalidCombination(
                "Network interfaces and private addresses that exist once cannot be specified for several instances")
        }
        let estate = call.estate
        if let zone = (input.placement?.availabilityZone).given {
            guard Zones.all(of: call.region).contains(zone) else {
                throw .invalidValue("Invalid availability zone: [\(zone)]")
            }
            if let subnet = subnet(estate), subnet.zone != zone {
                throw .invalidValue(
                    "The availability zone '\(zone)' is not that of the subnet '\(subnet.id)', which is in '\(subnet.zone)'."
                )
            }
        }
        if let key = input.keyName.given, estate.keyPair(named: key) == nil { throw StoredKeyPair.missing(key) }
        if let asked = input.iamInstanceProfile, let profile { _ = try profile.association(asked, call) }
        if let text = input.userData.given { _ = try UserData.checked(text) }
        _ = try volumes.get()
        _ = try metadataOptions.get()
        if let token = input.clientToken, token.utf8.count > 64 {
            throw .invalidValue(token, of: "clientToken", "It has to have no more than 64 ASCII characters.")
        }
    }

    /// What is not built is refused by its name.
    private static func checkBuilt(_ input: EC2.RunInstances.Input) throws(ServiceError) {
        let missing: [(Bool, String)] = [
            (input.instanceMarketOptions != nil, "spot instances"),
            (input.hibernationOptions?.configured == true, "hibernation"),
            (input.enclaveOptions?.enabled == true, "enclaves"),
            (input.capacityReservationSpecification?.capacityReservationTarget != nil, "capacity reservations"),
            (!(input.licenseSpecifications ?? []).isEmpty, "licenses"),
            (!(input.elasticGpuSpecification ?? []).isEmpty, "elastic GPUs"),
            (!(input.elasticInferenceAccelerators ?? []).isEmpty, "elastic inference"),
            (!(input.secondaryInterfaces ?? []).isEmpty, "secondary interfaces"),
            (
                input.placement?.groupName?.isEmpty == false || (input.placement?.groupId).given != nil,
                "placement groups"
            ),
            ((input.placement?.hostId).given != nil || input.placement?.tenancy == "host", "dedicated hosts"),
        ]
        if let (_, what) = missing.first(where: { $0.0 }) { throw .notBuiltInEC2(what) }
    }
}
