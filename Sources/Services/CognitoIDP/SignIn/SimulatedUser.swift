import Crypto
import Platform

/// What an app client is shown of a user who does not exist, where it must not learn that: always the same for a name, and like
/// what it is shown of others.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html>
struct SimulatedUser {
    private let name: String
    private let pool: PoolEntry
    private let secret: String

    /// - Parameters:
    ///   - name: as the request has it.
    ///   - secret: of the pool: ``ParsedKeys/simulationSecret``.
    init(_ name: String, of pool: PoolEntry, secret: String) {
        self.secret = secret
        self.name = pool.folded(name)
        self.pool = pool
    }

    /// What looks random to whoever does not know the pool's secret.
    func bytes(_ purpose: String, _ count: Int) -> [UInt8] {
        let secret = SymmetricKey(data: Array(secret.utf8))
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: secret, info: Array("\(purpose) \(name)".utf8), outputByteCount: count)
        return key.withUnsafeBytes { Array($0) }
    }

    /// A UUID where user names are some, or where an alias was typed; otherwise what was typed.
    var username: String {
        let isAlias =
            pool.aliasAttributes.contains("email") && name.contains("@")
            || pool.aliasAttributes.contains("phone_number") && name.hasPrefix("+")
        guard isAlias || !pool.usernameAttributes.isEmpty else { return name }
        var bytes = bytes("name", 16)
        for (place, mask, bits) in [(6, UInt8(0x0F), UInt8(0x40)), (8, 0x3F, 0x80)] where place < bytes.count {
            bytes[place] = bytes[place] & mask | bits
        }
        let digits = Array(SRPNumber.hex(bytes))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }

    /// Nobody knows a password for it. It takes no exponentiation, as for users who exist.
    var verifier: SRPVerifier {
        var salt = bytes("salt", 16)
        // As of those that are made: see ``SRPVerifier/newSalt()``.
        if let first = salt.first, first == 0 { salt[0] = 1 }
        var verifier = bytes("verifier", SRPGroup.size)
        if let first = verifier.first { verifier[0] = first & 0x7F }
        return SRPVerifier(salt: salt, verifier: verifier)
    }
}
