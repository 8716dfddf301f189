import EC2API
import FoundationEssentials
import Ledger
import Platform
import Policy
import Wire

// What is shown and changed of an instance, one thing at a time.
// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html>

/// The script or the data that an instance gets when it starts.
enum UserData {
    private static let most = 16_384

    /// Base64, as it is kept.
    /// - Throws: InvalidUserData.Malformed, InvalidParameterValue.
    static func checked(_ text: String) throws(ServiceError) -> String? {
        guard let data = Data(base64Encoded: text.filter { !$0.isWhitespace }) else {
            throw .ec2("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.")
        }
        return try checked(data)
    }

    static func checked(_ data: Data) throws(ServiceError) -> String? {
        guard data.count <= most else { throw .invalidValue("User data is limited to \(most) bytes") }
        return data.isEmpty ? nil : data.base64EncodedString()
    }
}

extension EC2.DescribeInstanceAttribute: ComputeOperation, OnInstance {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        guard let instance = estate.get(StoredInstance.self, input.instanceId) else {
            throw StoredInstance.missing(input.instanceId)
        }
        func value(_ text: String?) -> EC2.AttributeValue { EC2.AttributeValue { $0.value = text } }
        let surroundings = Surroundings(estate)
        let primary = estate.get(StoredNetworkInterface.self, instance.primaryInterfaceID)
        var output = Output { $0.instanceId = instance.id }
        switch input.attribute {
        case "instanceType": output.instanceType = value(instance.instanceType)
        case "kernel": output.kernelId = value(nil)
        case "ramdisk": output.ramdiskId = value(nil)
        case "userData": output.userData = value(instance.userData)
        case "disableApiTermination": output.disableApiTermination = instance.disableAPITermination.attribute
        case "disableApiStop": output.disableApiStop = instance.disableAPIStop.attribute
        case "instanceInitiatedShutdownBehavior":
            output.instanceInitiatedShutdownBehavior = value(instance.shutdownBehavior)
        case "rootDeviceName": output.rootDeviceName = value(instance.rootDeviceName)
        case "blockDeviceMapping":
            output.blockDeviceMappings = EC2.Instance(instance, surroundings).blockDeviceMappings
        case "productCodes": output.productCodes = []
        case "sourceDestCheck": output.sourceDestCheck = (primary?.checksSource ?? true).attribute
        case "groupSet": output.groups = surroundings.groups(primary?.groupIDs ?? [])
        case "ebsOptimized": output.ebsOptimized = instance.ebsOptimized.attribute
        case "sriovNetSupport": output.sriovNetSupport = value(nil)
        case "enaSupport": output.enaSupport = true.attribute
        case "enclaveOptions": output.enclaveOptions = EC2.EnclaveOptions { $0.enabled = false }
        default: throw .invalidValue(input.attribute, of: "attribute")
        }
        return output
    }
}

extension EC2.ModifyInstanceAttribute: WriteOperation {
    /// What is changed, by the names of condition keys; a nil value is not changed.
    private static func changes(_ input: Input) -> [(name: String, value: String?)] {
        func named(_ attribute: String, _ value: String?) -> String? {
            value ?? (input.attribute == attribute ? input.value : nil)
        }
        func flag(_ attribute: String, _ value: Bool?) -> String? { named(attribute, value.map(String.init)) }
        return [
            ("DisableApiTermination", flag("disableApiTermination", input.disableApiTermination?.value)),
            ("DisableApiStop", flag("disableApiStop", input.disableApiStop?.value)),
            ("EbsOptimized", flag("ebsOptimized", input.ebsOptimized?.value)),
            ("EnaSupport", flag("enaSupport", input.enaSupport?.value)),
            ("SourceDestCheck", flag("sourceDestCheck", input.sourceDestCheck?.value)),
            ("InstanceType", named("instanceType", input.instanceType?.value)),
            (
                "InstanceInitiatedShutdownBehavior",
                named("instanceInitiatedShutdownBehavior", input.instanceInitiatedShutdownBehavior?.value)
            ),
            ("UserData", userData(input) == nil ? nil : ""),
            ("GroupSet", input.groups.map { $0.joined(separator: ",") }),
            ("BlockDeviceMapping", (input.blockDeviceMappings ?? []).isEmpty ? nil : ""),
            ("Kernel", named("kernel", input.kernel?.value)), ("Ramdisk", named("ramdisk", input.ramdisk?.value)),
            ("SriovNetSupport", named("sriovNetSupport", input.sriovNetSupport?.value)),
        ]
    }

    private static func userData(_ input: Input) -> String? {
        if let blob = input.userData?.value { return Data(blob.bytes).base64EncodedString() }
        return input.attribute == "userData" ? input.value : nil
    }

    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let keys = StoredInstance.attributeKeys(changes(input))
        let groups = (input.groups ?? []).map { call.access(to: StoredSecurityGroup.self, $0) }
        let devices = Set((input.blockDeviceMappings ?? []).compactMap(\.deviceName))
        let volumes = call.estate.attachments(of: input.instanceId).filter { devices.contains($0.attachment.device) }
        return .required(
            [call.access(to: StoredInstance.self, input.instanceId, nil, keys)] + groups
                + volumes.map { call.access(to: StoredVolume.self, $0.volume.id) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var instance = try records.livingInstance(input.instanceId)
        let asked = changes(input).compactMap { change in change.value.map { (name: change.name, value: $0) } }
        guard let change = asked.first else { throw .invalidCombination("No attributes specified.") }
        guard asked.count == 1 else {
            throw .invalidCombination(
                "Fields for multiple attribute types specified: \(asked.map(\.name).joined(separator: ", "))")
        }
        switch change.name {
        case "DisableApiTermination": instance.disableAPITermination = try flag(change)
        case "DisableApiStop": instance.disableAPIStop = try flag(change)
        case "EbsOptimized":
            try checkStopped(instance)
            instance.ebsOptimized = try flag(change)
        case "InstanceType":
            try checkStopped(instance)
            guard let facts = InstanceTypeFacts.byName[change.value] else {
                throw .invalidValue("Invalid value '\(change.value)' for InstanceType.")
            }
            guard facts.architecture == instance.architecture else {
                throw .invalidValue(
                    "The architecture '\(facts.architecture)' of the specified instance type does not match the architecture '\(instance.architecture)' of the instance."
                )
            }
            instance.instanceType = change.value
        case "InstanceInitiatedShutdownBehavior":
            guard ["stop", "terminate"].contains(change.value) else {
                throw .invalidValue(change.value, of: "instanceInitiatedShutdownBehavior")
            }
            instance.shutdownBehavior = change.value
        case "UserData":
            try checkStopped(instance)
            instance.userData = try UserData.checked(userData(input) ?? "")
        case "SourceDestCheck":
            try changePrimary(of: instance, records) { (interface) throws(ServiceError) in
                interface.checksSource = try flag(change)
            }
        case "GroupSet":
            let groups = input.groups ?? []
            guard !groups.isEmpty else { throw .missingParameter("GroupId") }
            try changePrimary(of: instance, records) { (interface) throws(ServiceError) in
                interface.groupIDs = try NewInterface.checked(groups, in: interface.vpcID, call, records)
            }
        case "BlockDeviceMapping": try changeDevices(input, of: instance, records)
        default:
            throw .ec2("UnsupportedOperation", "Gatehouse's instances have no \(change.name) that could be changed.")
        }
        try records.put(instance)
        return Output()
    }

    private static func flag(_ change: (name: String, value: String)) throws(ServiceError) -> Bool {
        switch change.value.lowercased() {
        case "true": return true
        case "false": return false
        default: throw .invalidValue(change.value, of: "value")
        }
    }

    private static func checkStopped(_ instance: StoredInstance) throws(ServiceError) {
        guard instance.state == .stopped else {
            throw .ec2("IncorrectInstanceState", "The instance '\(instance.id)' is not in the 'stopped' state.")
        }
    }

    private static func changePrimary(
        of instance: StoredInstance, _ records: MutableRecords,
        _ change: (inout StoredNetworkInterface) throws(ServiceError) -> Void
    ) throws(ServiceError) {
        let all: [StoredNetworkInterface] = try records.referrers(
            StoredNetworkInterface.self, "instance", to: instance.id)
        guard all.count == 1, var only = all.first else {
            throw .ec2(
                "InvalidInstanceID",
                "There are multiple interfaces attached to instance '\(instance.id)'. Please specify an interface ID for the operation instead."
            )
        }
        try change(&only)
        try records.put(only)
    }

    private static func changeDevices(
        _ input: Input, of instance: StoredInstance, _ records: MutableRecords
    ) throws(ServiceError) {
        let volumes = try records.referrers(StoredVolume.self, StoredVolume.attached, to: instance.id)
        for mapping in input.blockDeviceMappings ?? [] {
            let device = mapping.deviceName ?? ""
            func isMeant(_ attachment: StoredVolume.Attachment) -> Bool {
                attachment.instanceID == instance.id && attachment.device == device
            }
            guard var volume = volumes.first(where: { $0.attachments.contains(where: isMeant) }),
                let index = volume.attachments.firstIndex(where: isMeant)
            else {
                throw .ec2(
                    "InvalidInstanceAttributeValue",
                    "No device is currently mapped at \(device)")
            }
            if let deletes = mapping.ebs?.deleteOnTermination {
                volume.attachments[index].isDeletedOnTermination = deletes
            }
            try records.put(volume)
        }
    }
}

extension EC2.ResetInstanceAttribute: WriteOperation, OnInstance {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let instance = try records.livingInstance(input.instanceId)
        switch input.attribute {
        case "sourceDestCheck":
            guard
                var primary = try records.get(StoredNetworkInterface.self, instance.primaryInterfaceID)
            else { throw StoredNetworkInterface.missing(instance.primaryInterfaceID) }
            primary.checksSource = true
            try records.put(primary)
        // There are none but the usual ones.
        case "kernel", "ramdisk": break
        default: throw .invalidValue(input.attribute, of: "attribute")
        }
        return Output()
    }
}
