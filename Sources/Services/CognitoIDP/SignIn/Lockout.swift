import Crypto
import Ledger
import Platform
import Synchronization
import Wire

/// How often signing in has failed for a user name in a row: a wrong password, or a wrong code. There are rows of names that no user
/// has, too: so nobody learns from a lock-out which names there are.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html#authentication-flow-lockout-behavior>
struct SignInFailures: TableRow, Equatable {
    static let kind = "AWS::Cognito::UserPoolUser::SignInFailures"

    let poolID: String
    /// SHA-256 of the name: one that nobody has may be a password in the wrong field.
    let name: [UInt8]
    /// Without attempts during a lock-out.
    private(set) var count: Int
    /// Of the last, in seconds since 1970.
    private(set) var last: Double
    /// Until when one node alone may try, which has said so; nil: none has.
    private(set) var claimedUntil: Double?

    /// So many failures have no consequence.
    static let free = 4
    /// All is forgotten so many seconds after a lock-out.
    static let memory = 900.0
    private static let longest = 900.0
    /// For how many seconds a node that has gone away keeps others from trying.
    private static let longestClaim = 20.0

    init(_ key: Key) {
        poolID = key.poolID
        name = key.name
        count = 0
        last = 0
    }

    /// Whose failures they are.
    struct Key: Sendable, Hashable {
        let poolID: String
        let name: [UInt8]

        /// - Parameter name: ``PoolUser/name``, or what was typed where there is no such user.
        init(_ name: String, of pool: PoolEntry) {
            poolID = pool.id
            self.name = Array(SHA256.hash(data: Array(pool.folded(name).utf8)))
        }

        var row: RowKey { RowKey(.text(poolID), .bytes(name)) }
    }

    var key: RowKey { RowKey(.text(poolID), .bytes(name)) }
    var indexes: [RowIndex] { [RowIndex("expires", RowKey(.number(RequestIDs.milliseconds(expires))))] }

    /// For how many seconds nobody can sign in after so many failures: 2^(n - 5), at most a quarter of an hour.
    static func lock(after count: Int) -> Double {
        guard count > free else { return 0 }
        return min(longest, Double(1 << min(count - free - 1, 20)))
    }

    var lockedUntil: Double { last + Self.lock(after: count) }
    var expires: Double { lockedUntil + Self.memory }

    func isLocked(at time: Double) -> Bool { count > Self.free && time < lockedUntil }

    /// How many count at a time.
    func count(at time: Double) -> Int { time < expires ? count : 0 }

    /// One failure more, which ends the claim.
    mutating func add(at time: Double) {
        count = count(at: time) + 1
        last = time
        claimedUntil = nil
    }

    /// Makes sure that nobody else tries.
    /// - Returns: whether nobody has claimed it.
    mutating func claim(at time: Double) -> Bool {
        guard (claimedUntil ?? 0) <= time else { return false }
        claimedUntil = time + Self.longestClaim
        return true
    }

    /// Lets others try.
    mutating func release() { claimedUntil = nil }
}

extension RecordReading {
    func signInFailures(_ key: SignInFailures.Key) throws(ServiceError) -> SignInFailures? {
        try shared.get(SignInFailures.self, key.row)
    }
}

extension Call {
    /// Tries to prove something about a user who signs in. Wrong ones are counted, and lock the user out for a while.
    ///
    /// Only as many are tried at a time as may still fail, and others wait: otherwise many could be tried before the first is
    /// counted. Where nodes share the ledger, each tries one at a time; once one has failed, one does of all of them. So there
    /// may be no more than one too many for each further node, and none after the first.
    ///
    /// - Parameters:
    ///   - wrong: what is thrown where it is wrong.
    ///   - prove: whether it is right.
    /// - Throws: `wrong`; NotAuthorizedException during a lock-out, even for what is right; what `prove` throws.
    func attempt(
        _ key: SignInFailures.Key, wrong: ServiceError, _ prove: () async throws(ServiceError) -> Bool
    ) async throws(ServiceError) {
        let time = time
        let isShared = environment.ledger.isShared
        while true {
            let failures = try await failures(key)
            if failures?.isLocked(at: time) == true { throw .attemptsExceeded }
            let most = isShared ? 1 : max(1, SignInFailures.free + 1 - (failures?.count(at: time) ?? 0))
            if AttemptsInFlight.shared.enter(key, most: most) { break }
            guard await AttemptsInFlight.shared.wait(key, most: most) else { throw .rateExceeded }
        }
        defer { AttemptsInFlight.shared.leave(key) }
        let isClaimed = isShared ? try await claim(key) : false
        let isProved: Bool
        do throws(ServiceError) {
            isProved = try await prove()
        } catch {
            if isClaimed { try await release(key) }
            throw error
        }
        if isProved {
            if isClaimed { try await release(key) }
            // Others may have failed meanwhile.
            if try await failures(key)?.isLocked(at: time) == true { throw .attemptsExceeded }
            return
        }
        let isLocked = try await keep { (records) throws(ServiceError) in
            var failures = try records.signInFailures(key) ?? SignInFailures(key)
            let isLocked = failures.isLocked(at: time)
            if !isLocked { failures.add(at: time) } else if isClaimed { failures.release() }
            try records.shared.put(failures)
            return isLocked
        }
        throw isLocked ? .attemptsExceeded : wrong
    }

    private func failures(_ key: SignInFailures.Key) async throws(ServiceError) -> SignInFailures? {
        try await environment.read(scope) { (records) throws(ServiceError) in try records.signInFailures(key) }
    }

    /// Keeps other nodes from trying, where something has failed already; waits while another does.
    /// - Returns: whether there is something to be released.
    /// - Throws: NotAuthorizedException during a lock-out; TooManyRequestsException after waiting in vain.
    func claim(_ key: SignInFailures.Key) async throws(ServiceError) -> Bool {
        for _ in 0..<100 {
            // Who has not failed yet, as most have not, causes no write.
            let now = environment.now()
            guard try await failures(key)?.count(at: now) ?? 0 > 0 else { return false }
            let isClaimed = try await environment.write(scope, requestID: requestID) { (records) throws(ServiceError) in
                guard var failures = try records.signInFailures(key) else { return false }
                if failures.isLocked(at: now) { throw .attemptsExceeded }
                guard failures.claim(at: now) else { return false }
                try records.shared.put(failures)
                return true
            }
            if isClaimed { return true }
            try? await Task.sleep(for: .milliseconds(50))
        }
        throw .rateExceeded
    }

    private func release(_ key: SignInFailures.Key) async throws(ServiceError) {
        try await environment.write(scope, requestID: requestID) { (records) throws(ServiceError) in
            guard var failures = try records.signInFailures(key) else { return }
            failures.release()
            try records.shared.put(failures)
        }
    }

    /// Forgets failures, once the user has signed in.
    func forgetFailures(_ key: SignInFailures.Key) async throws(ServiceError) {
        guard try await failures(key) != nil else { return }
        _ = try await keep { (records) throws(ServiceError) in
            try records.shared.delete(SignInFailures.self, key.row)
        }
    }
}

/// What is being proved at the moment, on this node, and who waits for that.
final class AttemptsInFlight: Sendable {
    static let shared = AttemptsInFlight()
    /// How many may wait for one name.
    private static let mostWaiting = 64

    private struct Entry {
        var count = 0
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }

    private let entries = Mutex<[SignInFailures.Key: Entry]>([:])

    private init() {}

    func enter(_ key: SignInFailures.Key, most: Int) -> Bool {
        entries.withLock { entries in
            guard entries[key, default: Entry()].count < most else { return false }
            entries[key, default: Entry()].count += 1
            return true
        }
    }

    /// Waits until somebody has left: then it can be tried again.
    /// - Returns: false where too many wait already.
    func wait(_ key: SignInFailures.Key, most: Int) async -> Bool {
        await withCheckedContinuation { continuation in
            let outcome: Bool? = entries.withLock { entries in
                guard let entry = entries[key], entry.count >= most else { return true }
                guard entry.waiting.count < Self.mostWaiting else { return false }
                entries[key]?.waiting.append(continuation)
                return nil
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }

    func leave(_ key: SignInFailures.Key) {
        let waiting = entries.withLock { entries in
            guard var entry = entries[key] else { return [CheckedContinuation<Bool, Never>]() }
            let waiting = entry.waiting
            entry.count -= 1
            entry.waiting = []
            entries[key] = entry.count > 0 ? entry : nil
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: true) }
    }
}

extension ServiceError {
    static var attemptsExceeded: ServiceError { .notAuthorized("Password attempts exceeded") }

    static var rateExceeded: ServiceError { .cognito(.tooManyRequestsException, "Rate exceeded") }

    static var incorrect: ServiceError { .notAuthorized("Incorrect username or password.") }
}
