import Ledger
import Platform
import Synchronization
import Wire

extension Quota {
    /// How many requests to sign in an account may make in a Region, in a second: `UserAuthentication`.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html#category_operations>
    static let userAuthentication = Quota("UserAuthenticationPerSecond", 120)
}

extension Call {
    /// Counts a request to sign in.
    /// - Throws: TooManyRequestsException.
    func takeSignInRate() throws(ServiceError) {
        let isFree = SignInRate.shared.take(scope, most: quotas[.userAuthentication], at: ContinuousClock.now)
        if !isFree { throw .rateExceeded }
    }
}

/// How many requests to sign in each account may still make at the moment, on this node.
final class SignInRate: Sendable {
    static let shared = SignInRate()

    /// What is left of a second's, and since when.
    private struct Bucket {
        var left: Double
        var time: ContinuousClock.Instant
    }

    private let buckets = Mutex<[Scope: Bucket]>([:])

    init() {}

    /// Takes one, if there is one left. They come back evenly.
    func take(_ scope: Scope, most: Int, at time: ContinuousClock.Instant) -> Bool {
        let most = Double(max(1, most))
        return buckets.withLock { buckets in
            var bucket = buckets[scope] ?? Bucket(left: most, time: time)
            bucket.left = min(most, bucket.left + max(0, (time - bucket.time) / .seconds(1)) * most)
            bucket.time = time
            let isFree = bucket.left >= 1
            if isFree { bucket.left -= 1 }
            buckets[scope] = bucket
            return isFree
        }
    }
}
