import Directory
import IAMAPI
public import Platform
import Policy
import WebAuthn
public import Wire

// Passkeys and security keys. The API can't register them, the console does.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_fido.html>

/// A passkey that somebody wants to have as an MFA device, as the console asks IAM for it.
///
/// It is not an operation of the API, but goes through the gate like one: `iam:EnableMFADevice` has to be allowed, with the
/// condition key `iam:RegisterSecurityKey` as `Create` and as `Activate`, and the event history has `EnableMFADevice`.
///
/// ```swift
/// let options = factors.creationOptions(
///     besides: try await factors.devices(), challenge: challenge, site: site,
/// …
/// let registration = PasskeyRegistration(
///     name: visit.form.text("name"), response: Array(visit.form.text("credential").utf8), challenge: bytes,
///     origin: visit.request.origin)
/// ```
public struct PasskeyRegistration: Sendable {
    /// What the owner calls it: 1 to 128 letters, digits and `+=,.@_-`.
    public var name: String
    /// What the browser's script sent: the JSON of `PublicKeyCredential.toJSON()`.
    public var response: [UInt8]
    /// The bytes that were made for this registration alone.
    public var challenge: [UInt8]
    /// The origin of the page, as browsers write it.
    public var origin: String

    /// Puts a registration together; nothing is verified yet.
    public init(name: String, response: [UInt8], challenge: [UInt8], origin: String) {
        self.name = name
        self.response = response
        self.challenge = challenge
        self.origin = origin
    }

    /// Verifies the registration, and enables the passkey for a user.
    /// - Parameters:
    ///   - userName: the user; nil: the caller, who may be the root user.
    ///   - call: who asks, of the module `.iam`, with the operation ``operation``.
    /// - Returns: the device's ARN, which is its serial number.
    /// - Throws: AccessDenied; ValidationError for a name that is none; InvalidAuthenticationCode for what proves nothing;
    ///   EntityAlreadyExists for a credential that is registered already; LimitExceeded for a ninth device.
    public func enable(userName: String?, _ call: Call) async throws(ServiceError) -> String {
        let serialNumber = try serialNumber(userName, call)
        let input = EnablePasskey.Input {
            $0.structure["UserName"] = userName.map { .string($0) }
            $0.structure["SerialNumber"] = .string(serialNumber)
            $0.structure["DeviceName"] = .string(name)
            $0.structure["Credential"] = .blob(response)
            $0.structure["Challenge"] = .blob(challenge)
            $0.structure["Origin"] = .string(origin)
        }
        _ = try await call.environment.perform(EnablePasskey.self, input, call)
        return serialNumber
    }

    /// The name that policies, events and the call have of it.
    public static let operation = "EnableMFADevice"

    private func serialNumber(_ userName: String?, _ call: Call) throws(ServiceError) -> String {
        // 26 letters, as AWS has them.
        let id = Base32.encode(Identifiers.randomBytes(16)).prefix(26)
        let owner =
            switch try Owner(userName, call) {
            case .user(let name): "user/\(call.directory.user(named: name, in: call.accountID)?.name ?? name)"
            case .root: "root"
            }
        return "arn:aws:iam::\(call.accountID):u2f/\(owner)/\(name)-\(id)"
    }
}

/// What ``PasskeyRegistration`` asks for. Events have of it what AWS's have: whose device it is, and its serial number.
private enum EnablePasskey: OperationModel {
    enum InputFields: Fields { static let shape = service.structure("EnableMFADeviceRequest") }
    typealias OutputFields = EmptyFields
    static let shape = service.operation("EnableMFADevice")

    private static let service = ServiceShape(
        schema: #"""
            service id=iam signing=iam endpoint=iam version=2010-05-08 serviceID=IAM protocol=query
            structure EnableMFADeviceRequest
              UserName userNameType
              SerialNumber! serialNumberType
              DeviceName! deviceNameType
              Credential! credentialType
              Challenge! credentialType
              Origin! originType
            blob credentialType sensitive
            string deviceNameType min=1 max=128 pattern=[\w+=,.@-]+
            string originType
            string serialNumberType min=9 max=256 pattern=[\w+=/:,.@-]+
            string userNameType min=1 max=64 pattern=[\w+=,.@-]+
            operation EnableMFADevice input=EnableMFADeviceRequest
            """#)
}

extension EnablePasskey: PreparedWriteOperation {
    static var secretMembers: Set<String> { ["Challenge", "Credential", "DeviceName", "Origin"] }

    /// Twice, for two steps of one registration. No certification is known of any passkey: its keys are absent.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>
    static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let owner = try Owner(input.text("UserName"), call)
        var accesses: [Access] = []
        for state in ["Create", "Activate"] {
            let keys: [String: ContextValue] = ["iam:registersecuritykey": .one(state)]
            guard case .required(let needed) = owner.access(call, keys) else { throw .internalFailure }
            accesses += needed
        }
        return .required(accesses)
    }

    static func prepare(_ input: Input, _ call: Call) throws(ServiceError) -> Registration {
        guard case .blob(let response)? = input.structure["Credential"],
            case .blob(let challenge)? = input.structure["Challenge"], let origin = input.text("Origin"),
            let site = RelyingParty(origin: origin, name: "")
        else { throw .validation("A passkey can't be registered on this page.") }
        do throws(WebAuthnError) {
            return try Registration.verify(RegistrationResponse(json: response), challenge: challenge, site)
        } catch {
            throw IAM.Failure.invalidAuthenticationCode("The security key could not be registered: \(error).")
        }
    }

    static func handle(
        _ input: Input, _ registration: Registration, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard let serialNumber = input.text("SerialNumber"), let name = input.text("DeviceName") else {
            throw .internalFailure
        }
        let owner = try Owner(input.text("UserName"), call).resolve(records, call)
        try requireRoomForDevice(of: owner.id, call, records)
        // What the directory has not heard of yet can only be the owner's.
        let own = try records.referrers(MFADevice.self, Relation.owner, to: owner.id)
        guard !own.contains(where: { $0.passkey?.credentialID == registration.credentialID }),
            !call.directory.hasPasskey(credentialID: registration.credentialID),
            try records.get(MFADevice.self, serialNumber) == nil
        else { throw .mfaDeviceExists }
        let passkey = Passkey(
            name: name, credentialID: registration.credentialID, publicKey: registration.publicKey.cose,
            isBackupEligible: registration.flags.contains(.backupEligible), aaguid: registration.aaguid,
            transports: registration.transports, signCount: Int(registration.signCount))
        try records.put(
            MFADevice(
                serialNumber: serialNumber, accountID: call.accountID, passkey: passkey, ownerID: owner.id,
                createDate: call.time))
        return Output()
    }
}

extension View<EnablePasskey.InputFields> {
    fileprivate func text(_ member: String) -> String? {
        if case .string(let text)? = structure[member] { text } else { nil }
    }
}
