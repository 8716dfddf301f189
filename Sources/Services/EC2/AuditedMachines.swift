import Directory
import Ledger
import Platform
import Wire

// What audits look at of EC2's instances, volumes and images, by the names of AWS Config's items.

extension ConfiguredResourceType {
    static let auditedMachines: [ConfiguredResourceType] = [
        auditedInstance, auditedVolume, auditedSnapshot, auditedImage, auditedSettings,
    ]

    private static let auditedInstance = audited(
        StoredInstance.kind, of: StoredInstance.self
    ) { (instance, _, state) throws(ServiceError) in
        guard !instance.state.isEnding else { return nil }
        let interfaces = try state.referrers(
            StoredNetworkInterface.self, "instance", to: instance.id, in: instance.scope)
        return audited(
            instance,
            .members([
                "instanceId": .string(instance.id), "state": .string(instance.state.rawValue),
                "launchTime": .double(instance.launchTime), "availabilityZone": .string(instance.availabilityZone),
                "imageId": .string(instance.imageID), "instanceType": .string(instance.instanceType),
                "monitoring": .boolean(instance.monitoring),
                "publicIps": .array(
                    interfaces.flatMap(\.addresses).compactMap(\.publicAddress).map { .string($0) }),
                "iamInstanceProfile": .perhaps(instance.instanceProfile?.arn),
                "userData": .boolean(instance.userData != nil),
                "stateTransitionReason": .string(instance.stateTransitionReason),
                "metadataOptions": .members([
                    "httpTokens": .string(instance.metadataOptions.requiresTokens ? "required" : "optional"),
                    "httpEndpoint": .string(instance.metadataOptions.isEnabled ? "enabled" : "disabled"),
                    "httpPutResponseHopLimit": .integer(instance.metadataOptions.hopLimit),
                ]),
            ]))
    }

    private static let auditedVolume = audited(
        StoredVolume.kind, of: StoredVolume.self
    ) { (volume, _, _) throws(ServiceError) in
        audited(
            volume,
            .members([
                "volumeId": .string(volume.id), "encrypted": .boolean(volume.encryption != nil),
                "kmsKeyId": .perhaps(volume.encryption?.keyARN), "state": .string(volume.state),
                "size": .integer(volume.size), "volumeType": .string(volume.type),
                "attachments": .array(volume.attachments.map { .string($0.instanceID) }),
            ]))
    }

    private static let auditedSnapshot = audited(
        StoredSnapshot.kind, of: StoredSnapshot.self
    ) { (snapshot, _, state) throws(ServiceError) in
        // An account that blocks sharing has none that is public, whatever is set.
        let settings = try state.get(EC2Settings.self, EC2Settings.only, in: snapshot.scope)
        return audited(
            snapshot,
            .members([
                "snapshotId": .string(snapshot.id), "created": .double(snapshot.head.created),
                "volumeId": .string(snapshot.volumeID),
                "encrypted": .boolean(snapshot.encryption != nil), "isPublic": .boolean(snapshot.isPublic),
                "sharing": .string(settings?.snapshotSharing ?? "unblocked"),
                "users": .array(snapshot.users.sorted().map { .string($0) }),
            ]))
    }

    private static let auditedImage = audited(
        StoredImage.kind, of: StoredImage.self
    ) { (image, _, _) throws(ServiceError) in
        audited(
            image, named: image.name,
            .members([
                "imageId": .string(image.id), "isPublic": .boolean(image.isPublic),
                "users": .array(image.users.sorted().map { .string($0) }), "imdsSupport": .perhaps(image.imdsSupport),
            ]))
    }

    /// There is one of a Region in which something of EC2 is, or has been set.
    private static let auditedSettings = audited(AuditedType.ec2Settings) { (resource, state) throws(ServiceError) in
        let scope = Scope(account: resource.account, region: resource.region)
        let kept = try state.get(EC2Settings.self, EC2Settings.only, in: scope)
        let isUsed = try state.get(FurnishedRegion.self, FurnishedRegion.only, in: scope) != nil
        guard kept != nil || isUsed else { return nil }
        let settings = kept ?? EC2Settings()
        return ConfigurationItem(
            AuditedType.ec2Settings, id: resource.region, arn: nil, account: resource.account,
            region: resource.region,
            configuration: .members([
                "encryptsVolumes": .boolean(settings.encryptsVolumes), "volumeKey": .perhaps(settings.volumeKey),
                "blocksPublicImages": .boolean(settings.blocksPublicImages),
                "snapshotSharing": .string(settings.snapshotSharing),
                "hasSerialConsole": .boolean(settings.hasSerialConsole),
                "tokens": .perhaps(settings.metadataDefaults.tokens),
            ]))
    }
}
