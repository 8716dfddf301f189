import CognitoIDPAPI
import Crypto
import Ledger
import Platform
import Wire

/// What can be tried for one user name only so often.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html>
enum LimitedAttempt: String, Sendable {
    case confirmSignUp
    case resendConfirmationCode
    case forgotPassword
    case confirmForgotPassword
    case changePassword
    case getAttributeCode
    case verifyAttribute
    /// To be sent a code that is all that proves who signs in.
    case firstFactorCode
    /// To be sent one after a password: whoever has none can't use these up.
    case secondFactorCode

    /// In an hour.
    var most: Int {
        switch self {
        case .confirmSignUp, .verifyAttribute: 15
        case .resendConfirmationCode, .changePassword, .getAttributeCode: 5
        // AWS allows from 5 to 20, by its own judgement of the risk.
        case .forgotPassword, .confirmForgotPassword: 20
        // AWS names no number.
        case .firstFactorCode, .secondFactorCode: 30
        }
    }

    /// What is said of one too many; InitiateAuth and its like have no LimitExceededException.
    fileprivate var exceeded: ServiceError {
        switch self {
        case .firstFactorCode, .secondFactorCode: .rateExceeded
        default: .attemptLimitExceeded
        }
    }

    static let window = 3600.0
}

/// When something was tried for a user name. There are rows of names that no user has, too: so nobody learns from a limit
/// which names there are.
struct Attempts: TableRow, Equatable {
    static let kind = "AWS::Cognito::UserPoolUser::Attempts"

    let poolID: String
    /// ``LimitedAttempt``
    let attempt: String
    /// SHA-256 of ``PoolUser/name``, or of what was typed where there is no such user: that may be a password in the wrong
    /// field.
    let name: [UInt8]
    /// Within the last hour, the oldest first; seconds since 1970.
    var times: [Double]

    var partition: String { poolID }
    var key: RowKey { Self.key(attempt, name) }
    /// By the hour in which the row can be forgotten.
    var indexes: [RowIndex] {
        [RowIndex("until", RowKey(.number(Int64(clamping: Int((times.last ?? 0) + LimitedAttempt.window)))))]
    }

    static func key(_ attempt: String, _ name: [UInt8]) -> RowKey { RowKey(.text(attempt), .bytes(name)) }

    /// - Parameter name: any of the user's.
    static func hash(
        _ name: String, of pool: PoolEntry, _ records: some RecordReading
    ) throws(ServiceError) -> [UInt8] {
        var counted = pool.folded(name)
        if let user = try records.user(named: name, of: pool) {
            counted = user.name
        } else if counted.utf8.count == 36 {
            // Cases are not told apart in `sub`: nor in what looks like one.
            counted = counted.lowercased()
        }
        return Array(SHA256.hash(data: Array(counted.utf8)))
    }
}

extension Call {
    /// Counts an attempt, whatever comes of it: for the user, by whichever of the user's names.
    /// - Parameter name: as the request has it.
    /// - Throws: LimitExceededException or TooManyRequestsException where there were too many within an hour.
    func count(_ attempt: LimitedAttempt, for name: String, of pool: PoolEntry) async throws(ServiceError) {
        let now = time
        recordDurably()
        try await environment.write(pool.scope, requestID: requestID) { (records) throws(ServiceError) in
            let hash = try Attempts.hash(name, of: pool, records)
            let key = Attempts.key(attempt.rawValue, hash)
            var row =
                try records.get(Attempts.self, key, of: pool.id)
                ?? Attempts(poolID: pool.id, attempt: attempt.rawValue, name: hash, times: [])
            row.times.removeAll { $0 <= now - LimitedAttempt.window }
            guard row.times.count < attempt.most else { throw attempt.exceeded }
            row.times.append(now)
            try records.put(row)
        }
    }
}

extension RecordReading {
    /// Whether something was tried for a name within the last hour.
    func hasTried(
        _ attempt: LimitedAttempt, for name: String, of pool: PoolEntry, at time: Double
    ) throws(ServiceError) -> Bool {
        let hash = try Attempts.hash(name, of: pool, self)
        let row = try of(pool.scope).get(Attempts.self, Attempts.key(attempt.rawValue, hash), of: pool.id)
        return row?.times.contains { $0 > time - LimitedAttempt.window } ?? false
    }
}

/// Forgets attempts, codes and events that are past, pool by pool.
struct ForgetAttempts: RecurringJob {
    static let kind = "CognitoIDP::ForgetAttempts"
    static let interval = 3600.0
    private static let most = 256

    func run(_ context: JobContext) async throws(ServiceError) {
        let now = context.environment.clock.now
        for pool in context.environment.projection(PoolIndex.self).all {
            try await forget(Attempts.self, by: "until", of: pool, before: now, context.environment)
            try await forget(
                AuthEvent.self, by: "created", of: pool, before: now - AuthEvent.memory, context.environment)
            try await forget(UserCode.self, by: "expires", of: pool, before: now, context.environment)
        }
    }

    private func forget<R: TableRow>(
        _ type: R.Type, by index: String, of pool: PoolEntry, before time: Double, _ environment: Environment
    ) async throws(ServiceError) {
        let end = RowKey(.number(Int64(clamping: Int(time))))
        var isDone = false
        while !isDone {
            isDone = try await environment.write(pool.scope, requestID: "") { (records) throws(ServiceError) in
                let rows = try records.list(type, by: index, of: pool.id, limit: Self.most)
                let past = rows.filter { row in row.indexes.contains { $0.name == index && $0.value < end } }
                for row in past { try records.delete(type, row.key, of: pool.id) }
                return past.count < Self.most
            }
        }
    }
}
