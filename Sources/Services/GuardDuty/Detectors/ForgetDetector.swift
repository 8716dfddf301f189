import Ledger
import Platform
import Wire

/// Deletes what a detector has found and remembered, once it is deleted itself.
struct ForgetDetector: Job {
    static let kind = "GuardDuty::ForgetDetector"
    private static let batch = 256

    func run(_ context: JobContext) async throws(ServiceError) {
        let (detector, now) = (context.id, context.environment.now())
        try await context.finish { (records) throws(ServiceError) in
            var isDone = true
            var after: RowKey?
            var deleted = 0
            // Another detector may have findings here by now.
            while deleted < Self.batch {
                let rows = try records.list(
                    StoredFinding.self, RowRange(after: after.map { .key($0) }), limit: Self.batch)
                for row in rows where row.detectorID == detector {
                    try records.delete(StoredFinding.self, row.key)
                    deleted += 1
                }
                guard rows.count == Self.batch, let last = rows.last else { break }
                after = last.key
            }
            if deleted >= Self.batch { isDone = false }
            if try records.deleteAll(OpenFinding.self, of: detector, limit: Self.batch) == Self.batch { isDone = false }
            if try records.deleteAll(ActorMemoryRow.self, of: detector, limit: Self.batch) == Self.batch {
                isDone = false
            }
            try records.delete(AccountMemoryRow.self, RowKey(.text(detector)))
            if !isDone { try records.schedule(ForgetDetector(), id: detector, at: now) }
        }
    }
}

/// Deletes findings that have not changed for ninety days, and what is remembered of callers who were not seen for as long.
struct ForgetOldFindings: RecurringJob {
    static let kind = "GuardDuty::ForgetOldFindings"
    static let interval = 3600.0
    private static let batch = 256

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let now = environment.now()
        let oldest = now - StoredFinding.retention
        for detector in environment.guardDuty.all {
            var isDone = false
            while !isDone {
                isDone = try await environment.write(detector.scope, requestID: "") {
                    (records) throws(ServiceError) in
                    let findings = try records.list(
                        StoredFinding.self, by: StoredFinding.byTime, limit: Self.batch)
                    let old = findings.filter { $0.updated < oldest }
                    for finding in old { try records.delete(StoredFinding.self, finding.key) }
                    let actors = try records.list(
                        ActorMemoryRow.self, by: ActorMemoryRow.byDay, of: detector.id, limit: Self.batch)
                    let gone = actors.filter { Double($0.day) * 86_400 < oldest }
                    for actor in gone { try records.delete(ActorMemoryRow.self, actor.key, of: detector.id) }
                    for list in try records.list(StoredList.self)
                    where list.status == .deleted && list.updated < now - 86_400 {
                        try records.delete(list)
                    }
                    return old.count < Self.batch && gone.count < Self.batch
                }
                await Task.yield()
            }
        }
        try await context.finish { _ in }
    }
}
