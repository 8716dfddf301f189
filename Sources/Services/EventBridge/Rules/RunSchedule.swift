import FoundationEssentials
import Ledger
import Platform
import Wire

/// Runs a scheduled rule, and puts its next run on the schedule.
struct RunSchedule: Job {
    static let kind = "EventBridge::RunSchedule"

    let ruleID: String
    /// The expression, by which a change is noticed.
    let schedule: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (job, due, now) = (self, context.due, context.environment.now())
        let counts = context.environment.metricCounts
        try await context.finish { (records) throws(ServiceError) in
            guard let rule = try records.get(StoredRule.self, job.ruleID), rule.state != .disabled,
                rule.schedule == job.schedule, let schedule = ScheduleExpression(job.schedule)
            else { return }
            let event = BusEvent(
                id: UUID().uuidString.lowercased(), source: "aws.events", detailType: "Scheduled Event",
                account: rule.accountID, time: due, region: rule.region, resources: [rule.arn], detail: "{}",
                ingested: now)
            try records.deliver(event, to: rule, at: now)
            records.afterwards { rule.count(["TriggeredRules"], at: now, in: counts) }
            // What has been missed while nobody was there is not caught up on.
            var next = schedule.next(after: due)
            if let time = next, time <= now { next = schedule.next(after: now) }
            guard let next else { return }
            try records.schedule(job, id: job.ruleID, at: next)
        }
    }
}
