import IAMAPI
import Platform
import Wire

/// MFA devices: a virtual one is assigned with its picture and two codes, brought back into step, removed.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html>
enum MFADevicePages {
    static let routes: [Route] = CredentialOwner.bases.flatMap { base in
        [
            Route.get("\(base)/assign-mfa") { (visit) throws(ServiceError) in try form(visit) },
            Route.post("\(base)/assign-mfa") { (visit) throws(ServiceError) in try await create(visit) },
            Route.post("\(base)/enable-mfa") { (visit) throws(ServiceError) in try await enable(visit) },
            Route.post("\(base)/mfa") { (visit) throws(ServiceError) in try await change(visit) },
        ]
    }

    struct Row: Sendable {
        let deviceSerial: String
        /// `Virtual`, `Passkey or security key`, `Hardware token`
        let deviceKind: String
        let enabled: Moment
        /// Codes bring it back into step.
        let hasCodes: Bool

        init(_ device: IAM.MFADevice, _ visit: Visit) {
            deviceSerial = device.serialNumber
            let isPasskey = device.serialNumber.contains(":u2f/")
            deviceKind =
                isPasskey
                ? "Passkey or security key" : isVirtual(device.serialNumber) ? "Virtual" : "Hardware token"
            enabled = visit.moment(device.enableDate)
            hasCodes = !isPasskey
        }
    }

    private static func isVirtual(_ serial: String) -> Bool { serial.contains(":mfa/") }

    // MARK: Assigning

    private static func form(_ visit: Visit, problem: Problem? = nil, status: Int = 200) throws(ServiceError) -> Reply {
        let owner = try CredentialOwner(visit)
        return visit.page(
            "assign-mfa", "Assign an MFA device to \(owner.name)",
            [
                "back": owner.path, "owner": owner.name, "problem": problem, "isNamed": false, "isSelf": owner.isSelf,
                "deviceName": visit.form["device"] ?? owner.userName ?? "root-account-mfa-device",
            ], status: status)
    }

    /// The picture and the seed are told once; the page keeps them while codes are tried.
    private static func create(_ visit: Visit) async throws(ServiceError) -> Reply {
        let device: IAM.VirtualMFADevice
        do throws(ServiceError) {
            let name = visit.form.typed("device")
            let input = IAM.CreateVirtualMFADevice.Input { $0.virtualMFADeviceName = name }
            device = try await visit.call(IAM.CreateVirtualMFADevice.self, input).virtualMFADevice
        } catch {
            return try form(visit, problem: visit.problem(error), status: error.status)
        }
        return try scan(
            device.serialNumber, seed: String(decoding: device.base32StringSeed?.bytes ?? [], as: UTF8.self),
            picture: String(decoding: Base64.encode(device.qrCodePNG?.bytes ?? []), as: UTF8.self), visit)
    }

    private static func scan(
        _ serial: String, seed: String, picture: String, problem: Problem? = nil, status: Int = 200, _ visit: Visit
    ) throws(ServiceError) -> Reply {
        let owner = try CredentialOwner(visit)
        return visit.page(
            "assign-mfa", "Set up the MFA device of \(owner.name)",
            [
                "back": owner.path, "owner": owner.name, "problem": problem, "isNamed": true, "serial": serial,
                "seed": seed, "picture": picture, "base": Console.root + owner.path,
            ], status: status)
    }

    private static func enable(_ visit: Visit) async throws(ServiceError) -> Reply {
        let owner = try CredentialOwner(visit)
        let serial = visit.form.text("serial")
        if visit.form.isOn("cancel") {
            return visit.redirect(owner.path, done: "No device was assigned." + (await delete(serial, visit)))
        }
        do throws(ServiceError) {
            let input = IAM.EnableMFADevice.Input {
                $0.userName = owner.deviceOwner
                $0.serialNumber = serial
                $0.authenticationCode1 = visit.form.typed("code-1")
                $0.authenticationCode2 = visit.form.typed("code-2")
            }
            _ = try await visit.call(IAM.EnableMFADevice.self, input)
        } catch {
            return try scan(
                serial, seed: visit.form.text("seed"), picture: visit.form.text("picture"),
                problem: visit.problem(error), status: error.status, visit)
        }
        return visit.redirect(
            owner.path, done: "The MFA device was assigned: from now on signing in asks for its code.")
    }

    // MARK: Changing

    private static func change(_ visit: Visit) async throws(ServiceError) -> Reply {
        let owner = try CredentialOwner(visit)
        let serial = visit.form.text("serial")
        switch visit.form["action"] {
        case "remove":
            let rest = try await remove(serial, of: owner.userName, visit)
            return visit.redirect(owner.path, done: "The MFA device was removed." + rest)
        case "resync":
            let input = IAM.ResyncMFADevice.Input {
                $0.userName = owner.deviceOwner
                $0.serialNumber = serial
                $0.authenticationCode1 = visit.form.typed("code-1")
                $0.authenticationCode2 = visit.form.typed("code-2")
            }
            _ = try await visit.call(IAM.ResyncMFADevice.self, input)
            return visit.redirect(owner.path, done: "The MFA device is in step again.")
        default: throw .validation("Say what is to be done with the MFA device.")
        }
    }

    /// Takes a device from its owner; a virtual one is deleted, as AWS's console does it.
    /// - Parameter userName: nil: the person's own.
    /// - Returns: what is left; empty: nothing.
    @discardableResult
    static func remove(_ serial: String, of userName: String?, _ visit: Visit) async throws(ServiceError) -> String {
        let input = IAM.DeactivateMFADevice.Input {
            $0.userName = userName
            $0.serialNumber = serial
        }
        _ = try await visit.call(IAM.DeactivateMFADevice.self, input)
        return isVirtual(serial) ? await delete(serial, visit) : ""
    }

    /// Deletes a virtual device that nobody has. Users who look after their own devices need not be allowed to: then it
    /// stays, and is good for nothing.
    /// - Returns: what is left; empty: nothing.
    private static func delete(_ serial: String, _ visit: Visit) async -> String {
        let deleted = await visit.attempt { () throws(ServiceError) in
            try await visit.call(IAM.DeleteVirtualMFADevice.self, .init { $0.serialNumber = serial })
        }
        return deleted.problem.map { " The virtual device \(serial) is left, and belongs to nobody: \($0.text)" } ?? ""
    }
}
