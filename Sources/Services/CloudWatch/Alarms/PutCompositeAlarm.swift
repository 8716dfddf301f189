import CloudWatchAPI
import Directory
import MetricMath
import Platform
import Policy
import Wire

/// Makes an alarm of other alarms, or configures it anew. Its state is found at once.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html>
extension CloudWatch.PutCompositeAlarm: WriteOperation {
    /// Alarms that a rule may name.
    private static let mostAlarms = 100

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.accessToAlarm(
            input.alarmName, tags: input.tags,
            actions: (input.alarmActions ?? []) + (input.okActions ?? []) + (input.insufficientDataActions ?? []))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let rule: AlarmRule
        do throws(MathError) { rule = try AlarmRule(input.alarmRule) } catch {
            throw .validation(
                "AlarmRule must not contain leading or trailing whitespace or be invalid: \(error.message)")
        }
        guard rule.alarms.count <= mostAlarms else {
            throw .validation("AlarmRule must not have more than \(mostAlarms) alarms.")
        }
        var missing: [String] = []
        for reference in rule.alarms {
            try check(reference, call)
            let name = StoredAlarm.name(reference)
            if name == input.alarmName {
                throw .validation("Could not save the composite alarm as its alarm rule refers to itself.")
            }
            if try records.get(StoredAlarm.self, name) == nil { missing.append(reference) }
        }
        guard missing.isEmpty else {
            throw .validation(
                "Could not save the composite alarm as alarms [\(missing.joined(separator: ", "))] in the alarm rule do not exist"
            )
        }
        let watch = try suppression(input, call, records)
        let (alarm, isNew) = try AlarmSettings(
            name: input.alarmName, description: input.alarmDescription, actionsEnabled: input.actionsEnabled,
            ok: input.okActions, alarm: input.alarmActions, insufficientData: input.insufficientDataActions,
            tags: input.tags
        ).put(.alarms(watch), call, records)
        let transition = AlarmTransition(records, call.environment, at: call.time)
        let (state, data) = try transition.evaluate(rule)
        let verb = isNew ? "was created" : "was updated"
        try transition.enter(
            alarm, state, reason: "\(alarm.arn) \(verb) and its alarm rule evaluates to \(state.rawValue)", data: data)
        return Output()
    }

    private static func check(_ reference: String, _ call: Call) throws(ServiceError) {
        guard reference.hasPrefix("arn:") else { return }
        guard reference == call.alarmARN(StoredAlarm.name(reference)) else {
            throw .validation(
                "AlarmRule must refer to alarms of the same account and Region, which \(reference) is not.")
        }
    }

    private static func suppression(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> AlarmWatch {
        let (wait, more) = (input.actionsSuppressorWaitPeriod, input.actionsSuppressorExtensionPeriod)
        guard let suppressor = input.actionsSuppressor, !suppressor.isEmpty else {
            guard wait == nil, more == nil else {
                throw .validation(
                    "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod can only be set with ActionsSuppressor."
                )
            }
            return AlarmWatch(rule: input.alarmRule)
        }
        try check(suppressor, call)
        guard let wait, let more, wait >= 0, more >= 0 else {
            throw .validation(
                "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are required with ActionsSuppressor, and not"
                    + " negative.")
        }
        guard try records.get(StoredAlarm.self, StoredAlarm.name(suppressor)) != nil else {
            throw .validation(
                "Could not save the composite alarm as the alarm [\(suppressor)] in ActionsSuppressor does not exist")
        }
        return AlarmWatch(rule: input.alarmRule, suppressor: suppressor, waitPeriod: wait, extensionPeriod: more)
    }
}
