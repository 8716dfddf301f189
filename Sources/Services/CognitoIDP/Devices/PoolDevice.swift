import CognitoIDPAPI
import Crypto
import Ledger
import Platform
import Wire

/// A device that a user has signed in on, and that the pool knows again.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html>
struct PoolDevice: TableRow, Equatable, CustomStringConvertible {
    static let kind = "AWS::Cognito::UserPoolUser::Device"
    /// How many a user may have; AWS tells of no quota. Whoever confirms more loses the one that was longest out of use.
    static let most = 100

    let poolID: String
    /// ``PoolUser/name``
    let user: String
    /// `us-east-1_a1b2c3d4-5678-90ab-cdef-EXAMPLE11111`
    let deviceKey: String
    var name: String?
    /// What the device's own password is proved by, as its app has made it. Its identity is the pool's device group, the device's
    /// key and the password.
    var verifier: PasswordVerifier?
    /// Whether it takes the place of a second factor.
    var isRemembered: Bool
    /// Seconds since 1970.
    let created: Double
    /// Seconds since 1970.
    var modified: Double
    /// When the user signed in on it last, in seconds since 1970.
    var authenticated: Double
    /// The address from which the user did.
    var address: String?
    /// What the app called itself.
    var agent: String?

    var partition: String { poolID }
    var key: RowKey { Self.key(user, deviceKey) }

    static func key(_ user: String, _ deviceKey: String) -> RowKey { RowKey(.text(user), .text(deviceKey)) }

    /// A key for a device that is not known yet.
    static func newKey(in pool: UserPool) -> String { "\(pool.region)_\(Identifiers.uuid())" }

    /// `DeviceGroupKey`, by which devices are told from those of other pools. It is no secret.
    static func groupKey(of poolID: String) -> String {
        "-" + Base64URL.encode(Array(SHA256.hash(data: Array("device group \(poolID)".utf8)).prefix(6)))
    }

    var description: String { "PoolDevice \(deviceKey)" }
}

/// A device that was forgotten, as a stolen one is: its refresh tokens are of no use any more.
struct ForgottenDevice: TableRow, Equatable {
    static let kind = "AWS::Cognito::UserPoolUser::ForgottenDevice"

    let poolID: String
    /// ``PoolUser/name``
    let user: String
    let deviceKey: String

    var partition: String { poolID }
    var key: RowKey { PoolDevice.key(user, deviceKey) }
}

extension Identifiers {
    /// A random UUID, in lower case.
    static func uuid() -> String {
        let bytes = randomBytes(16)
        var text = ""
        for (place, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(place) { text += "-" }
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return text
    }
}

extension PoolEntry {
    /// Whether the pool tells devices apart.
    var tracksDevices: Bool { deviceConfiguration != nil }
}

extension RecordReading {
    /// A device of a user; nil: the user has none of this key.
    func device(_ key: String, of user: PoolUser) throws(ServiceError) -> PoolDevice? {
        try get(PoolDevice.self, PoolDevice.key(user.name, key), of: user.poolID)
    }

    /// Whether a device of a user was confirmed once, and then forgotten.
    func isForgotten(_ key: String, of user: PoolUser) throws(ServiceError) -> Bool {
        try get(ForgottenDevice.self, PoolDevice.key(user.name, key), of: user.poolID) != nil
    }

    /// A device of a user.
    /// - Throws: ResourceNotFoundException.
    func existingDevice(_ key: String, of user: PoolUser) throws(ServiceError) -> PoolDevice {
        guard let device = try device(key, of: user) else {
            throw .cognito(.resourceNotFoundException, "Device does not exist.")
        }
        return device
    }

    /// A page of a user's devices, in the order of their keys.
    func devices(of user: PoolUser, _ paging: Paging) throws(ServiceError) -> Page<PoolDevice> {
        let after = paging.after.map { RowRange.Place.key(PoolDevice.key(user.name, $0)) }
        let found = try list(
            PoolDevice.self, of: user.poolID, RowRange(RowPrefix(.text(user.name)), after: after),
            limit: paging.limit + 1)
        let devices = Array(found.prefix(paging.limit))
        return Page(
            items: devices,
            marker: found.count > devices.count ? devices.last.map { Paging.marker(after: $0.deviceKey) } : nil)
    }
}

extension MutableRecords {
    /// Makes room for another device of a user. What is dropped is as if it had never been confirmed.
    func makeRoomForDevice(of user: PoolUser) throws(ServiceError) {
        let range = RowRange(RowPrefix(.text(user.name)))
        let devices = try list(PoolDevice.self, of: user.poolID, range, limit: PoolDevice.most)
        guard devices.count == PoolDevice.most,
            let oldest = devices.min(by: { $0.authenticated < $1.authenticated })
        else { return }
        try delete(PoolDevice.self, oldest.key, of: user.poolID)
    }

    /// Deletes all devices of a user. Of those that were forgotten a hundred at most: no other user ever gets their keys, and the
    /// rest goes with the pool.
    func forgetDevices(of user: PoolUser) throws(ServiceError) {
        let range = RowRange(RowPrefix(.text(user.name)))
        for device in try list(PoolDevice.self, of: user.poolID, range, limit: PoolDevice.most) {
            try delete(PoolDevice.self, device.key, of: user.poolID)
        }
        for device in try list(ForgottenDevice.self, of: user.poolID, range, limit: PoolDevice.most) {
            try delete(ForgottenDevice.self, device.key, of: user.poolID)
        }
    }
}
