import CloudWatchAPI
import Directory
import MetricMath
import Platform
import Policy
import Wire

/// Brings an alarm into a state until it is next evaluated: with everything that comes of it.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html>
extension CloudWatch.SetAlarmState: WriteOperation, OnAlarm {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let alarm = try records.alarm(input.alarmName)
        guard let state = AlarmState(rawValue: input.stateValue) else {
            throw .validation("The value \(input.stateValue) for parameter StateValue is invalid.")
        }
        if let data = input.stateReasonData {
            guard let json = try? JSONValue(parsing: Array(data.utf8)), case .object = json else {
                throw CloudWatch.Failure.invalidFormat("StateReasonData is not valid JSON.")
            }
        }
        try AlarmTransition(records, call.environment, at: call.time)
            .enter(alarm, state, reason: input.stateReason, data: input.stateReasonData)
        return Output()
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_EnableAlarmActions.html>
extension CloudWatch.EnableAlarmActions: WriteOperation, OnAlarms {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.setActions(true, of: input.alarmNames, call)
        return Output()
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DisableAlarmActions.html>
extension CloudWatch.DisableAlarmActions: WriteOperation, OnAlarms {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.setActions(false, of: input.alarmNames, call)
        return Output()
    }
}

extension MutableRecords {
    fileprivate func setActions(_ isEnabled: Bool, of names: [String], _ call: Call) throws(ServiceError) {
        for name in Set(names).sorted() {
            guard var alarm = try get(StoredAlarm.self, name), alarm.actionsEnabled != isEnabled else { continue }
            alarm.actionsEnabled = isEnabled
            alarm.updated = max(call.time, alarm.updated.nextUp)
            try put(alarm)
            let now = alarm
            try note(
                .configurationUpdate, of: name, alarm.type, at: call.time,
                "Alarm actions of \"\(name)\" \(isEnabled ? "enabled" : "disabled")"
            ) { writer in
                writer.member("type", "Update")
                writer.key("newConfiguration")
                now.writeHistory(&writer)
            }
        }
    }
}

/// All or none.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html>
extension CloudWatch.DeleteAlarms: WriteOperation, OnAlarms {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        for name in Set(input.alarmNames).sorted() {
            let alarm = try records.alarm(name)
            if alarm.alarmWatch != nil, isInCircle(alarm, call) {
                throw .validation(
                    "Cannot delete \(name) as it is in a circle of composite alarms: change a rule of one of them first."
                )
            }
            try records.delete(alarm)
            if let status = try records.get(AlarmStatus.self, name) { try records.delete(status) }
            try records.cancel(EndSuppression.self, id: name)
            try records.note(
                .configurationUpdate, of: name, alarm.type, at: call.time, "Alarm \"\(name)\" deleted"
            ) { writer in
                writer.member("type", "Delete")
                writer.key("deletedAlarm")
                alarm.writeHistory(&writer)
            }
        }
        // What they have suppressed would wait for ever.
        let transition = AlarmTransition(records, call.environment, at: call.time)
        for name in Set(input.alarmNames).sorted() { try transition.suppressorChanged(name, isInAlarm: false) }
        return Output()
    }

    private static func isInCircle(_ alarm: StoredAlarm, _ call: Call) -> Bool {
        let index = call.environment.projection(AlarmIndex.self)
        return ([alarm.name] + index.ancestors(of: alarm.name, in: call.scope)).contains {
            index.parents(of: $0, in: call.scope).contains(alarm.name)
        }
    }
}
