import Ledger
import MetricMath
import Platform
import Wire

/// Brings an alarm into a state, within a transaction: with its history, its event, its actions, and what that means to the
/// composite alarms that watch it.
struct AlarmTransition {
    let records: MutableRecords
    /// The alarms of the account and Region that watch others.
    let composites: [StoredAlarm]
    /// Seconds since 1970.
    let now: Double

    init(_ records: MutableRecords, _ environment: Environment, at now: Double) {
        self.records = records
        self.now = now
        composites = environment.projection(AlarmIndex.self).alarms(in: records.scope).filter { $0.alarmWatch != nil }
    }

    /// An alarm has a state, for a reason.
    /// - Returns: whether that is another than before.
    @discardableResult
    func enter(
        _ alarm: StoredAlarm, _ state: AlarmState, reason: String, data: String?
    ) throws(ServiceError) -> Bool {
        var visited: Set<String> = []
        return try enter(alarm, state, reason, data, &visited)
    }

    private func enter(
        _ alarm: StoredAlarm, _ state: AlarmState, _ reason: String, _ data: String?, _ visited: inout Set<String>
    ) throws(ServiceError) -> Bool {
        // Alarms that watch each other in a circle end here.
        guard visited.insert(alarm.name).inserted else { return false }
        let old = try records.status(of: alarm)
        var new = old
        (new.reason, new.reasonData, new.updated) = (reason, data, now)
        guard old.value != state else {
            try records.put(new)
            return false
        }
        (new.value, new.transitioned) = (state, now)
        let isSuppressed = try suppress(alarm, &new)
        try records.put(new)
        let event = AlarmEvent(alarm: alarm, old: old, new: new)
        try records.note(
            .stateUpdate, of: alarm.name, alarm.type, at: now,
            "Alarm updated from \(old.value.rawValue) to \(state.rawValue)", event.writeHistory)
        try records.announce(event.announced(at: now))
        if !isSuppressed { try act(alarm, event) }
        try tell(alarm, new, &visited)
        return true
    }

    /// Has an alarm's actions done for the state that it is in.
    func act(_ alarm: StoredAlarm, _ event: AlarmEvent) throws(ServiceError) {
        guard alarm.actionsEnabled else { return }
        for (index, action) in alarm.actions(in: event.new.value).enumerated() {
            let job = PerformAlarmAction(
                alarm: alarm.name, alarmType: alarm.type, alarmARN: alarm.arn, action: action, subject: event.subject,
                message: event.message(at: now), stateUpdated: now)
            try records.schedule(job, id: "\(alarm.uniqueID) \(Int64(now * 1000)) \(index)", at: now)
        }
    }

    // MARK: Composite alarms

    /// Composite alarms look again at what they watch.
    private func tell(
        _ alarm: StoredAlarm, _ status: AlarmStatus, _ visited: inout Set<String>
    ) throws(ServiceError) {
        for composite in composites {
            guard let watch = composite.alarmWatch, composite.name != alarm.name else { continue }
            if let suppressor = watch.suppressor, StoredAlarm.name(suppressor) == alarm.name {
                try suppressorChanged(composite, watch, status)
            }
            guard let rule = try? AlarmRule(watch.rule),
                rule.alarms.contains(where: { StoredAlarm.name($0) == alarm.name })
            else { continue }
            let (state, data) = try evaluate(rule)
            let day = AlarmEvent.longDate(now)
            _ = try enter(
                composite, state, "\(alarm.arn) transitioned to \(status.value.rawValue) at \(day)", data, &visited)
        }
    }

    /// The state of a rule, and the alarms that it is about, in JSON.
    func evaluate(_ rule: AlarmRule) throws(ServiceError) -> (AlarmState, String) {
        var states: [String: AlarmState] = [:]
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("triggeringAlarms")
        writer.beginArray()
        for reference in rule.alarms {
            guard let alarm = try records.get(StoredAlarm.self, StoredAlarm.name(reference)) else { continue }
            let status = try records.status(of: alarm)
            states[reference] = status.value
            writer.beginObject()
            writer.member("arn", alarm.arn)
            writer.key("state")
            writer.beginObject()
            writer.member("value", status.value.rawValue)
            writer.member("timestamp", status.transitioned.alarmTime)
            writer.endObject()
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        // Of a hundred alarms there is more to say than fits.
        let data =
            writer.bytes.count <= 4000 ? String(decoding: writer.bytes, as: UTF8.self) : "{\"triggeringAlarms\":[]}"
        return (rule.isTrue { states[$0] } ? .alarm : .ok, data)
    }

    // MARK: Suppressed actions

    /// What becomes of the actions of a composite alarm that has just changed.
    /// - Returns: whether they wait.
    private func suppress(_ alarm: StoredAlarm, _ status: inout AlarmStatus) throws(ServiceError) -> Bool {
        status.suppression = nil
        guard let watch = alarm.alarmWatch, let name = watch.suppressor,
            let suppressor = try records.get(StoredAlarm.self, StoredAlarm.name(name))
        else { return false }
        if try records.status(of: suppressor).value == .alarm {
            status.suppression = .init(by: .alarm)
        } else if let seconds = watch.waitPeriod, seconds > 0 {
            try wait(for: alarm, .waitPeriod, seconds, &status)
        }
        return status.suppression != nil
    }

    private func wait(
        for alarm: StoredAlarm, _ reason: AlarmStatus.Suppression.Reason, _ seconds: Int, _ status: inout AlarmStatus
    ) throws(ServiceError) {
        let until = now + Double(seconds)
        status.suppression = .init(by: reason, until: until)
        try records.schedule(EndSuppression(alarm: alarm.name), id: alarm.name, at: until)
    }

    private func suppressorChanged(
        _ composite: StoredAlarm, _ watch: AlarmWatch, _ suppressor: AlarmStatus
    ) throws(ServiceError) {
        var status = try records.status(of: composite)
        guard let suppression = status.suppression else { return }
        if suppressor.value == .alarm {
            status.suppression = .init(by: .alarm)
            try records.cancel(EndSuppression.self, id: composite.name)
        } else if suppression.by == .alarm {
            if let seconds = watch.extensionPeriod, seconds > 0 {
                try wait(for: composite, .extensionPeriod, seconds, &status)
            } else {
                status.suppression = nil
                try act(composite, AlarmEvent(alarm: composite, old: status, new: status))
            }
        }
        try records.put(status)
    }
}

/// The time is over for which actions of a composite alarm have waited.
struct EndSuppression: Job {
    static let kind = "CloudWatch::EndSuppression"
    let alarm: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let name = alarm
        let environment = context.environment
        try await context.finish { (records) throws(ServiceError) in
            let now = environment.now()
            guard let alarm = try records.get(StoredAlarm.self, name) else { return }
            var status = try records.status(of: alarm)
            guard let until = status.suppression?.until, until <= now + 0.001 else { return }
            status.suppression = nil
            try records.put(status)
            try AlarmTransition(records, environment, at: now)
                .act(alarm, AlarmEvent(alarm: alarm, old: status, new: status))
        }
    }
}
