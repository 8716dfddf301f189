import Ledger
import MetricMath
import Platform
import Wire

/// Brings an alarm into a state, within a transaction: with its history, its event, its actions, and what that means to the
/// composite alarms that watch it.
struct AlarmTransition {
    let records: MutableRecords
    private let index: AlarmIndex
    /// Seconds since 1970.
    let now: Double

    init(_ records: MutableRecords, _ environment: Environment, at now: Double) {
        self.records = records
        self.now = now
        index = environment.projection(AlarmIndex.self)
    }

    /// An alarm has a state, for a reason. If it is another than before, the composite alarms that watch it look again at what
    /// they watch, and those that watch them.
    ///
    /// Each looks once, when all that it watches have, so that none goes through a state that is none of the whole. Where
    /// alarms watch each other in a circle the evaluation ends, as AWS's does.
    /// - Returns: whether that is another than before.
    @discardableResult
    func enter(
        _ alarm: StoredAlarm, _ state: AlarmState, reason: String, data: String?
    ) throws(ServiceError) -> Bool {
        guard let status = try change(alarm, state, reason, data) else { return false }
        // By the name of a composite alarm: why it has to look again.
        var reasons: [String: String] = [:]
        func tell(_ alarm: StoredAlarm, _ status: AlarmStatus) {
            let reason = "\(alarm.arn) transitioned to \(status.value.rawValue) at \(AlarmEvent.longDate(now))"
            for parent in index.parents(of: alarm.name, in: records.scope) { reasons[parent] = reason }
        }
        tell(alarm, status)
        guard !reasons.isEmpty else { return true }
        for name in index.ancestors(of: alarm.name, in: records.scope) {
            guard let reason = reasons[name], let composite = try records.get(StoredAlarm.self, name),
                let watch = composite.alarmWatch, let rule = try? AlarmRule(watch.rule)
            else { continue }
            let (state, data) = try evaluate(rule)
            if let status = try change(composite, state, reason, data) { tell(composite, status) }
        }
        return true
    }

    /// - Returns: the new status; nil: the alarm was in the state already.
    private func change(
        _ alarm: StoredAlarm, _ state: AlarmState, _ reason: String, _ data: String?
    ) throws(ServiceError) -> AlarmStatus? {
        let old = try records.status(of: alarm)
        var new = old
        (new.reason, new.reasonData, new.updated) = (reason, data, now)
        guard old.value != state else {
            try records.put(new)
            return nil
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
        try suppressorChanged(alarm.name, isInAlarm: state == .alarm)
        return new
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

    /// What becomes of actions that an alarm suppresses: the alarm has changed, or is deleted.
    func suppressorChanged(_ name: String, isInAlarm: Bool) throws(ServiceError) {
        for composite in index.suppressed(by: name, in: records.scope) where composite != name {
            guard let composite = try records.get(StoredAlarm.self, composite), let watch = composite.alarmWatch,
                watch.suppressor.map(StoredAlarm.name) == name
            else { continue }
            try suppressorChanged(composite, watch, isInAlarm)
        }
    }

    private func suppressorChanged(
        _ composite: StoredAlarm, _ watch: AlarmWatch, _ isInAlarm: Bool
    ) throws(ServiceError) {
        var status = try records.status(of: composite)
        guard let suppression = status.suppression else { return }
        if isInAlarm {
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
