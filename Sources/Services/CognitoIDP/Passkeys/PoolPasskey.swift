import CognitoIDPAPI
import Crypto
import Ledger
import Platform
import WebAuthn
import Wire

/// A passkey of a user.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html#amazon-cognito-user-pools-authentication-flow-methods-passkey>
struct PoolPasskey: TableRow, Equatable, CustomStringConvertible {
    static let kind = "AWS::Cognito::UserPoolUser::Passkey"
    /// How many a user may have.
    static let most = 20

    let poolID: String
    /// ``PoolUser/name``
    let user: String
    /// In base64url.
    let credentialID: String
    /// In COSE's form, in base64.
    let publicKey: String
    /// The authenticator's counter, as it was last seen.
    var signCount: UInt32
    let isBackupEligible: Bool
    let relyingPartyID: String
    let transports: [String]
    /// `platform`, `cross-platform`; nil where the browser did not say.
    let attachment: String?
    let name: String
    /// Seconds since 1970.
    let created: Double

    var partition: String { poolID }
    var key: RowKey { Self.key(user, credentialID) }
    var indexes: [RowIndex] { [RowIndex(Self.byCredential, RowKey(.bytes(Self.hash(credentialID))))] }

    static let byCredential = "credential"

    /// An authenticator's ids have up to 1,023 bytes, and a row has no room for one both in its key and in an index.
    static func hash(_ credentialID: String) -> [UInt8] { Array(SHA256.hash(data: Array(credentialID.utf8))) }

    static func key(_ user: String, _ credentialID: String) -> RowKey { RowKey(.text(user), .text(credentialID)) }

    /// What an assertion is verified with; nil for a key that can't be read.
    func credential(of user: PoolUser) -> Assertion.Credential? {
        guard let id = Base64URL.decode(credentialID), let cose = Base64.decode(publicKey.utf8),
            let key = try? CredentialPublicKey(cose)
        else { return nil }
        return Assertion.Credential(
            id: id, publicKey: key, signCount: signCount, isBackupEligible: isBackupEligible,
            userHandle: user.passkeyHandle)
    }

    /// How a browser finds it.
    var descriptor: CredentialDescriptor? {
        Base64URL.decode(credentialID).map { CredentialDescriptor(id: $0, transports: transports) }
    }

    var description: String { "PoolPasskey \(credentialID)" }
}

extension PoolUser {
    /// `user.id` of passkeys.
    var passkeyHandle: [UInt8] { Array(sub.utf8) }
}

extension RecordReading {
    /// A user's passkeys, in the order of their ids.
    func passkeys(of user: PoolUser) throws(ServiceError) -> [PoolPasskey] {
        try list(
            PoolPasskey.self, of: user.poolID, RowRange(RowPrefix(.text(user.name))), limit: PoolPasskey.most + 1)
    }

    /// The passkey of an id in base64url, whosever it is.
    func passkey(_ credentialID: String, of poolID: String) throws(ServiceError) -> PoolPasskey? {
        let range = RowIndexRange(RowPrefix(.bytes(PoolPasskey.hash(credentialID))))
        return try list(
            PoolPasskey.self, by: PoolPasskey.byCredential, of: poolID, range, limit: 1
        ).first
    }
}

extension MutableRecords {
    /// Deletes all passkeys of a user.
    func forgetPasskeys(of user: PoolUser) throws(ServiceError) {
        for passkey in try passkeys(of: user) { try delete(PoolPasskey.self, passkey.key, of: user.poolID) }
        try delete(PasskeyChallenge.self, PasskeyChallenge.key(user.name), of: user.poolID)
    }
}

/// What a new passkey has to sign: for one user, and of use once.
struct PasskeyChallenge: TableRow {
    static let kind = "AWS::Cognito::UserPoolUser::PasskeyChallenge"
    /// For so many seconds an authenticator may be looked for.
    static let lifetime = 300.0

    let poolID: String
    /// ``PoolUser/name``
    let user: String
    /// Who asked, and has to complete it.
    let clientID: String
    /// In base64url.
    let challenge: String
    /// Seconds since 1970.
    let expires: Double

    var partition: String { poolID }
    var key: RowKey { Self.key(user) }

    static func key(_ user: String) -> RowKey { RowKey(.text(user)) }
}

extension PoolEntry {
    /// The site that passkeys are made for: what the pool was told, or else its custom domain, or else the host of its prefix.
    /// - Throws: WebAuthnConfigurationMissingException.
    func relyingPartyID(_ environment: Environment) throws(ServiceError) -> String {
        if let id = multiFactor.webAuthnConfiguration?.relyingPartyId { return id }
        let domains = environment.userPoolDomains(of: id)
        if let domain = domains.first(where: \.isCustom) ?? domains.first { return domain.pageHost(environment) }
        throw .cognito(
            .webAuthnConfigurationMissingException, "The user pool has no relying party: set its id, or a domain.")
    }

    /// The site as a browser's answer has to be for it: its page may be on the relying party's host, or one below that.
    /// - Parameter clientData: what the browser wrote.
    /// - Throws: WebAuthnOriginNotAllowedException.
    func relyingParty(_ clientData: [UInt8], _ environment: Environment) throws(ServiceError) -> RelyingParty {
        let id = try relyingPartyID(environment)
        guard let json = try? JSONValue(parsing: clientData, depthLimit: 8), case .string(let origin)? = json["origin"],
            let page = RelyingParty(origin: origin, name: ""), page.id == id || page.id.hasSuffix("." + id)
        else {
            throw .cognito(.webAuthnOriginNotAllowedException, "The origin is not one of the relying party's.")
        }
        return RelyingParty(id: id, name: id, origins: [origin])
    }

    /// Whether an authenticator has to make sure who uses it.
    var requiresUserVerification: Bool {
        let configuration = multiFactor.webAuthnConfiguration
        return configuration?.userVerification == "required"
            || configuration?.factorConfiguration == "MULTI_FACTOR_WITH_USER_VERIFICATION"
    }
}
