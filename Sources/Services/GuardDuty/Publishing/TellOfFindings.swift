import GuardDutyAPI
import Ledger
import Platform
import Wire

// Whom findings are told: the default event buses of the account and its administrator, and the buckets that they have named.
// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html>

extension MutableRecords {
    /// Tells of a finding as it is.
    func tell(of finding: StoredFinding, _ environment: Environment, at time: Double) throws(ServiceError) {
        let body = try finding.view().structure.json
        let administrator = environment.guardDuty.administrator(of: finding.accountID, region: finding.region)
        for account in [finding.accountID] + (administrator.map { [$0.administratorID] } ?? []) {
            try announce(
                AnnouncedEvent(source: "aws.guardduty", detailType: "GuardDuty Finding", time: time, detail: body),
                to: account, in: finding.region)
            let own = of(Scope(account: account, region: finding.region))
            guard !environment.guardDuty.destinations(own.scope).isEmpty else { continue }
            try own.put(
                PendingExport(
                    time: RequestIDs.milliseconds(time), account: finding.accountID, finding: finding.id, body: body))
            try own.scheduleExport(at: time)
        }
    }

    /// Has new occurrences told of, in so much time.
    func schedulePublishing(_ detector: String, at time: Double) throws(ServiceError) {
        if let due = try scheduledTime(of: PublishOccurrences.self, id: detector), due <= time { return }
        try schedule(PublishOccurrences(), id: detector, at: time)
    }
}

/// Tells of findings that have occurred again since they were last told of.
struct PublishOccurrences: Job {
    static let kind = "GuardDuty::PublishOccurrences"
    private static let batch = 256

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let now = environment.now()
        let detector = context.id
        try await context.finish { (records) throws(ServiceError) in
            let last = RequestIDs.milliseconds(now)
            let waiting = try records.list(StoredFinding.self, by: StoredFinding.byDue, limit: Self.batch)
            var next: Double?
            for var finding in waiting {
                guard let due = finding.due else { continue }
                guard due <= last else {
                    next = min(next ?? .infinity, Double(due) / 1000)
                    continue
                }
                finding.due = nil
                finding.published = now
                try records.put(finding)
                try records.tell(of: finding, environment, at: now)
            }
            if waiting.count == Self.batch { next = min(next ?? .infinity, now) }
            if let next { try records.schedule(PublishOccurrences(), id: detector, at: next) }
        }
    }
}
