import Ledger
import Platform
import Synchronization
import Wire

/// How many requests of a category an account may make in a Region, in a second. AWS counts what administrators do as well:
/// here policies decide on them, and these are for what anybody can ask for.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html#category_operations>
extension Quota {
    static let requestRates = [userAuthentication, userCreation, userAccountRecovery]

    /// `UserAuthentication`: to sign in.
    static let userAuthentication = Quota("UserAuthenticationPerSecond", 120)
    /// `UserCreation`: to sign up, and to confirm it.
    static let userCreation = Quota("UserCreationPerSecond", 50)
    /// `UserAccountRecovery`: for another password.
    static let userAccountRecovery = Quota("UserAccountRecoveryPerSecond", 30)
}

extension Call {
    /// Counts a request to sign in.
    /// - Throws: TooManyRequestsException.
    func takeSignInRate() throws(ServiceError) { try takeRate(.userAuthentication) }

    /// Counts a request of a category.
    /// - Throws: TooManyRequestsException.
    func takeRate(_ category: Quota) throws(ServiceError) {
        let isFree = SignInRate.shared.take(
            scope, category.name, most: quotas[category], at: ContinuousClock.now)
        if !isFree { throw .rateExceeded }
    }
}

/// How many requests of each category each account may still make at the moment, on this node.
final class SignInRate: Sendable {
    static let shared = SignInRate()

    private struct Key: Hashable {
        let scope: Scope
        let category: String
    }

    /// What is left of a second's, and since when.
    private struct Bucket {
        var left: Double
        var time: ContinuousClock.Instant
    }

    private let buckets = Mutex<[Key: Bucket]>([:])

    init() {}

    /// Takes one, if there is one left. They come back evenly.
    func take(
        _ scope: Scope, _ category: String = Quota.userAuthentication.name, most: Int, at time: ContinuousClock.Instant
    ) -> Bool {
        let most = Double(max(1, most))
        let key = Key(scope: scope, category: category)
        return buckets.withLock { buckets in
            var bucket = buckets[key] ?? Bucket(left: most, time: time)
            bucket.left = min(most, bucket.left + max(0, (time - bucket.time) / .seconds(1)) * most)
            bucket.time = time
            let isFree = bucket.left >= 1
            if isFree { bucket.left -= 1 }
            buckets[key] = bucket
            return isFree
        }
    }
}
