import Ledger
import Platform
import ShieldAdvancedAPI
import Wire

// The subscription to Shield Advanced. Here it costs nothing, and its year passes as AWS's does.
// <https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_CreateSubscription.html>

extension ShieldAdvanced.CreateSubscription: WriteOperation, OnAllOfShield {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let found = try records.get(StoredSubscription.self, call.accountID)
        guard found?.isActive(at: call.time) != true else {
            throw .alreadyExists("The subscription already exists.", "Subscription")
        }
        try records.put(StoredSubscription(account: call.accountID, at: call.time))
        return Output()
    }
}

extension ShieldAdvanced.DescribeSubscription: ReadOperation, OnAllOfShield {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let subscription = try records.subscription(call)
        let limits = ProtectableType.allCases.map { type in
            ShieldAdvanced.Limit {
                $0.type = type.limitName
                $0.max = call.quotas[.protections]
            }
        }
        let groups = ShieldAdvanced.ProtectionGroupLimits {
            $0.maxProtectionGroups = call.quotas[.protectionGroups]
            $0.patternTypeLimits = ShieldAdvanced.ProtectionGroupPatternTypeLimits {
                $0.arbitraryPatternLimits = ShieldAdvanced.ProtectionGroupArbitraryPatternLimits {
                    $0.maxMembers = call.quotas[.protectionGroupMembers]
                }
            }
        }
        return Output(
            subscription: ShieldAdvanced.Subscription {
                $0.startTime = Timestamp(secondsSinceEpoch: subscription.start)
                $0.endTime = Timestamp(secondsSinceEpoch: subscription.end(at: call.time))
                $0.timeCommitmentInSeconds = StoredSubscription.commitment
                $0.autoRenew = subscription.autoRenew ? "ENABLED" : "DISABLED"
                $0.limits = limits
                $0.proactiveEngagementStatus = subscription.proactiveEngagement
                $0.subscriptionLimits = ShieldAdvanced.SubscriptionLimits {
                    $0.protectionLimits = ShieldAdvanced.ProtectionLimits { $0.protectedResourceTypeLimits = limits }
                    $0.protectionGroupLimits = groups
                }
                $0.subscriptionArn = ShieldARN.subscription(call.accountID)
            })
    }
}

extension ShieldAdvanced.GetSubscriptionState: ReadOperation, OnAllOfShield {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let found = try records.get(StoredSubscription.self, call.accountID)
        return Output(subscriptionState: found?.isActive(at: call.time) == true ? "ACTIVE" : "INACTIVE")
    }
}

extension ShieldAdvanced.UpdateSubscription: WriteOperation, OnAllOfShield {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var subscription = try records.subscription(call)
        guard let asked = input.autoRenew, (asked == "ENABLED") != subscription.autoRenew else { return Output() }
        guard subscription.end(at: call.time) - call.time <= StoredSubscription.changeable else { throw .locked }
        subscription.autoRenew = asked == "ENABLED"
        subscription.decided = call.time
        try records.put(subscription)
        return Output()
    }
}

/// AWS has deprecated it: a subscription can't be deleted before its year is over, and is gone then.
/// <https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_DeleteSubscription.html>
extension ShieldAdvanced.DeleteSubscription: WriteOperation, OnAllOfShield {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        _ = try records.subscription(call)
        throw .locked
    }
}

extension ServiceError {
    fileprivate static var locked: ServiceError {
        ShieldAdvanced.Failure.lockedSubscriptionException(
            "You are trying to update a subscription that has not yet completed the 1-year commitment. You can change "
                + "the AutoRenew parameter during the last 30 days of your subscription.")
    }
}
