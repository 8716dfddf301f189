import CLibCrypto
import FoundationEssentials
import Platform
import Wire

/// What a password is proved by: salt and verifier of the Secure Remote Password protocol (RFC 5054), in the form that
/// Cognito's clients compute. The password can't be read from it; it is proved in the clear as well as by SRP.
struct PasswordVerifier: Sendable, Equatable, CustomStringConvertible {
    let srp: SRPVerifier

    init(_ srp: SRPVerifier) { self.srp = srp }

    /// The salt in base64: what tells one password of a user's from another, without saying anything about either.
    var salt: String { Data(srp.salt).base64EncodedString() }

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
        let srp = srp
        let made = try await SRPWork.shared.run(for: account) {
            SRPVerifier(password, of: Self.identity(user, poolID), salt: srp.salt)
        }
        guard srp.verifier.count == made.verifier.count else { return false }
        return libcrypto_equal(srp.verifier, made.verifier, made.verifier.count)
    }

    /// Who proves a password.
    static func identity(_ user: String, _ poolID: String) -> SRPVerifier.Identity {
        SRPVerifier.Identity(realm: UserPool.shortID(poolID), name: user)
    }

    var description: String { "PasswordVerifier" }
}

extension PasswordVerifier: Codable {
    private enum CodingKeys: String, CodingKey {
        case salt
        case verifier
    }

    // In base64, a third of the length of a list of numbers.
    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(salt, forKey: .salt)
        try values.encode(Data(srp.verifier).base64EncodedString(), forKey: .verifier)
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func bytes(_ key: CodingKeys) throws -> [UInt8] {
            guard let bytes = Data(base64Encoded: try values.decode(String.self, forKey: key)) else {
                throw DecodingError.dataCorruptedError(forKey: key, in: values, debugDescription: "no base64")
            }
            return Array(bytes)
        }
        self.init(SRPVerifier(salt: try bytes(.salt), verifier: try bytes(.verifier)))
    }
}
