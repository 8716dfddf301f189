import Directory
import Ledger
import Platform
import ShieldAdvancedAPI
import Wire

// Attacks on the account's applications. They are told of with and without a subscription: whatever the web front stands before
// is watched. <https://docs.aws.amazon.com/waf/latest/developerguide/ddos-viewing-events.html>

extension ShieldAdvanced.ListAttacks: ReadOperation, OnAllOfShield {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        try check(input.startTime, "StartTime")
        try check(input.endTime, "EndTime")
        let paging: Paging
        do throws(ServiceError) { paging = try ShieldPage.paging(input) } catch {
            throw .invalidParameter("NextToken", "The NextToken value is invalid.")
        }
        let page = try records.page(StoredAttack.self, paging) { attack in
            attack.report.start > call.time - StoredAttack.kept
                && (input.resourceArns?.isEmpty != false || input.resourceArns?.contains(attack.resourceARN) == true)
                && isIn(input.startTime, attack.report.start) && isIn(input.endTime, attack.report.end ?? call.time)
        }
        return Output {
            $0.attackSummaries = page.items.map(\.summary)
            $0.nextToken = page.marker
        }
    }

    private static func check(_ range: ShieldAdvanced.TimeRange?, _ field: String) throws(ServiceError) {
        guard let from = range?.fromInclusive, let to = range?.toExclusive else { return }
        guard from <= to else { throw .invalidParameter(field, "FromInclusive must not be after ToExclusive.") }
    }

    private static func isIn(_ range: ShieldAdvanced.TimeRange?, _ time: Double) -> Bool {
        (range?.fromInclusive.map { time >= $0.secondsSinceEpoch } ?? true)
            && (range?.toExclusive.map { time < $0.secondsSinceEpoch } ?? true)
    }
}

extension ShieldAdvanced.DescribeAttack: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.shieldAccess(ShieldARN.attack(input.attackId, call.accountID)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let attack = try records.get(StoredAttack.self, input.attackId) else {
            throw ShieldAdvanced.Failure.accessDeniedException(
                "The attack does not exist, or you don't have permission to access it.")
        }
        return Output(attack: attack.detail)
    }
}

extension ShieldAdvanced.DescribeAttackStatistics: ReadOperation, OnAllOfShield {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let day = 86_400.0
        // The day that has not passed is not told of yet.
        let end = (call.time / day).rounded(.down) * day
        let start = end - StoredAttack.kept
        let isSubscribed = try records.get(StoredSubscription.self, call.accountID)?.isActive(at: call.time) == true
        let reports = try records.list(StoredAttack.self).map(\.report).filter { $0.start >= start && $0.start < end }
        // The greatest numbers, by what AWS measures attacks with.
        func item(
            _ unit: String, _ set: (inout ShieldAdvanced.AttackVolume, ShieldAdvanced.AttackVolumeStatistics) -> Void
        ) -> ShieldAdvanced.AttackStatisticsDataItem? {
            let found = reports.compactMap { report in
                report.vectors.filter { $0.unit == unit }.compactMap { report.counters[$0.rawValue]?.max }.max()
            }
            guard let most = found.max() else { return nil }
            return ShieldAdvanced.AttackStatisticsDataItem {
                $0.attackVolume = ShieldAdvanced.AttackVolume {
                    set(&$0, ShieldAdvanced.AttackVolumeStatistics { $0.max = most })
                }
                $0.attackCount = found.count
            }
        }
        let items = [
            item("PACKETS") { $0.packetsPerSecond = $1 },
            // Who has no subscription is not told of requests.
            isSubscribed ? item("REQUESTS") { $0.requestsPerSecond = $1 } : nil,
        ].compactMap { $0 }
        return Output {
            $0.timeRange = ShieldAdvanced.TimeRange {
                $0.fromInclusive = Timestamp(secondsSinceEpoch: start)
                $0.toExclusive = Timestamp(secondsSinceEpoch: end)
            }
            $0.dataItems =
                items.isEmpty
                ? [ShieldAdvanced.AttackStatisticsDataItem { $0.attackCount = reports.count }] : items
        }
    }
}
