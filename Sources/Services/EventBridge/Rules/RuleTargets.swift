import Directory
import EventBridgeAPI
import Ledger
import Platform
import Policy
import Wire

// The targets of rules. <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html>

extension EventBridge.PutTargets: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let bus = try BusReference(input.eventBusName, call)
        let arns = input.targets.map(\.arn)
        let context: [String: ContextValue] = ["events:targetarn": arns.count == 1 ? .one(arns[0]) : .many(arns)]
        var needs = [call.ruleAccess(bus, input.rule, context)]
        var roles: Set<String> = []
        for target in input.targets {
            guard let role = target.roleArn, roles.insert(role).inserted else { continue }
            needs.append(try call.passing(role))
        }
        return .required(needs)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let bus = try BusReference(input.eventBusName, call)
        var rule = try records.rule(input.rule, on: bus)
        try rule.checkManaged(call)
        let ids = input.targets.map(\.id)
        guard Set(ids).count == ids.count else { throw .invalidEvents("Target ids must be unique in a request.") }
        for target in input.targets where ARN(parsing: target.arn) == nil {
            throw .invalidEvents(
                "Parameter \(target.arn) is not valid. Reason: Provided Arn is not in correct format.")
        }
        var failed: [EventBridge.PutTargetsResultEntry] = []
        for target in input.targets {
            var fault = target.fault(on: bus, call.environment)
            let place = rule.targets.firstIndex { $0.id == target.id }
            if fault == nil, place == nil, rule.targets.count >= call.quotas[.eventTargets] {
                throw .tooManyInEvents
            }
            if fault == nil, let arn = target.deadLetterConfig?.arn, !DeadLetters.isQueue(arn) {
                fault = (
                    "ValidationException",
                    "Parameter DeadLetterConfig is not valid. Reason: \(arn) is not the ARN of an Amazon SQS queue."
                )
            }
            if let fault {
                failed.append(
                    EventBridge.PutTargetsResultEntry {
                        $0.targetId = target.id
                        $0.errorCode = fault.code
                        $0.errorMessage = fault.message
                    })
            } else if let place {
                rule.targets[place] = StoredTarget(target)
            } else {
                rule.targets.append(StoredTarget(target))
            }
        }
        try records.of(bus.scope).put(rule)
        return Output {
            $0.failedEntryCount = failed.count
            $0.failedEntries = failed
        }
    }
}

extension EventBridge.RemoveTargets: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.ruleAccess(try BusReference(input.eventBusName, call), input.rule))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let bus = try BusReference(input.eventBusName, call)
        var rule = try records.rule(input.rule, on: bus)
        try rule.checkManaged(call, force: input.force)
        var failed: [EventBridge.RemoveTargetsResultEntry] = []
        for id in input.ids {
            if let place = rule.targets.firstIndex(where: { $0.id == id }) {
                rule.targets.remove(at: place)
            } else {
                failed.append(
                    EventBridge.RemoveTargetsResultEntry {
                        $0.targetId = id
                        $0.errorCode = "ResourceNotFoundException"
                        $0.errorMessage = "Rule \(rule.name) does not have a target with the Id \(id)."
                    })
            }
        }
        try records.of(bus.scope).put(rule)
        return Output {
            $0.failedEntryCount = failed.count
            $0.failedEntries = failed
        }
    }
}

extension EventBridge.ListTargetsByRule: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.ruleAccess(try BusReference(input.eventBusName, call), input.rule))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let rule = try records.rule(input.rule, on: try BusReference(input.eventBusName, call))
        let found = page(
            rule.targets.sorted { $0.id < $1.id }, by: \.id, try EventsPage.paging(input.nextToken, input.limit))
        let targets = try found.map { target throws(ServiceError) in try target.view() }
        return Output {
            $0.targets = targets.items
            $0.nextToken = targets.marker
        }
    }
}
