import Crypto
import CryptoExtras
import Dispatch
import FoundationEssentials

/// A password's hash with scrypt, a memory-hard function (RFC 7914), in a form that carries its own parameters:
/// `scrypt$32768$8$3$SALT$HASH`, the last two in base64.
public enum PasswordHash {
    /// 32 MiB of memory a guess; OWASP's equivalent of N=2^17, p=1.
    private static let cost = (rounds: 32768, blockSize: 8, parallelism: 3)

    /// Hashing takes about a quarter of a second, so it has a thread of its own, one password after another.
    private static let queue = DispatchQueue(label: "gatehouse.password-hash")

    /// Hashes a password; nil when the library can't.
    public static func make(_ password: String) async -> String? {
        let salt = Identifiers.randomBytes(16)
        let hash = await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(
                    returning: derive(password, salt: salt, cost.rounds, cost.blockSize, cost.parallelism))
            }
        }
        guard let hash else { return nil }
        let numbers = "\(cost.rounds)$\(cost.blockSize)$\(cost.parallelism)"
        return "scrypt$\(numbers)$\(Data(salt).base64EncodedString())$\(hash.base64EncodedString())"
    }

    private static func derive(
        _ password: String, salt: [UInt8], _ rounds: Int, _ blockSize: Int, _ parallelism: Int
    ) -> Data? {
        let key = try? KDF.Scrypt.deriveKey(
            from: Data(password.utf8), salt: salt, outputByteCount: 32, rounds: rounds, blockSize: blockSize,
            parallelism: parallelism)
        return key?.withUnsafeBytes { Data($0) }
    }
}
