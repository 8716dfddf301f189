import Platform
import Wire

extension PostureCheck {
    static let ofMachines: [PostureCheck] = [
        defaultEncryption, volumeEncryption, publicSnapshots, publicImages, metadataTokens, instanceRole,
        volumeSnapshots, idleAddresses, idleVolumes, stoppedInstances,
    ]

    private static let ebsPage = "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html"

    private static let defaultEncryption = PostureCheck(
        "ec2-default-encryption", "New volumes are encrypted", .medium, cis: ["2.2.1"], nist: ["SC-28", "SC-28(1)"],
        iso: ["A.8.24"],
        pci: ["3.5.1"], page: ebsPage, reason: "What nobody has to think of is not forgotten.",
        .each(AuditedType.ec2Settings) { (item, _) throws(ServiceError) in
            item.configuration["encryptsVolumes"]?.isTrue == true
                ? .pass("New volumes are encrypted.", [.init("encryption by default", "on")])
                : .fail(
                    "New volumes are encrypted only on demand.", [.init("encryption by default", "off")],
                    mend: [aws("ec2", "enable-ebs-encryption-by-default", region: item.region)])
        })

    private static let volumeEncryption = PostureCheck(
        "ec2-volume-encryption", "Volumes are encrypted", .medium, nist: ["SC-28", "SC-28(1)"], iso: ["A.8.24"],
        pci: ["3.5.1"],
        page: ebsPage, reason: "A snapshot of it that is shared can be read by whoever gets it.",
        .each("AWS::EC2::Volume") { (item, _) throws(ServiceError) in
            guard item.configuration["encrypted"]?.isTrue != true else {
                return .pass("The volume is encrypted.", [.init("key", item.configuration["kmsKeyId"]?.text ?? "")])
            }
            return .fail(
                "The volume is not encrypted.", [.init("encrypted", "no")],
                mend: [
                    aws("ec2", "create-snapshot", "--volume-id", item.resourceID, region: item.region),
                    "# then: "
                        + aws(
                            "ec2", "copy-snapshot", "--source-region", item.region, "--source-snapshot-id", "SNAPSHOT",
                            "--encrypted", region: item.region),
                ])
        })

    private static let publicSnapshots = PostureCheck(
        "ec2-snapshot-public", "No snapshot is public", .critical, nist: ["AC-3", "AC-21"], iso: ["A.5.15", "A.8.12"],
        pci: ["1.4.4", "7.3.1"], trustedAdvisor: "ePs02jT06w",
        page: "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html",
        reason: "Anybody can make a volume of it, and read it.",
        .each("AWS::EC2::Snapshot") { (item, _) throws(ServiceError) in
            guard item.configuration["isPublic"]?.isTrue == true else { return .pass("The snapshot is not public.") }
            let sharing = item.configuration["sharing"]?.text ?? ""
            guard sharing != "block-all-sharing" else {
                return .pass(
                    "The snapshot is marked as public, and the account blocks that.",
                    [.init("block public access", sharing)])
            }
            return .fail(
                "Everybody can make volumes of the snapshot.", [.init("createVolumePermission", "all")],
                mend: [
                    aws(
                        "ec2", "modify-snapshot-attribute", "--snapshot-id", item.resourceID, "--attribute",
                        "createVolumePermission", "--operation-type", "remove", "--group-names", "all",
                        region: item.region)
                ])
        })

    private static let publicImages = PostureCheck(
        "ec2-image-public", "No image is public", .high, nist: ["AC-3", "AC-21"], iso: ["A.5.15", "A.8.12"],
        pci: ["7.3.1"],
        page: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-intro.html",
        reason: "Anybody can start it, and look for what was left in it.",
        .each("AWS::EC2::Image") { (item, _) throws(ServiceError) in
            guard item.configuration["isPublic"]?.isTrue == true else { return .pass("The image is not public.") }
            return .fail(
                "Everybody can launch the image.", [.init("launchPermission", "all")],
                mend: [
                    aws(
                        "ec2", "modify-image-attribute", "--image-id", item.resourceID, "--launch-permission",
                        "Remove=[{Group=all}]", region: item.region)
                ])
        })

    private static let metadataTokens = PostureCheck(
        "ec2-imdsv2", "Instances give their metadata for a token alone", .high, cis: ["5.6"], nist: ["AC-3", "AC-6"],
        iso: ["A.8.9"], pci: ["2.2.6"],
        page: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html",
        reason: "Without a token, whoever gets a server to fetch an address gets the credentials of its role.",
        .each("AWS::EC2::Instance") { (item, _) throws(ServiceError) in
            let options = item.configuration["metadataOptions"]
            let facts = ["httpEndpoint", "httpTokens"].map {
                PostureVerdict.Fact($0, options?[$0]?.text ?? "")
            }
            if options?["httpEndpoint"]?.text == "disabled" { return .pass("There is no metadata service.", facts) }
            return options?["httpTokens"]?.text == "required"
                ? .pass("A token is needed.", facts)
                : .fail(
                    "No token is needed.", facts,
                    mend: [
                        aws(
                            "ec2", "modify-instance-metadata-options", "--instance-id", item.resourceID,
                            "--http-tokens", "required", region: item.region)
                    ])
        })

    private static let instanceRole = PostureCheck(
        "ec2-instance-role", "Instances have a role", .low, cis: ["1.18"], nist: ["IA-5", "AC-6"], iso: ["A.5.17"],
        pci: ["8.6.2"],
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2.html",
        reason: "Where there is none, keys are put into files.",
        .each("AWS::EC2::Instance") { (item, _) throws(ServiceError) in
            if let profile = item.configuration["iamInstanceProfile"]?.text {
                return .pass("It has a role.", [.init("instance profile", profile)])
            }
            return .fail(
                "It has no role.", [.init("instance profile", "none")],
                mend: [
                    aws(
                        "ec2", "associate-iam-instance-profile", "--instance-id", item.resourceID,
                        "--iam-instance-profile", "Name=PROFILE", region: item.region)
                ])
        })

    // MARK: Fault tolerance and cost

    private static let volumeSnapshots = PostureCheck(
        "ec2-volume-snapshots", "Volumes in use have a snapshot of the last 30 days", .low, nist: ["CP-9"],
        iso: ["A.8.13"],
        trustedAdvisor: "H7IgTzjTYb", page: "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshots.html",
        reason: "A volume is in one zone, and can fail.",
        .region { (view) throws(ServiceError) in
            let volumes = try view.items("AWS::EC2::Volume").filter { $0.configuration["state"]?.text == "in-use" }
            guard !volumes.isEmpty else { return [] }
            var latest: [String: Double] = [:]
            for snapshot in try view.items("AWS::EC2::Snapshot") {
                guard let volume = snapshot.configuration["volumeId"]?.text else { continue }
                latest[volume] = max(latest[volume] ?? 0, snapshot.configuration["created"]?.decimal ?? 0)
            }
            return volumes.map { volume in
                let mend = [aws("ec2", "create-snapshot", "--volume-id", volume.resourceID, region: volume.region)]
                guard let time = latest[volume.resourceID] else {
                    return volume.subject(.fail("There is no snapshot.", [.init("snapshots", "none")], mend: mend))
                }
                let age = view.days(since: time)
                let facts = [PostureVerdict.Fact("age of the last snapshot", "\(age) days")]
                return volume.subject(
                    age <= 30
                        ? .pass("There is a snapshot.", facts)
                        : .fail("The last snapshot is \(age) days old.", facts, mend: mend))
            }
        })

    private static let idleAddresses = PostureCheck(
        "ec2-idle-addresses", "Elastic addresses lead to something", .low, trustedAdvisor: "Z4AUBRNSmz",
        page: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html",
        reason: "They cost, and nobody misses them.",
        .each("AWS::EC2::EIP") { (item, _) throws(ServiceError) in
            if let association = item.configuration["associationId"]?.text {
                return .pass("It leads to an interface.", [.init("association", association)])
            }
            return .fail(
                "It leads to nothing.", [.init("address", item.resourceName ?? "")],
                mend: [aws("ec2", "release-address", "--allocation-id", item.resourceID, region: item.region)])
        })

    private static let idleVolumes = PostureCheck(
        "ec2-idle-volumes", "Volumes are attached", .low, trustedAdvisor: "DAvU99Dc4C",
        page: "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volumes.html",
        reason: "They cost, and may hold what was forgotten.",
        .each("AWS::EC2::Volume") { (item, _) throws(ServiceError) in
            let facts = [
                PostureVerdict.Fact("size", "\(item.configuration["size"]?.number ?? 0) GiB"),
                .init("type", item.configuration["volumeType"]?.text ?? ""),
            ]
            return item.configuration["attachments"]?.elements.isEmpty == false
                ? .pass("It is attached.", facts)
                : .fail(
                    "It is attached to nothing.", facts,
                    mend: [aws("ec2", "delete-volume", "--volume-id", item.resourceID, region: item.region)])
        })

    private static let stoppedInstances = PostureCheck(
        "ec2-stopped-instances", "No instance has been stopped for 30 days", .low, nist: ["CM-8"], iso: ["A.5.9"],
        trustedAdvisor: "c18d2gz150",
        page: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Stop_Start.html",
        reason: "Its volumes cost, and nobody keeps it up to date.",
        .each("AWS::EC2::Instance") { (item, view) throws(ServiceError) in
            guard item.configuration["state"]?.text == "stopped" else { return .pass("It is not stopped.") }
            let age = view.days(since: item.configuration["launchTime"]?.decimal ?? view.now)
            let facts = [PostureVerdict.Fact("last started", days(age))]
            return age <= 30
                ? .pass("It was started in the last 30 days.", facts)
                : .fail(
                    "It is stopped, and was last started \(days(age)).", facts,
                    mend: [aws("ec2", "terminate-instances", "--instance-ids", item.resourceID, region: item.region)])
        })
}
