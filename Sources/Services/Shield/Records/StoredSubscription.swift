import Ledger
import Platform
import Wire

/// That an account has Shield Advanced, and who is to be told of attacks.
/// <https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_Subscription.html>
struct StoredSubscription: Record {
    static let kind = "AWS::Shield::Subscription"
    static let version = 1
    /// The seconds of a year, for which it is made each time.
    static let commitment = 31_536_000
    /// How long before its end it can be changed whether it goes on, in seconds.
    /// <https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_UpdateSubscription.html>
    static let changeable = 30.0 * 86_400

    /// The account.
    let id: String
    /// Seconds since 1970.
    let start: Double
    var autoRenew = true
    /// When it was last said whether it goes on, in seconds since 1970: what has ended before stays so.
    var decided: Double
    /// `ENABLED`, `DISABLED`, `PENDING`; nil: nobody has asked for it.
    var proactiveEngagement: String?
    var contacts: [Contact] = []
    /// The role by which AWS's Shield response team would get in; nil: none.
    var role: String?
    /// The buckets whose logs it would see.
    var logBuckets: [String] = []

    /// Who is to be told.
    struct Contact: Codable, Sendable, Equatable {
        let email: String
        let phone: String?
        let notes: String?
    }

    /// - Parameter time: seconds since 1970.
    init(account: String, at time: Double) {
        id = account
        start = time
        decided = time
    }

    /// When the year ends that it is in, in seconds since 1970. One that goes on is in the year that has the moment; one that
    /// doesn't in the year in which that was said.
    func end(at time: Double) -> Double {
        let year = Double(Self.commitment)
        let moment = autoRenew ? time : decided
        return start + year * (max(0, (moment - start) / year).rounded(.down) + 1)
    }

    func isActive(at time: Double) -> Bool { time < end(at: time) }
}

extension RecordReading {
    /// The account's subscription.
    /// - Throws: ResourceNotFoundException where there is none, or one that has ended.
    func subscription(_ call: Call) throws(ServiceError) -> StoredSubscription {
        guard let found = try get(StoredSubscription.self, call.accountID), found.isActive(at: call.time) else {
            throw .noSubscription
        }
        return found
    }
}
