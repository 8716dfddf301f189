import Platform
import Wire

/// What a password is proved by: salt and verifier of the Secure Remote Password protocol (RFC 5054), in the form that
/// Cognito's clients compute. The password can't be read from it; it is proved in the clear as well as by SRP.
struct PasswordVerifier: Codable, Sendable, Equatable, CustomStringConvertible {
    /// 16 random bytes, in base64.
    let salt: String
    /// g^x mod N, in base64.
    let verifier: String

    /// Computes the verifier: an exponentiation modulo a prime of 3,072 bits, some milliseconds.
    /// - Parameters:
    ///   - user: ``PoolUser/username``, which is `USER_ID_FOR_SRP`.
    ///   - poolID: the pool's whole id.
    static func make(_ password: String, user: String, poolID: String) async throws(ServiceError) -> PasswordVerifier {
        throw .notImplemented("SRP")
    }

    /// Whether a password is the one that the verifier was made of.
    func matches(_ password: String, user: String, poolID: String) async throws(ServiceError) -> Bool {
        throw .notImplemented("SRP")
    }

    var description: String { "PasswordVerifier" }
}
