import Ledger
import Platform
import Wire

/// Deletes what was counted for Insights that nobody wants any more, and what they had yet to deliver.
struct ForgetRates: Job {
    static let kind = "CloudTrail::ForgetRates"
    private static let most = 256

    func run(_ context: JobContext) async throws(ServiceError) {
        let id = context.id
        var count: Int
        repeat {
            count = try await context.environment.write(context.scope, requestID: "") {
                (records) throws(ServiceError) in
                let rates = try records.deleteAll(CallRate.self, of: id, limit: Self.most)
                return max(rates, try records.deleteAll(PendingInsight.self, of: id, limit: Self.most))
            }
        } while count == Self.most
    }
}

/// Deletes counts and Insights events that are older than 90 days.
struct ForgetOldRates: RecurringJob {
    static let kind = "CloudTrail::ForgetOldRates"
    static let interval = 3600.0
    private static let most = 256

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let end = RequestIDs.milliseconds(environment.now()) - CallRate.keptDays * 86_400_000
        for source in environment.insightSources {
            guard let watch = source.watch else { continue }
            try await Self.repeating {
                () async throws(ServiceError) in
                try await environment.write(source.scope, requestID: "") { (records) throws(ServiceError) in
                    let old = try records.list(CallRate.self, by: CallRate.byHour, of: watch, limit: Self.most).filter {
                        $0.hour < end / 3_600_000
                    }
                    for row in old { try records.delete(CallRate.self, row.key, of: watch) }
                    return old.count
                }
            }
        }
        try await Self.repeating {
            () async throws(ServiceError) in
            try await environment.write(InsightEvent.scope, requestID: "") { (records) throws(ServiceError) in
                let old = try records.list(InsightEvent.self, by: InsightEvent.byTime, limit: Self.most).filter {
                    $0.time < end
                }
                for row in old { try records.delete(InsightEvent.self, row.key) }
                return old.count
            }
        }
    }

    private static func repeating(_ step: () async throws(ServiceError) -> Int) async throws(ServiceError) {
        while try await step() == most {}
    }
}
