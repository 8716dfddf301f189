import Crypto
import Platform

/// A salt and a verifier of the Secure Remote Password protocol, of whatever is proved by it: a user's password or a device's.
/// <https://www.rfc-editor.org/rfc/rfc5054#section-2.5.3>
struct SRPVerifier: Sendable, Equatable {
    let salt: [UInt8]
    /// v = g^x mod N
    let verifier: [UInt8]

    /// Whose secret it is, and before the `:` what it is hashed with: the pool's short id and the user's name, or the device
    /// group's key and the device's.
    struct Identity: Sendable {
        let realm: String
        let name: String
    }

    /// - Returns: nil: OpenSSL has no memory.
    /// - Complexity: an exponentiation.
    init?(_ secret: String, of identity: Identity, salt: [UInt8] = Self.newSalt()) {
        let inner = SHA256.hash(data: Array("\(identity.realm)\(identity.name):\(secret)".utf8))
        let x = Array(SHA256.hash(data: SRPNumber.padded(salt) + inner))
        guard let verifier = SRPGroup.power(SRPGroup.generator, x) else { return nil }
        self.init(salt: salt, verifier: verifier)
    }

    init(salt: [UInt8], verifier: [UInt8]) {
        self.salt = salt
        self.verifier = verifier
    }

    /// 16 random bytes. The first is not 0: some clients take a salt for a number, and others for bytes.
    static func newSalt() -> [UInt8] {
        while true {
            let salt = Identifiers.randomBytes(16)
            if salt.first != 0 { return salt }
        }
    }
}
