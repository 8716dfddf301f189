import Ledger
import Platform
import Synchronization
import Wire

/// How many requests of a category an account may make in a Region, in a second.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html#category_operations>
extension Quota {
    static let requestRates = [userAuthentication, userCreation, userAccountRecovery, userFederation]

    /// `UserAuthentication`: to sign in.
    static let userAuthentication = Quota("UserAuthenticationPerSecond", 120)
    /// `UserCreation`: to sign up, and to confirm it.
    static let userCreation = Quota("UserCreationPerSecond", 50)
    /// `UserAccountRecovery`: for another password.
    static let userAccountRecovery = Quota("UserAccountRecoveryPerSecond", 30)
    /// `UserFederation`: to sign in at a provider.
    static let userFederation = Quota("UserFederationPerSecond", 25)
}

extension Call {
    /// Counts a request to sign in.
    /// - Throws: TooManyRequestsException.
    func takeSignInRate() throws(ServiceError) { try takeRate(.userAuthentication) }

    /// Counts a request of a category.
    /// - Throws: TooManyRequestsException.
    func takeRate(_ quota: Quota) throws(ServiceError) {
        guard RequestRate.shared.take(quota, scope, most: quotas[quota], at: ContinuousClock.now) else {
            throw .rateExceeded
        }
    }
}

/// How many requests of a category each account may still make at the moment, on this node.
final class RequestRate: Sendable {
    static let shared = RequestRate()

    private struct Key: Hashable {
        let quota: Quota
        let scope: Scope
    }

    /// What is left of a second's, and since when.
    private struct Bucket {
        var left: Double
        var time: ContinuousClock.Instant
    }

    private let buckets = Mutex<[Key: Bucket]>([:])

    init() {}

    /// Takes one, if there is one left. They come back evenly.
    func take(_ quota: Quota, _ scope: Scope, most: Int, at time: ContinuousClock.Instant) -> Bool {
        let (key, most) = (Key(quota: quota, scope: scope), Double(max(1, most)))
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
