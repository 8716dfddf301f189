import CLibCrypto
import FoundationEssentials
import Platform
import Wire

/// What a password is proved by: salt and verifier of the Secure Remote Password protocol (RFC 5054), in the form that
/// Cognito's clients compute. The password can't be read from it; it is proved in the clear as well as by SRP.
struct PasswordVerifier: Codable, Sendable, Equatable, CustomStringConvertible {
    /// 16 random bytes, in base64.
    let salt: String
    /// g^x mod N, in base64.
    let verifier: String

    /// Computes the verifier: an exponentiation modulo a prime of 3,072 bits, about a millisecond.
    /// - Parameters:
    ///   - user: ``PoolUser/username``, which is `USER_ID_FOR_SRP`.
    ///   - poolID: the pool's whole id.
    ///   - account: whose pool it is.
    /// - Throws: TooManyRequestsException when too many wait for theirs.
    static func make(
        _ password: String, user: String, poolID: String, account: String
    ) async throws(ServiceError) -> PasswordVerifier {
        PasswordVerifier(
            try await SRPWork.shared.run(for: account) { SRPVerifier(password, of: Self.identity(user, poolID)) })
    }

    /// Whether a password is the one that the verifier was made of; it takes as long as ``make(_:user:poolID:account:)``.
    /// - Throws: TooManyRequestsException when too many wait for theirs.
    func matches(
        _ password: String, user: String, poolID: String, account: String
    ) async throws(ServiceError) -> Bool {
        let own = srp
        let salt = own?.salt ?? []
        let made = try await SRPWork.shared.run(for: account) {
            SRPVerifier(password, of: Self.identity(user, poolID), salt: salt)
        }
        guard let own, own.verifier.count == made.verifier.count else { return false }
        return libcrypto_equal(own.verifier, made.verifier, made.verifier.count)
    }

    /// Who proves a password.
    static func identity(_ user: String, _ poolID: String) -> SRPVerifier.Identity {
        SRPVerifier.Identity(realm: UserPool.shortID(poolID), name: user)
    }

    /// nil for what isn't base64, and so was never made here.
    var srp: SRPVerifier? {
        guard let salt = Data(base64Encoded: salt), let verifier = Data(base64Encoded: verifier) else { return nil }
        return SRPVerifier(salt: Array(salt), verifier: Array(verifier))
    }

    var description: String { "PasswordVerifier" }
}

extension PasswordVerifier {
    init(_ made: SRPVerifier) {
        salt = Data(made.salt).base64EncodedString()
        verifier = Data(made.verifier).base64EncodedString()
    }
}
