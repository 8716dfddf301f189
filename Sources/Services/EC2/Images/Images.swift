import EC2API
import Ledger
import Platform
import Policy
import Wire

// Images. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AMIs.html>

extension StoredImage: Shown {
    static func missing(_ id: String) -> ServiceError {
        isID(id)
            ? .ec2("InvalidAMIID.NotFound", "The image id '[\(id)]' does not exist")
            : malformed(id, "InvalidAMIID.Malformed")
    }

    static let filters = Filters<StoredImage>(
        [
            "image-id": { image, _ in [image.id] }, "name": { image, _ in [image.name] },
            "description": { image, _ in image.summary.map { [$0] } ?? [] },
            "architecture": { image, _ in [image.architecture] }, "state": { _, _ in ["available"] },
            "is-public": { image, _ in [String(image.isPublic)] }, "image-type": { _, _ in ["machine"] },
            "owner-alias": { image, _ in image.ownerAlias.map { [$0] } ?? [] },
            "manifest-location": { image, _ in [image.location] },
            "root-device-name": { image, _ in [image.rootDeviceName] },
            "root-device-type": { image, _ in [image.rootDeviceType] },
            "virtualization-type": { _, _ in ["hvm"] }, "hypervisor": { _, _ in ["xen"] },
            "ena-support": { image, _ in [String(image.enaSupport)] },
            "platform": { _, _ in [] }, "platform-details": { _, _ in ["Linux/UNIX"] },
            "boot-mode": { image, _ in image.bootMode.map { [$0] } ?? [] },
            "imds-support": { image, _ in image.imdsSupport.map { [$0] } ?? [] },
            "tpm-support": { image, _ in image.tpmSupport.map { [$0] } ?? [] },
            "creation-date": { image, _ in [Timestamp(secondsSinceEpoch: image.head.created).iso8601WithMilliseconds] },
            "source-instance-id": { image, _ in image.sourceInstanceID.map { [$0] } ?? [] },
            "source-image-id": { image, _ in image.sourceImageID.map { [$0] } ?? [] },
            "source-image-region": { image, _ in image.sourceImageRegion.map { [$0] } ?? [] },
            "block-device-mapping.device-name": { image, _ in image.blockDevices.map(\.device) },
            "block-device-mapping.snapshot-id": { image, _ in image.blockDevices.compactMap(\.snapshotID) },
            "block-device-mapping.volume-size": { image, _ in image.blockDevices.map { String($0.size) } },
            "block-device-mapping.volume-type": { image, _ in image.blockDevices.map(\.type) },
            "block-device-mapping.encrypted": { image, _ in image.blockDevices.map { String($0.isEncrypted) } },
            "block-device-mapping.delete-on-termination": { image, _ in
                image.blockDevices.map { String($0.isDeletedOnTermination) }
            },
            "sriov-net-support": { image, _ in image.sriovNetSupport.map { [$0] } ?? [] },
            "image-allowed": { _, _ in ["true"] },
        ],
        absent: [
            "free-tier-eligible", "kernel-id", "product-code", "product-code.type", "ramdisk-id",
            "state-reason-code", "state-reason-message", "usage-operation",
        ])

    /// The devices as answers have them.
    var shownDevices: [EC2.BlockDeviceMapping] {
        blockDevices.map { device in
            EC2.BlockDeviceMapping {
                $0.deviceName = device.device
                $0.ebs = EC2.EbsBlockDevice {
                    $0.snapshotId = device.snapshotID
                    $0.volumeSize = device.size
                    $0.volumeType = device.type
                    $0.iops = device.iops
                    $0.throughput = device.throughput
                    $0.encrypted = device.isEncrypted
                    $0.kmsKeyId = device.key
                    $0.deleteOnTermination = device.isDeletedOnTermination
                }
            }
        }
    }
}

extension Quota {
    static let images = Quota("AMIs", 50_000)
}

extension EC2.Image {
    /// - Parameter isOwn: whether it is shown to its owner, who alone sees the tags.
    init(_ image: StoredImage, isOwn: Bool) {
        self.init()
        imageId = image.id
        name = image.name
        description = image.summary
        imageLocation = image.location
        imageOwnerAlias = image.ownerAlias
        ownerId = image.head.accountID
        state = "available"
        creationDate = Timestamp(secondsSinceEpoch: image.head.created).iso8601WithMilliseconds
        self.public = image.isPublic
        architecture = image.architecture
        imageType = "machine"
        rootDeviceName = image.rootDeviceName.isEmpty ? nil : image.rootDeviceName
        rootDeviceType = image.rootDeviceType
        blockDeviceMappings = image.shownDevices
        enaSupport = image.enaSupport
        sriovNetSupport = image.sriovNetSupport
        bootMode = image.bootMode
        tpmSupport = image.tpmSupport
        imdsSupport = image.imdsSupport
        hypervisor = "xen"
        virtualizationType = "hvm"
        platformDetails = "Linux/UNIX"
        usageOperation = "RunInstances"
        deregistrationProtection = "disabled"
        sourceInstanceId = image.sourceInstanceID
        sourceImageId = image.sourceImageID
        sourceImageRegion = image.sourceImageRegion
        if isOwn { tags = image.head.tags.shown }
    }
}

extension EC2.DescribeImages: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        var found: [StoredImage] = []
        if let ids = input.imageIds, !ids.isEmpty {
            guard input.pageLimit == nil else {
                throw .invalidCombination("The parameter imageIdsSet cannot be used with the parameter maxResults")
            }
            for id in ids {
                guard let image = call.usableImage(id) else { throw StoredImage.missing(id) }
                if !found.contains(where: { $0.id == id }) { found.append(image) }
            }
        } else {
            let all = call.environment.projection(EC2Index.self).estates.filter { $0.key.region == call.region }.values
                .flatMap { $0.all(StoredImage.self) }
            found = (all.filter { $0.isFor(call.accountID) } + call.operatorImages).sorted { $0.id < $1.id }
        }
        if let owners = input.owners, !owners.isEmpty {
            found = found.filter { image in
                owners.contains { owner in
                    owner == image.head.accountID || owner == image.ownerAlias
                        || owner == "self" && image.head.accountID == call.accountID
                }
            }
        }
        if let users = input.executableUsers, !users.isEmpty {
            found = found.filter { image in
                users.contains { user in
                    switch user {
                    case "all": image.isPublic
                    case "self": image.users.contains(call.accountID)
                    default: image.users.contains(user)
                    }
                }
            }
        }
        let passed = try StoredImage.filters.apply(input.filters, to: found, call.estate)
        let page = try Listing.page(passed, by: \.id, input.pageToken, input.pageLimit, least: 1)
        return Output(page.items.map { EC2.Image($0, isOwn: $0.head.accountID == call.accountID) }, next: page.marker)
    }
}

extension RecordReading {
    /// An image of the caller's own, to be changed.
    /// - Throws: AuthFailure for others'.
    func ownImage(_ id: String, _ call: Call) throws(ServiceError) -> StoredImage {
        if let image = try get(StoredImage.self, id) { return image }
        guard call.usableImage(id) != nil else { throw StoredImage.missing(id) }
        throw .ec2("AuthFailure", "Not authorized for image:\(id)")
    }

    /// - Throws: InvalidAMIName.Malformed, InvalidAMIName.Duplicate; that there are too many.
    func checkNewImage(_ name: String, _ call: Call) throws(ServiceError) {
        let isName = name.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII && scalar.value > 0x20
                && (scalar.properties.isAlphabetic || "0123456789()[].-/_@' ".unicodeScalars.contains(scalar))
                || scalar == " "
        }
        guard (3...128).contains(name.unicodeScalars.count), isName else {
            throw .ec2(
                "InvalidAMIName.Malformed",
                "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'"
            )
        }
        if let other = try referrers(StoredImage.self, StoredImage.named, to: name, limit: 1).first {
            throw .ec2("InvalidAMIName.Duplicate", "AMI name \(name) is already in use by AMI \(other.id)")
        }
        guard try count(StoredImage.self) < call.quotas[.images] else {
            throw .ec2("AMIQuotaExceeded", "The maximum number of AMIs has been reached.")
        }
    }
}

extension EC2.DeregisterImage: WriteOperation, OnOne {
    typealias Named = StoredImage
    static func name(_ input: Input) -> String { input.imageId }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.deleteAssociatedSnapshots != true else {
            throw .ec2(
                "UnsupportedOperation",
                "Gatehouse does not delete an image's snapshots with it: delete them with DeleteSnapshot.")
        }
        try records.delete(try records.ownImage(input.imageId, call))
        return Output { $0.return = true }
    }
}
