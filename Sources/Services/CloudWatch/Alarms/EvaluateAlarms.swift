import Ledger
import Platform
import Synchronization
import Wire

/// Looks at the data of all metric alarms each minute, or every ten seconds where there are alarms with shorter periods.
///
/// Data are read some alarms at a time, without keeping any writer waiting; only those whose state changes are written.
struct EvaluateAlarms: RecurringJob {
    static let kind = "CloudWatch::EvaluateAlarms"
    static let interval = 60.0
    /// Alarms that are read for at a time.
    private static let portion = 100

    static func interval(_ environment: Environment) -> Double {
        environment.projection(AlarmIndex.self).hasFastAlarms ? 10 : interval
    }

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let index = environment.projection(AlarmIndex.self)
        let now = environment.now()
        var failure: ServiceError?
        for scope in index.scopes {
            let alarms = index.alarms(in: scope).filter { $0.metricWatch != nil }
            for start in stride(from: 0, to: alarms.count, by: Self.portion) {
                let some = Array(alarms[start..<min(start + Self.portion, alarms.count)])
                do throws(ServiceError) { try await evaluate(some, in: scope, environment, at: now) } catch {
                    // What is wrong with one alarm is no matter of the others.
                    for alarm in some {
                        do throws(ServiceError) { try await evaluate([alarm], in: scope, environment, at: now) } catch {
                            failure = error
                        }
                    }
                }
            }
        }
        if let failure { throw failure }
    }

    private struct Change: Sendable {
        let alarm: StoredAlarm
        let conclusion: AlarmCheck.Conclusion
    }

    private func evaluate(
        _ alarms: [StoredAlarm], in scope: Scope, _ environment: Environment, at now: Double
    ) async throws(ServiceError) {
        let changes = try await environment.read(scope) { (records) throws(ServiceError) in
            var changes: [Change] = []
            for alarm in alarms {
                guard let conclusion = try conclusion(alarm, records, now) else { continue }
                guard try records.status(of: alarm).value != conclusion.state else { continue }
                changes.append(Change(alarm: alarm, conclusion: conclusion))
            }
            return changes
        }
        guard !changes.isEmpty else { return }
        try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            let transition = AlarmTransition(records, environment, at: now)
            for change in changes {
                // It may have been changed or deleted meanwhile.
                guard let alarm = try records.get(StoredAlarm.self, change.alarm.name),
                    alarm.uniqueID == change.alarm.uniqueID, alarm.updated == change.alarm.updated
                else { continue }
                let conclusion = change.conclusion
                try transition.enter(
                    alarm, conclusion.state, reason: conclusion.reason, data: conclusion.reasonData)
            }
        }
    }

    /// An expression that can't be computed of what data there are says nothing.
    private func conclusion(
        _ alarm: StoredAlarm, _ records: Records, _ now: Double
    ) throws(ServiceError) -> AlarmCheck.Conclusion? {
        do throws(ServiceError) { return try AlarmCheck(alarm, at: now)?.conclusion(records) } catch {
            if error.fault == .sender { return nil }
            throw error
        }
    }
}
