import CognitoIDPAPI
import Crypto
import Ledger
import Platform
import Wire

/// A user of a user pool: a row, for a pool may have ten million.
///
/// The row is sealed. What users are looked up by is not: the database orders by it (see `TableRow`).
struct PoolUser: TableRow, Equatable, CustomStringConvertible {
    static let kind = "AWS::Cognito::UserPoolUser"

    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#signup-confirmation-verification-overview>
    enum Status: String, Codable, Sendable {
        case unconfirmed = "UNCONFIRMED"
        case confirmed = "CONFIRMED"
        case resetRequired = "RESET_REQUIRED"
        case forceChangePassword = "FORCE_CHANGE_PASSWORD"
        case externalProvider = "EXTERNAL_PROVIDER"
        case archived = "ARCHIVED"
        case compromised = "COMPROMISED"
        case unknown = "UNKNOWN"
    }

    struct Attribute: Codable, Sendable, Equatable {
        let name: String
        var value: String
    }

    let poolID: String
    /// As answers and tokens have it.
    let username: String
    /// What the row is found by: ``username``, in lower case where the pool doesn't tell cases apart.
    let name: String
    /// A UUID.
    let sub: String
    /// `email` or `phone_number`, where that is the user name, and ``username`` is ``sub``.
    var signInAttribute: String?
    /// In the order in which they were set, without `sub`.
    var attributes: [Attribute]
    /// Seconds since 1970.
    let created: Double
    /// Seconds since 1970.
    var modified: Double
    var isEnabled: Bool
    var status: Status
    /// nil: the user has none, and signs in otherwise.
    var password: PasswordVerifier?
    /// Until when a temporary password can be used, in seconds since 1970; nil: it is not temporary.
    var temporaryUntil: Double?
    /// The latest last; only as many as the pool's policy asks for.
    var earlierPasswords: [PasswordVerifier] = []
    /// Tokens that were issued before are not accepted any more; seconds since 1970.
    var signedOutBefore: Double?
    /// When the password had to be reset, if it was set before; seconds since 1970.
    private(set) var resetRequiredAt: Double?
    /// The secret of the authenticator app, once it is verified, in base32.
    var softwareToken: String?
    /// The secret of an authenticator app that has shown no code of it yet, in base32.
    var unverifiedSoftwareToken: String?
    /// The step of the last one-time password of ``softwareToken`` that was accepted.
    var lastStep: Int?
    var factors = Factors()
    /// What a federated user is known by, and what is linked to the user.
    var identities: [LinkedIdentity] = []

    /// What SetUserMFAPreference says.
    struct Factors: Codable, Sendable, Equatable {
        var isSMSEnabled = false
        var isEmailEnabled = false
        var isSoftwareTokenEnabled = false
        /// nil is no.
        var isPasskeyEnabled: Bool?
        /// `SMS_MFA`, `EMAIL_OTP` or `SOFTWARE_TOKEN_MFA`
        var preferred: String?
    }

    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-identity-federation-consolidate-users.html>
    struct LinkedIdentity: Codable, Sendable, Equatable {
        let providerName: String
        let providerType: String
        let userID: String
        /// The provider's claim that ``userID`` is the value of; nil: its subject.
        var claim: String?
        var issuer: String?
        var isPrimary: Bool
        /// Seconds since 1970.
        let linked: Double
    }

    var partition: String { poolID }
    var key: RowKey { Self.key(name) }

    static func key(_ name: String) -> RowKey { RowKey(.text(name)) }

    /// What ListUsers can filter by.
    static let searchable = [
        "email", "phone_number", "name", "given_name", "family_name", "preferred_username",
    ]

    var indexes: [RowIndex] {
        var indexes = [
            RowIndex("sub", RowKey(.text(sub))), RowIndex("cognito:user_status", RowKey(.text(status.rawValue))),
            RowIndex("status", RowKey(.text(isEnabled ? "Enabled" : "Disabled"))),
        ]
        for attribute in attributes where Self.searchable.contains(attribute.name) {
            indexes.append(RowIndex(attribute.name, Self.indexed(attribute.value)))
        }
        return indexes
    }

    /// Where a value is in its index: in lower case, for searches don't tell cases apart. Long ones are cut, for the database's
    /// sake: what is found has to be compared again.
    static func indexed(_ value: String) -> RowKey { RowKey(.bytes(indexedBytes(value))) }

    static func indexedBytes(_ value: String) -> [UInt8] { Array(value.lowercased().utf8.prefix(longestIndexed)) }

    /// In bytes.
    static let longestIndexed = 400

    /// The value of an attribute; nil where the user has none.
    subscript(attribute name: String) -> String? {
        get { name == "sub" ? sub : attributes.first { $0.name == name }?.value }
        set {
            if let index = attributes.firstIndex(where: { $0.name == name }) {
                if let newValue { attributes[index].value = newValue } else { attributes.remove(at: index) }
            } else if let newValue {
                attributes.append(Attribute(name: name, value: newValue))
            }
        }
    }

    /// The password can't be used any more, and the user has to set another.
    mutating func requireReset(at time: Double) {
        status = .resetRequired
        resetRequiredAt = time
    }

    /// Whether the user comes from an identity provider and has no way in but that: neither a password, nor a code or a passkey,
    /// until an administrator sets a password.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-terms.html#terms-upapi>
    var isOfProvider: Bool { status == .externalProvider }

    /// Without anything but who it is, so that no log shows what is secret.
    var description: String { "PoolUser \(sub)" }
}

/// A name by which a user can sign in besides the user name: a verified e-mail address or phone number, or a preferred user
/// name, where the pool allows them.
struct UserAlias: TableRow, Equatable {
    static let kind = "AWS::Cognito::UserPoolUser::Alias"

    let poolID: String
    /// `email`, `phone_number`, `preferred_username`; or `identity`: see ``value(ofIdentity:at:claim:)``
    let attribute: String
    /// In lower case where the pool doesn't tell cases apart.
    let value: String
    /// ``PoolUser/name``
    let user: String

    var partition: String { poolID }
    var key: RowKey { Self.key(attribute, value) }

    static func key(_ attribute: String, _ value: String) -> RowKey {
        guard isHashed(value) else { return RowKey(.text(attribute), .text(value)) }
        // No text: so no value of any user is the same.
        return RowKey(.text(attribute), .bytes([0xff] + Array(SHA256.hash(data: Array(value.utf8)))))
    }

    /// The ``attribute`` of what a provider knows a user by.
    static let identity = "identity"

    /// - Parameter claim: the provider's claim that has the user's id; nil: its subject.
    static func value(ofIdentity userID: String, at provider: String, claim: String? = nil) -> String {
        // None of the three can have the separator in it without being refused before.
        "\(provider)\(separator)\(claim ?? "")\(separator)\(userID)"
    }

    static let separator = "\u{1f}"

    /// Whether anybody can be linked to a provider's users by the value of a claim. A claim without a name would be the subject.
    static func isLinkable(_ claim: String, _ userID: String) -> Bool {
        !claim.isEmpty && !userID.isEmpty && (claim + userID).unicodeScalars.allSatisfy { $0.value >= 0x20 }
    }

    /// Whether a value is too long to stand in a key as it is.
    static func isHashed(_ value: String) -> Bool { value.utf8.count > PoolUser.longestIndexed }
}

/// A group of a user pool.
struct PoolGroup: TableRow, Equatable {
    static let kind = "AWS::Cognito::UserPoolGroup"

    let poolID: String
    let name: String
    var description: String?
    var roleARN: String?
    var precedence: Int?
    /// Seconds since 1970.
    let created: Double
    var modified: Double

    var partition: String { poolID }
    var key: RowKey { Self.key(name) }

    static func key(_ name: String) -> RowKey { RowKey(.text(name)) }
}

/// That a user is in a group.
struct GroupMember: TableRow, Equatable {
    static let kind = "AWS::Cognito::UserPoolUserToGroupAttachment"

    let poolID: String
    let group: String
    /// ``PoolUser/name``
    let user: String

    var partition: String { poolID }
    var key: RowKey { Self.key(group, user) }
    var indexes: [RowIndex] { [RowIndex("user", RowKey(.text(user), .text(group)))] }

    static func key(_ group: String, _ user: String) -> RowKey { RowKey(.text(group), .text(user)) }
}
