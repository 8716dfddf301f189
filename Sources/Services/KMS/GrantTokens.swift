import Crypto
import FoundationEssentials
import Ledger
import Platform
import Wire

/// What CreateGrant gives its caller, to be sent with requests until the grant is known everywhere. Here it is known at
/// once; but a token still proves which grant it is of, and RetireGrant needs no more.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/grant-manage.html#using-grant-token>
struct GrantToken {
    let scope: Scope
    let grantID: String
    private let nonce: [UInt8]
    private let proof: [UInt8]

    private static let nonceLength = 16
    private static let proofLength = 32

    /// - Throws: InvalidGrantTokenException.
    init(parsing text: String) throws(ServiceError) {
        let head = Self.nonceLength + Self.proofLength
        guard let bytes = Data(base64Encoded: text).map(Array.init), bytes.count > head,
            let rest = String(validating: bytes[head...], as: UTF8.self)
        else { throw .invalidGrantToken }
        let parts = rest.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .invalidGrantToken }
        scope = Scope(account: String(parts[0]), region: String(parts[1]))
        grantID = String(parts[2])
        nonce = Array(bytes[..<Self.nonceLength])
        proof = Array(bytes[Self.nonceLength..<head])
    }

    /// A new token of a grant; a grant has as many as were asked for.
    static func make(for grant: Grant, in scope: Scope) -> String {
        let nonce = Identifiers.randomBytes(nonceLength)
        let place = Self.place(grant.id, scope)
        let proof = HMAC<SHA256>.authenticationCode(for: nonce + place, using: SymmetricKey(data: grant.tokenKey))
        return Data(nonce + Array(proof) + place).base64EncodedString()
    }

    /// The grant that the token is of.
    /// - Throws: InvalidGrantTokenException for one that was made up, or whose grant is gone.
    func grant(_ records: some RecordReading) throws(ServiceError) -> Grant {
        guard let grant = try records.of(scope).get(Grant.self, grantID),
            HMAC<SHA256>.isValidAuthenticationCode(
                proof, authenticating: nonce + Self.place(grantID, scope), using: SymmetricKey(data: grant.tokenKey))
        else { throw .invalidGrantToken }
        return grant
    }

    private static func place(_ grantID: String, _ scope: Scope) -> [UInt8] {
        Array("\(scope.account) \(scope.region) \(grantID)".utf8)
    }
}

extension ServiceError {
    static var invalidGrantToken: ServiceError {
        .kms(.invalidGrantTokenException, "The grant token is not valid, or its grant has been retired or revoked.")
    }
}
