import Directory
import IAMAPI
import Platform
import Policy
import QRCodes
import Wire

// MFA devices: virtual ones, and of passkeys what the API has of them. How one is registered stands in Passkeys.swift.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html>

extension ServiceError {
    static let mfaDeviceExists = ServiceError.entityAlreadyExists("MFA device already exists.")

    fileprivate static func mfaDeviceNotFound(_ serialNumber: String) -> ServiceError {
        .noSuchEntity("MFA Device with serial number \(serialNumber) does not exist.")
    }
}

extension RecordReading {
    fileprivate func mfaDevice(_ serialNumber: String) throws(ServiceError) -> Directory.MFADevice {
        guard let device = try get(MFADevice.self, serialNumber) else {
            throw .mfaDeviceNotFound(serialNumber)
        }
        return device
    }

    /// The device of a serial number, which must be enabled for that owner.
    fileprivate func mfaDevice(
        _ serialNumber: String, of ownerID: String
    ) throws(ServiceError) -> Directory.MFADevice {
        guard let device = try get(MFADevice.self, serialNumber), device.ownerID == ownerID else {
            throw .mfaDeviceNotFound(serialNumber)
        }
        return device
    }
}

/// On a virtual device: passkeys have no tags, and are not deleted but deactivated.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagMFADevice.html>
protocol OnMFADevice: RecordOperation where InputFields: IAM.WithSerialNumber, Target == MFADevice {}

extension OnMFADevice {
    static func access(_ input: Input, _ keys: [String: ContextValue], _ call: Call) -> Authorization {
        call.access(on: input.serialNumber, keys)
    }

    static func target(_ input: Input, _ call: Call, _ records: some RecordReading) throws(ServiceError) -> MFADevice {
        let device = try records.mfaDevice(input.serialNumber)
        guard device.passkey == nil else { throw .mfaDeviceNotFound(input.serialNumber) }
        return device
    }
}

extension Directory.MFADevice {
    /// Accepts two consecutive codes as proof that the caller has the device, and learns its clock from them.
    /// - Throws: InvalidAuthenticationCode, also for a passkey: it shows no codes.
    fileprivate mutating func synchronise(
        _ first: String, _ second: String, _ call: Call
    ) throws(ServiceError) {
        let steps = seed.map { OneTimePassword(seed: $0) }?
            .consecutiveSteps(first, second, around: call.clientTime, window: 1000, after: lastStep)
        guard let step = steps else {
            throw IAM.Failure.invalidAuthenticationCode("Authentication code for device is not valid.")
        }
        lastStep = step
        clockOffset = step - OneTimePassword.step(at: call.clientTime)
    }
}

/// What a new virtual device shares with its authenticator. It does not print itself.
public struct MFASeed: Sendable, CustomStringConvertible, CustomReflectable {
    fileprivate let seed: [UInt8]
    /// The picture that a phone scans.
    fileprivate let picture: [UInt8]

    public var description: String { "MFASeed" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension IAM.CreateVirtualMFADevice: PreparedWriteOperation {
    public static var secretMembers: Set<String> { ["Base32StringSeed", "QRCodePNG"] }

    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let arn = ARN.iam(call.accountID, "mfa", path: input.path ?? "/", name: input.virtualMFADeviceName)
        return call.access(creating: arn, input.tags, taggedBy: "TagMFADevice")
    }

    /// The picture takes long to draw.
    public static func prepare(_ input: Input, _ call: Call) throws(ServiceError) -> MFASeed {
        let seed = Identifiers.randomBytes(40)
        let account = call.directory.account(call.accountID)?.alias ?? call.accountID
        let label = "\(input.virtualMFADeviceName)@\(account)"
        let address =
            "otpauth://totp/Amazon%20Web%20Services:\(label)?secret=\(Base32.encode(seed))"
            + "&issuer=Amazon%20Web%20Services"
        guard let picture = QRCode.png(of: address) else { throw .internalFailure }
        return MFASeed(seed: seed, picture: picture)
    }

    public static func handle(
        _ input: Input, _ new: MFASeed, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let name = input.virtualMFADeviceName
        let serialNumber = ARN.iam(call.accountID, "mfa", path: input.path ?? "/", name: name)
        guard try records.get(MFADevice.self, serialNumber) == nil else { throw .mfaDeviceExists }
        // AWS documents no quota of unassigned devices; one for each user that there may be is plenty.
        guard try records.count(MFADevice.self) < call.quotas[.users] else {
            throw .quotaExceeded("VirtualMFADevicesPerAccount", call.quotas[.users])
        }
        let device = MFADevice(
            serialNumber: serialNumber, accountID: call.accountID, seed: new.seed,
            createDate: call.time, tags: try TagRules.ofResources.new(input.tags))
        try records.put(device)

        var view = IAM.VirtualMFADevice()
        view.serialNumber = serialNumber
        view.base32StringSeed = Blob(Array(Base32.encode(new.seed).utf8))
        view.qrCodePNG = Blob(new.picture)
        if !device.tags.isEmpty { view.tags = device.tags.map(IAM.Tag.init) }
        return Output(virtualMFADevice: view)
    }
}

extension IAM.EnableMFADevice: WriteOperation, OnUser {
    public static var secretMembers: Set<String> { ["AuthenticationCode1", "AuthenticationCode2"] }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let owner = try records.mfaOwner(input.userName, call)
        var device = try records.mfaDevice(input.serialNumber)
        guard device.ownerID == nil else { throw .mfaDeviceExists }
        try requireRoomForDevice(of: owner, call, records)
        try device.synchronise(input.authenticationCode1, input.authenticationCode2, call)
        device.ownerID = owner
        device.enableDate = call.time
        try records.put(device)
        return Output()
    }
}

extension IAM.ResyncMFADevice: WriteOperation, OnUser {
    public static var secretMembers: Set<String> { ["AuthenticationCode1", "AuthenticationCode2"] }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let owner = try records.mfaOwner(input.userName, call)
        var device = try records.mfaDevice(input.serialNumber, of: owner)
        try device.synchronise(input.authenticationCode1, input.authenticationCode2, call)
        try records.put(device)
        return Output()
    }
}

extension IAM.DeactivateMFADevice: WriteOperation, OnOwner {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let owner = try Owner(input.userName, call).resolve(records, call)
        var device = try records.mfaDevice(input.serialNumber, of: owner.id)
        try requireSecondFactor(toChangeDevicesOf: owner.id, call)
        guard device.passkey == nil else {
            // A key that is nobody's is of no use: it can't be enabled again.
            try records.delete(device)
            return Output()
        }
        device.ownerID = nil
        device.enableDate = nil
        try records.put(device)
        return Output()
    }
}

extension IAM.DeleteVirtualMFADevice: DeleteOperation, OnMFADevice {
    static func check(_ device: MFADevice, _ records: MutableRecords) throws(ServiceError) {
        guard device.ownerID == nil else {
            throw IAM.Failure.deleteConflict("MFA VirtualDevice in use. Must deactivate first.")
        }
    }
}

/// Makes sure that one more device may be enabled for an owner, of whichever kind.
/// - Throws: LimitExceeded, and AccessDenied where the owner has to use the second factor that he has.
func requireRoomForDevice(of owner: String, _ call: Call, _ records: MutableRecords) throws(ServiceError) {
    let quota = call.quotas[.mfaDevicesPerUser]
    let devices = try records.referrers(MFADevice.self, Relation.owner, to: owner).count
    guard devices < quota else { throw .quotaExceeded("MFADevicesPerUser", quota) }
    if devices > 0 { try requireSecondFactor(toChangeDevicesOf: owner, call) }
}

/// A user who has a device must have used it to add another or to remove one: a stolen access key alone must not be
/// enough to get rid of the second factor. Others who may manage the user's devices need no MFA.
/// - Throws: AccessDenied.
private func requireSecondFactor(toChangeDevicesOf owner: String, _ call: Call) throws(ServiceError) {
    guard case .user(let user) = call.caller.identity, user.uniqueID == owner else { return }
    guard call.caller.session?.mfaTime != nil else {
        throw .accessDenied(
            "User: \(user.arn) is not authorized to perform: iam:\(call.operation) on its own MFA devices, because it "
                + "has one and did not authenticate with it")
    }
}

extension IAM.GetMFADevice: ReadOperation, OnOwner {
    /// AWS answers it for FIDO security keys only. They have certifications if their attestation is held against the FIDO
    /// Alliance's metadata; here none is asked for.
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard ARN(parsing: input.serialNumber)?.resource.hasPrefix("u2f/") == true else {
            throw .validation("The serial number \(input.serialNumber) is not that of a FIDO security key.")
        }
        let owner = try Owner(input.userName, call).resolve(records, call)
        let device = try records.mfaDevice(input.serialNumber, of: owner.id)
        return Output(
            userName: owner.userName,
            serialNumber: device.serialNumber,
            enableDate: device.enableDate.map { Timestamp(secondsSinceEpoch: $0) },
            certifications: nil)
    }
}

extension IAM.ListMFADevices: ReadOperation, OnOwner {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let owner = try Owner(input.userName, call).resolve(records, call)
        let page = try records.page(
            MFADevice.self, Relation.owner, to: owner.id, Paging(input))
        return Output(page) { device in
            var view = IAM.MFADevice()
            view.userName = owner.userName ?? ""
            view.serialNumber = device.serialNumber
            view.enableDate = Timestamp(secondsSinceEpoch: device.enableDate ?? device.createDate)
            return view
        }
    }
}

extension IAM.ListVirtualMFADevices: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onAll: "mfa", pathPrefix: nil)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.page(
            MFADevice.self, Paging(input)
        ) { device in
            switch input.assignmentStatus {
            case _ where device.passkey != nil: false
            case "Assigned": device.ownerID != nil
            case "Unassigned": device.ownerID == nil
            default: true
            }
        }
        .map { (device) throws(ServiceError) in
            var view = IAM.VirtualMFADevice()
            view.serialNumber = device.serialNumber
            view.enableDate = device.enableDate.map { Timestamp(secondsSinceEpoch: $0) }
            if let owner = device.ownerID { view.user = try records.mfaUser(owner, call) }
            return view
        }
        return Output(page)
    }
}

extension IAM.TagMFADevice: TagOperation, OnMFADevice {}
extension IAM.UntagMFADevice: UntagOperation, OnMFADevice {}
extension IAM.ListMFADeviceTags: ListTagsOperation, OnMFADevice {}

extension RecordReading {
    /// The owner's id for a request that names a user; root names its account.
    fileprivate func mfaOwner(_ userName: String, _ call: Call) throws(ServiceError) -> String {
        if case .root = call.caller.identity, userName == call.accountID || userName == "root" {
            return call.accountID
        }
        return try user(userName).uniqueID
    }

    fileprivate func mfaUser(_ ownerID: String, _ call: Call) throws(ServiceError) -> IAM.User {
        if ownerID != call.accountID {
            // Within a transaction the directory may be one change behind; then the user still existed before that
            // change.
            return call.directory.user(uniqueID: ownerID).map { IAM.User($0) } ?? IAM.User()
        }
        var root = IAM.User()
        root.userId = call.accountID
        root.arn = "arn:aws:iam::\(call.accountID):root"
        root.createDate = Timestamp(secondsSinceEpoch: call.directory.account(call.accountID)?.createDate ?? call.time)
        return root
    }
}
