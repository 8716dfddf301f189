import ACMPCAAPI
import FoundationEssentials
import HardwareToken
import Ledger
import Platform
import Wire

// The private keys of authorities: under the keyring as everything is, and, where the operator wants that, sealed by the hardware
// token as well, as KMS's keys in a key store are.

/// The private key of an authority. As all records are, it is sealed under the keyring.
///
/// The journal keeps no former version of it: what is deleted is gone.
struct AuthorityKey: Record, CustomStringConvertible, CustomReflectable {
    static let kind = "AWS::ACMPCA::AuthorityKey"
    static let keepsHistory = false
    static let journalsBefore = false

    /// The authority's.
    let id: String
    /// PKCS #8 in DER, or what the token has made of it.
    let secret: Data
    /// nil: it is not.
    let isSealedByToken: Bool?

    var description: String { "AuthorityKey" }
    var customMirror: Mirror { Mirror(self, children: []) }

    /// What the token authenticates with it.
    fileprivate static func context(_ id: String) -> [UInt8] { Array("acm-pca/\(id)".utf8) }
}

extension Environment {
    /// What is stored of a new authority's key.
    /// - Parameters:
    ///   - secret: PKCS #8 in DER.
    ///   - id: the authority's.
    /// - Throws: RequestFailedException where the token does not seal it; ThrottlingException.
    func authorityKey(_ secret: [UInt8], of id: String) async throws(ServiceError) -> AuthorityKey {
        guard keepsAuthorityKeysInToken else {
            return AuthorityKey(id: id, secret: Data(secret), isSealedByToken: nil)
        }
        let sealed = try await askToken("kept") { (token) throws(HardwareTokenError) in
            try token.makeKey()
            return try token.seal(secret, authenticating: AuthorityKey.context(id))
        }
        return AuthorityKey(id: id, secret: Data(sealed), isSealedByToken: true)
    }

    /// An authority's key, as PKCS #8 in DER. One that the token has sealed is opened by it each time, and nothing is kept: without
    /// the token nobody can use it.
    /// - Parameter share: for whom something is to be signed.
    /// - Throws: RequestFailedException where the token does not open it; ThrottlingException.
    func secret(
        of key: AuthorityKey, for share: SlowWork.Share = .permitted
    ) async throws(ServiceError) -> [UInt8] {
        guard key.isSealedByToken == true else { return Array(key.secret) }
        return try await askToken("used", for: share) { (token) throws(HardwareTokenError) in
            try token.open(Array(key.secret), authenticating: AuthorityKey.context(key.id))
        }
    }

    /// - Parameter purpose: what the key is to be.
    private func askToken(
        _ purpose: String, for share: SlowWork.Share = .permitted,
        _ body: @escaping @Sendable (HardwareToken) throws(HardwareTokenError) -> [UInt8]
    ) async throws(ServiceError) -> [UInt8] {
        let unusable = "The key of the certificate authority can't be \(purpose):"
        guard let token else {
            throw .pca(
                .requestFailedException,
                "\(unusable) Start Gatehouse with --pkcs11-module and --pkcs11-token, which name the token that has sealed it."
            )
        }
        let result = try await SlowWork.token.run(for: share) { () throws(HardwareTokenError) in try body(token) }
        do throws(HardwareTokenError) { return try result.get() } catch {
            throw .pca(.requestFailedException, "\(unusable) \(error.message)")
        }
    }
}
