import CognitoIDPAPI
import Directory
import FoundationEssentials
import Ledger
import Platform
import Policy
import Wire

// The devices of a user: what the user asks for, and what administrators do.

extension ServiceModule {
    static let deviceOperations: [any Platform.Operation.Type] = [
        CognitoIDP.ConfirmDevice.self, CognitoIDP.GetDevice.self, CognitoIDP.ListDevices.self,
        CognitoIDP.UpdateDeviceStatus.self, CognitoIDP.ForgetDevice.self, CognitoIDP.AdminGetDevice.self,
        CognitoIDP.AdminListDevices.self, CognitoIDP.AdminUpdateDeviceStatus.self, CognitoIDP.AdminForgetDevice.self,
    ]
}

extension CognitoIDP.DeviceType {
    /// A device as answers have it.
    init(_ device: PoolDevice, of user: PoolUser, _ pool: UserPool) {
        self.init()
        deviceKey = device.deviceKey
        let arn = ARN.text(
            "cognito-idp", pool.region, pool.accountID, "owner/", "\(user.username)/device/\(device.deviceKey)")
        let attributes: [(String, String?)] = [
            ("device_status", "valid"), ("device_name", device.name), ("dev:device_arn", arn),
            ("dev:device_owner", user.username), ("last_ip_used", device.address),
            ("dev:device_remembered_status", device.isRemembered ? "remembered" : "not_remembered"),
            ("dev:device_sdk", device.agent),
        ]
        deviceAttributes = attributes.compactMap { name, value in
            value.map { value in
                CognitoIDP.AttributeType {
                    $0.name = name
                    $0.value = value
                }
            }
        }
        deviceCreateDate = Timestamp(secondsSinceEpoch: device.created)
        deviceLastModifiedDate = Timestamp(secondsSinceEpoch: device.modified)
        deviceLastAuthenticatedDate = Timestamp(secondsSinceEpoch: device.authenticated)
    }
}

/// The key has to be the one that the sign-in gave, so that the access token has it.
extension CognitoIDP.ConfirmDevice: OfSignedInUserWriting {
    public static let secretMembers: Set<String> = ["DeviceSecretVerifierConfig"]

    public static func handle(
        _ input: Input, _ signedIn: SignedInUser, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard let tracking = signedIn.pool.deviceConfiguration else {
            throw .cognito(
                .invalidUserPoolConfigurationException, "Device tracking is not enabled for the user pool.")
        }
        let user = try records.current(signedIn)
        guard signedIn.deviceKey == input.deviceKey else { throw .notAuthorized("Invalid device key given.") }
        guard try records.device(input.deviceKey, of: user) == nil else {
            throw .cognito(.deviceKeyExistsException, "Device key already exists.")
        }
        guard try !records.isForgotten(input.deviceKey, of: user) else {
            throw .notAuthorized("Invalid device key given.")
        }
        try records.makeRoomForDevice(of: user)
        let isAsked = tracking.deviceOnlyRememberedOnUserPrompt ?? false
        let device = PoolDevice(
            poolID: user.poolID, user: user.name, deviceKey: input.deviceKey, name: input.deviceName,
            verifier: try PasswordVerifier(deviceOf: input), isRemembered: !isAsked, created: call.time,
            modified: call.time, authenticated: call.time, address: call.source.address, agent: call.source.userAgent)
        try records.put(device)
        return Output { $0.userConfirmationNecessary = isAsked }
    }
}

extension PasswordVerifier {
    /// What an app has made for its device.
    /// - Throws: InvalidParameterException for what no SRP verifier of 3,072 bits can be.
    fileprivate init(deviceOf input: CognitoIDP.ConfirmDevice.Input) throws(ServiceError) {
        guard let config = input.deviceSecretVerifierConfig, let verifier = config.passwordVerifier,
            let salt = config.salt, let verifierBytes = Data(base64Encoded: verifier),
            let saltBytes = Data(base64Encoded: salt), (1...385).contains(verifierBytes.count),
            verifierBytes.contains(where: { $0 != 0 }), (1...64).contains(saltBytes.count)
        else { throw .invalidParameter("Invalid device secret verifier.") }
        self.init(SRPVerifier(salt: Array(saltBytes), verifier: Array(verifierBytes)))
    }
}

extension MayBeOfSignedInUser {
    fileprivate static func signedInUser(_ input: Input, _ call: Call) async throws(ServiceError) -> SignedInUser {
        guard let token = input.accessToken else { throw .notAuthorized("Invalid Access Token") }
        return try await call.signedInUser(token)
    }
}

extension CognitoIDP.GetDevice: ComputeOperation, MayBeOfSignedInUser {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let signedIn = try await signedInUser(input, call)
        let (user, key) = (signedIn.user, input.deviceKey)
        let device = try await call.environment.read(signedIn.pool.scope) { (records) throws(ServiceError) in
            try records.existingDevice(key, of: user)
        }
        return Output { $0.device = CognitoIDP.DeviceType(device, of: user, signedIn.pool.pool) }
    }
}

extension CognitoIDP.ListDevices: ComputeOperation, OfSignedInUser {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let signedIn = try await call.signedInUser(input.accessToken)
        let (user, paging) = (signedIn.user, try Paging(devices: input.paginationToken, input.limit))
        return try await call.environment.read(signedIn.pool.scope) { (records) throws(ServiceError) in
            let page = try records.devices(of: user, paging)
            return Output {
                $0.devices = page.items.map { CognitoIDP.DeviceType($0, of: user, signedIn.pool.pool) }
                $0.paginationToken = page.marker
            }
        }
    }
}

extension Paging {
    /// - Throws: InvalidParameterException.
    fileprivate init(devices token: String?, _ limit: Int?) throws(ServiceError) {
        do throws(ServiceError) {
            try self.init(marker: token, maxItems: limit.flatMap { $0 > 0 ? $0 : nil } ?? 60)
        } catch {
            throw .invalidParameter("Invalid pagination token.")
        }
    }
}

extension CognitoIDP.UpdateDeviceStatus: OfSignedInUserWriting {
    public static func handle(
        _ input: Input, _ signedIn: SignedInUser, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.remember(input.deviceRememberedStatus, input.deviceKey, of: try records.current(signedIn), call)
        return Output()
    }
}

extension MutableRecords {
    fileprivate func remember(_ status: String?, _ key: String, of user: PoolUser, _ call: Call) throws(ServiceError) {
        var device = try existingDevice(key, of: user)
        guard let status else { return }
        device.isRemembered = status == "remembered"
        device.modified = call.time
        try put(device)
    }

    fileprivate func forget(_ key: String, of user: PoolUser) throws(ServiceError) {
        let device = try existingDevice(key, of: user)
        try delete(PoolDevice.self, device.key, of: user.poolID)
        try put(ForgottenDevice(poolID: user.poolID, user: user.name, deviceKey: key))
    }
}

extension CognitoIDP.ForgetDevice: PreparedWriteOperation, MayBeOfSignedInUser {
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> SignedInUser {
        try await signedInUser(input, call)
    }

    public static func handle(
        _ input: Input, _ signedIn: SignedInUser, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.forget(input.deviceKey, of: try records.current(signedIn))
        return Output()
    }
}

// MARK: Of administrators

extension CognitoIDP.AdminGetDevice: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        let user = try records.existingUser(named: input.username, of: pool)
        let device = try records.existingDevice(input.deviceKey, of: user)
        return Output { $0.device = CognitoIDP.DeviceType(device, of: user, pool.pool) }
    }
}

extension CognitoIDP.AdminListDevices: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        let user = try records.existingUser(named: input.username, of: pool)
        let page = try records.devices(of: user, try Paging(devices: input.paginationToken, input.limit))
        return Output {
            $0.devices = page.items.map { CognitoIDP.DeviceType($0, of: user, pool.pool) }
            $0.paginationToken = page.marker
        }
    }
}

extension CognitoIDP.AdminUpdateDeviceStatus: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        let user = try records.existingUser(named: input.username, of: pool)
        try records.remember(input.deviceRememberedStatus, input.deviceKey, of: user, call)
        return Output()
    }
}

extension CognitoIDP.AdminForgetDevice: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try call.userPool(input.userPoolId)
        let user = try records.existingUser(named: input.username, of: pool)
        try records.forget(input.deviceKey, of: user)
        return Output()
    }
}
