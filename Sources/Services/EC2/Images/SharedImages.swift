import EC2API
import Ledger
import Platform
import Policy
import Wire

// Who may launch an image, and what else can be changed of it.
// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharing-amis.html>

extension EC2.DescribeImageAttribute: ReadOperation, OnOne {
    typealias Named = StoredImage
    static func name(_ input: Input) -> String { input.imageId }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let image = try records.ownImage(input.imageId, call)
        func value(_ text: String?) -> EC2.AttributeValue { EC2.AttributeValue { $0.value = text } }
        var output = Output { $0.imageId = image.id }
        switch input.attribute {
        case "description": output.description = value(image.summary)
        case "launchPermission":
            let everybody = image.isPublic ? [EC2.LaunchPermission { $0.group = "all" }] : []
            output.launchPermissions =
                everybody + image.users.sorted().map { user in EC2.LaunchPermission { $0.userId = user } }
        case "blockDeviceMapping": output.blockDeviceMappings = image.shownDevices
        case "productCodes": output.productCodes = []
        case "kernel": output.kernelId = value(nil)
        case "ramdisk": output.ramdiskId = value(nil)
        case "sriovNetSupport": output.sriovNetSupport = value(image.sriovNetSupport)
        case "bootMode": output.bootMode = value(image.bootMode)
        case "tpmSupport": output.tpmSupport = value(image.tpmSupport)
        case "imdsSupport": output.imdsSupport = value(image.imdsSupport)
        case "deregistrationProtection": output.deregistrationProtection = value("disabled")
        case "lastLaunchedTime": output.lastLaunchedTime = value(nil)
        default: throw .invalidValue(input.attribute, of: "attribute")
        }
        return output
    }
}

extension EC2.ModifyImageAttribute: WriteOperation, OnOne {
    typealias Named = StoredImage
    static func name(_ input: Input) -> String { input.imageId }

    static func keys(_ input: Input) -> [String: ContextValue] {
        var names: [String] = []
        if input.description != nil { names.append("Description") }
        if input.imdsSupport != nil { names.append("ImdsSupport") }
        if input.launchPermission != nil || input.userIds != nil || input.userGroups != nil {
            names.append("LaunchPermission")
        }
        if names.isEmpty, let attribute = input.attribute { names = [attribute] }
        guard let first = names.first else { return [:] }
        return ["ec2:attribute": names.count == 1 ? .one(first) : .many(names)]
    }

    private static func sharing(_ input: Input) throws(ServiceError) -> SharingChange? {
        var change = SharingChange()
        var isAsked = false
        if let asked = input.launchPermission {
            isAsked = true
            for (permissions, isAdded) in [(asked.add ?? [], true), (asked.remove ?? [], false)] {
                for permission in permissions {
                    guard permission.organizationArn == nil, permission.organizationalUnitArn == nil else {
                        throw .notBuiltInEC2("sharing of images with organizations")
                    }
                    try change.note(
                        users: permission.userId.map { [$0] } ?? [], groups: permission.group.map { [$0] } ?? [],
                        isAdded: isAdded)
                }
            }
        }
        guard (input.organizationArns ?? []).isEmpty, (input.organizationalUnitArns ?? []).isEmpty else {
            throw .notBuiltInEC2("sharing of images with organizations")
        }
        if input.userIds != nil || input.userGroups != nil {
            isAsked = true
            guard let type = input.operationType else { throw .missingParameter("operationType") }
            try change.note(users: input.userIds ?? [], groups: input.userGroups ?? [], isAdded: type == "add")
        }
        return isAsked ? change : nil
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var image = try records.ownImage(input.imageId, call)
        let sharing = try sharing(input)
        var isChanged = sharing != nil
        if let sharing {
            try check(sharing, image, records)
            (image.users, image.isPublic) = sharing.applied(to: image.users, image.isPublic)
        }
        if let description = input.description?.value ?? (input.attribute == "description" ? input.value : nil) {
            image.summary = description
            isChanged = true
        }
        if let support = input.imdsSupport?.value ?? (input.attribute == "imdsSupport" ? input.value : nil) {
            guard support == "v2.0" else { throw .invalidValue(support, of: "imdsSupport") }
            image.imdsSupport = support
            isChanged = true
        }
        guard isChanged else { throw .invalidCombination("No attributes specified.") }
        try records.put(image)
        return Output()
    }

    private static func check(
        _ sharing: SharingChange, _ image: StoredImage, _ records: MutableRecords
    ) throws(ServiceError) {
        if sharing.isPublic == true {
            guard try !records.settings().blocksPublicImages else {
                throw .ec2(
                    "OperationNotPermitted",
                    "You can't publicly share this image because block public access for AMIs is enabled at the account level. "
                        + "To publicly share the image, disable block public access for AMIs.")
            }
            guard !image.blockDevices.contains(where: \.isEncrypted) else {
                throw .ec2("InvalidParameter", "Creating public image with encrypted snapshots is not supported.")
            }
        }
        guard !sharing.added.isEmpty else { return }
        for id in image.blockDevices.compactMap(\.snapshotID) {
            guard let snapshot = try records.get(StoredSnapshot.self, id), let encryption = snapshot.encryption else {
                continue
            }
            guard !encryption.isManaged else {
                throw .ec2(
                    "InvalidParameter",
                    "Snapshot \(id) is encrypted with the AWS Managed CMK. Image can't be shared.")
            }
        }
    }
}

extension EC2.ResetImageAttribute: WriteOperation, OnOne {
    typealias Named = StoredImage
    static func name(_ input: Input) -> String { input.imageId }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var image = try records.ownImage(input.imageId, call)
        (image.users, image.isPublic) = ([], false)
        try records.put(image)
        return Output()
    }
}
