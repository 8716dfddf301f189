import CLibCrypto
import Dispatch
import FoundationEssentials
import Synchronization
public import Wire

/// Hashes of passwords, made with scrypt, a memory-hard function (RFC 7914), in a form that carries its own parameters:
/// `scrypt$32768$8$3$SALT$HASH`, the last two in base64.
///
/// ```swift
/// let hash = try await PasswordHash.make("correct horse", account: "111122223333")
/// let isRight = try await PasswordHash.verify("correct horse", hash, account: "111122223333")
/// ```
///
/// Hashing takes about a quarter of a second of one core and 32 MiB, so passwords are hashed one after another on a
/// thread of their own. Only a few callers may wait, and fewer of one account, so that nobody can keep the others out.
/// It belongs in `prepare` of a ``PreparedWriteOperation``, never in a transaction.
public enum PasswordHash {
    /// 32 MiB of memory a guess; OWASP's equivalent of N=2^17, p=1.
    private static let cost = (rounds: 32768, blockSize: 8, parallelism: 3)

    /// Stands for the account of all who sign in to the console: who waits must not tell which accounts there are.
    public static let signIn = "sign-in"

    private static let queue = DispatchQueue(label: "gatehouse.password-hash")
    private static let waiting = Mutex(Waiting(most: 32, mostOfOneAccount: 8))

    /// Hashes a password of an account's user.
    ///
    /// `earlier` is another hash of the same user. Its salt is used again, so that `areEqual` can tell from two hashes
    /// whether their passwords are the same: that is how a user's earlier passwords are recognised without hashing once
    /// for each of them.
    ///
    /// - Throws: Throttling when too many are waiting already.
    public static func make(
        _ password: String, sharingSaltOf earlier: String? = nil, account: String
    ) async throws(ServiceError) -> String {
        var parameters = Parameters(
            rounds: cost.rounds, blockSize: cost.blockSize, parallelism: cost.parallelism,
            salt: Identifiers.randomBytes(16))
        if let earlier = earlier.flatMap(parse)?.parameters, earlier.hasCost(of: parameters) { parameters = earlier }
        guard let hash = try await derive(password, parameters, account) else { throw .internalFailure }
        let numbers = "\(parameters.rounds)$\(parameters.blockSize)$\(parameters.parallelism)"
        return "scrypt$\(numbers)$\(Data(parameters.salt).base64EncodedString())$\(hash.base64EncodedString())"
    }

    /// Whether a password is the one that a hash was made of; false also for what is no hash.
    /// - Throws: Throttling when too many wait already.
    public static func verify(
        _ password: String, _ hash: String, account: String
    ) async throws(ServiceError) -> Bool {
        guard let (parameters, expected) = parse(hash) else { return false }
        guard let derived = try await derive(password, parameters, account) else { throw .internalFailure }
        return areEqual(derived, expected)
    }

    /// Whether two hashes with one salt are of the same password, in a time that does not tell where they differ.
    /// Hashes with different salts are never equal.
    public static func areEqual(_ a: String, _ b: String) -> Bool {
        areEqual(Data(a.utf8), Data(b.utf8))
    }

    private static func areEqual(_ a: Data, _ b: Data) -> Bool {
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private struct Parameters: Sendable {
        var rounds: Int
        var blockSize: Int
        var parallelism: Int
        var salt: [UInt8]

        func hasCost(of other: Parameters) -> Bool {
            (rounds, blockSize, parallelism) == (other.rounds, other.blockSize, other.parallelism)
        }
    }

    private static func parse(_ hash: String) -> (parameters: Parameters, hash: Data)? {
        let parts = hash.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "scrypt", let rounds = Int(parts[1]), let blockSize = Int(parts[2]),
            let parallelism = Int(parts[3]), let salt = Data(base64Encoded: String(parts[4])),
            let hash = Data(base64Encoded: String(parts[5]))
        else { return nil }
        let parameters = Parameters(
            rounds: rounds, blockSize: blockSize, parallelism: parallelism, salt: Array(salt))
        return (parameters, hash)
    }

    private static func derive(
        _ password: String, _ parameters: Parameters, _ account: String
    ) async throws(ServiceError) -> Data? {
        guard waiting.withLock({ $0.enter(account) }) else {
            throw ServiceError("Throttling", "Rate exceeded", status: 400)
        }
        defer { waiting.withLock { $0.leave(account) } }
        return await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: derived(password, parameters)) }
        }
    }

    /// nil for parameters that scrypt does not have.
    private static func derived(_ password: String, _ parameters: Parameters) -> Data? {
        guard let rounds = UInt64(exactly: parameters.rounds), let blockSize = UInt64(exactly: parameters.blockSize),
            let parallelism = UInt64(exactly: parameters.parallelism)
        else { return nil }
        let password = Array(password.utf8)
        var hash = [UInt8](repeating: 0, count: 32)
        // OpenSSL's, which is optimised in a debug build, too: tests hash hundreds of passwords.
        let isDerived = libcrypto_scrypt(
            password, password.count, parameters.salt, parameters.salt.count, rounds, blockSize, parallelism, &hash,
            hash.count)
        return isDerived ? Data(hash) : nil
    }
}

/// Who waits for a password to be hashed.
private struct Waiting {
    let most: Int
    let mostOfOneAccount: Int
    private var all = 0
    private var byAccount: [String: Int] = [:]

    init(most: Int, mostOfOneAccount: Int) {
        self.most = most
        self.mostOfOneAccount = mostOfOneAccount
    }

    mutating func enter(_ account: String) -> Bool {
        let own = byAccount[account] ?? 0
        guard all < most, own < (account == PasswordHash.signIn ? 3 * mostOfOneAccount : mostOfOneAccount) else {
            return false
        }
        all += 1
        byAccount[account] = own + 1
        return true
    }

    mutating func leave(_ account: String) {
        all -= 1
        let own = (byAccount[account] ?? 1) - 1
        byAccount[account] = own > 0 ? own : nil
    }
}
