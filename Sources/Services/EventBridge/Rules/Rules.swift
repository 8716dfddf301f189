import Directory
import EventBridgeAPI
import EventPatterns
import Ledger
import Platform
import Policy
import Wire

// Rules. <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html>

extension Quota {
    /// Of one bus. <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html>
    static let eventRules = Quota("EventRulesPerBus", 300)
    static let eventTargets = Quota("EventTargetsPerRule", 5)
}

/// An operation on the rule that its request names.
protocol OnRule: Platform.Operation where InputFields: EventBridge.WithName & EventBridge.MayHaveEventBusName {}

extension OnRule {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.ruleAccess(try BusReference(input.eventBusName, call), input.name))
    }
}

extension StoredRule {
    /// - Throws: ManagedRuleException for a rule that a service has made, unless that service calls, or the caller insists.
    func checkManaged(_ call: Call, force: Bool? = nil) throws(ServiceError) {
        guard let managedBy, force != true, call.callingService != managedBy else { return }
        throw .managedRule
    }
}

extension EventBridge.PutRule: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let bus = try BusReference(input.eventBusName, call)
        var context = requestTags(input.tags)
        if let pattern = input.eventPattern { context.merge(PatternKeys.keys(of: pattern)) { first, _ in first } }
        var needs = [call.ruleAccess(bus, input.name, context)]
        if let role = input.roleArn, !role.isEmpty { needs.append(try call.passing(role)) }
        if input.tags?.isEmpty == false {
            var tag = call.ruleAccess(bus, input.name, requestTags(input.tags))
            tag.action = "events:TagResource"
            needs.append(tag)
        }
        return .required(needs)
    }

    /// Where the event history is now: a rule gets what is recorded from here on.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Int64 {
        try await FollowHistory.end(call.environment)
    }

    public static func handle(
        _ input: Input, _ end: Int64, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bus = try BusReference(input.eventBusName, call)
        _ = try records.bus(bus)
        let own = records.of(bus.scope)
        let old = try own.get(StoredRule.self, StoredRule.id(input.name, on: bus.name))
        try old?.checkManaged(call)
        let pattern = input.eventPattern.flatMap { $0.isEmpty ? nil : $0 }
        let schedule = input.scheduleExpression.flatMap { $0.isEmpty ? nil : $0 }
        guard pattern != nil || schedule != nil else {
            throw .invalidEvents("Parameter(s) EventPattern or ScheduleExpression must be specified.")
        }
        if let pattern {
            do throws(PatternError) { _ = try EventPattern(parsing: pattern) } catch { throw .invalidPattern(error) }
        }
        if let schedule {
            guard bus.isDefault else {
                throw .invalidEvents("ScheduleExpression is supported only on the default event bus.")
            }
            guard ScheduleExpression(schedule) != nil else {
                throw .invalidEvents("Parameter ScheduleExpression is not valid.")
            }
        }
        if old == nil {
            let quota = call.quotas[.eventRules]
            let prefix = StoredRule.id("", on: bus.name)
            let others = try own.listIDs(StoredRule.self, after: prefix, limit: quota).prefix { $0.hasPrefix(prefix) }
            guard others.count < quota else { throw .tooManyInEvents }
        }
        var rule =
            old
            ?? StoredRule(
                name: input.name, bus: bus.name, accountID: bus.account, region: bus.region, createdBy: call.accountID,
                managedBy: call.callingService)
        // Tags of a rule that is there already are left as they are.
        if old == nil { rule.tags = try TagRules.ofEvents.new(input.tags) }
        (rule.pattern, rule.schedule) = (pattern, schedule)
        rule.state = input.state.flatMap(StoredRule.State.init) ?? .enabled
        rule.description = input.description
        rule.roleARN = input.roleArn.flatMap { $0.isEmpty ? nil : $0 }
        try own.put(rule)
        try own.settle(rule, at: call.time)
        try records.listen(to: bus, from: end, call.environment)
        return Output(ruleArn: rule.arn)
    }
}

extension RecordReading {
    /// Up to `limit` rules of a bus.
    func rules(on bus: BusReference, limit: Int) throws(ServiceError) -> ArraySlice<StoredRule> {
        // Their ids begin with the bus.
        try list(StoredRule.self, after: StoredRule.id("", on: bus.name), limit: limit).prefix { $0.bus == bus.name }
    }
}

extension MutableRecords {
    /// Puts the next run of a scheduled rule on the schedule, or takes it off.
    func settle(_ rule: StoredRule, at time: Double) throws(ServiceError) {
        guard rule.state != .disabled, let text = rule.schedule, let expression = ScheduleExpression(text),
            let next = expression.next(after: time)
        else {
            try cancel(RunSchedule.self, id: rule.id)
            return
        }
        // A rule that is put once more as it was keeps its time.
        if let job = try scheduled(RunSchedule.self, id: rule.id), job.schedule == text { return }
        try self.schedule(RunSchedule(ruleID: rule.id, schedule: text), id: rule.id, at: next)
    }
}

/// An operation that enables or disables a rule.
protocol StateOperation: PreparedWriteOperation, OnRule where OutputFields == EmptyFields {
    static var state: StoredRule.State { get }
}

extension StateOperation {
    /// Where the event history is now: what happened while a rule was disabled is not for it.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Int64 {
        try await FollowHistory.end(call.environment)
    }

    public static func handle(
        _ input: Input, _ end: Int64, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bus = try BusReference(input.eventBusName, call)
        var rule = try records.rule(input.name, on: bus)
        try rule.checkManaged(call)
        rule.state = state
        let own = records.of(bus.scope)
        try own.put(rule)
        try own.settle(rule, at: call.time)
        if state != .disabled { try records.listen(to: bus, from: end, call.environment) }
        return Output()
    }
}

extension EventBridge.EnableRule: StateOperation {
    static var state: StoredRule.State { .enabled }
}

extension EventBridge.DisableRule: StateOperation {
    static var state: StoredRule.State { .disabled }
}

extension EventBridge.DescribeRule: ReadOperation, OnRule {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let rule = try records.rule(input.name, on: try BusReference(input.eventBusName, call))
        return Output {
            $0.name = rule.name
            $0.arn = rule.arn
            $0.eventPattern = rule.pattern
            $0.scheduleExpression = rule.schedule
            $0.state = rule.state.rawValue
            $0.description = rule.description
            $0.roleArn = rule.roleARN
            $0.managedBy = rule.managedBy
            $0.eventBusName = rule.bus
            $0.createdBy = rule.createdBy
        }
    }
}

extension EventBridge.DeleteRule: WriteOperation, OnRule {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let bus = try BusReference(input.eventBusName, call)
        _ = try records.bus(bus)
        let own = records.of(bus.scope)
        // One that is not there is deleted.
        guard let rule = try own.get(StoredRule.self, StoredRule.id(input.name, on: bus.name)) else { return Output() }
        try rule.checkManaged(call, force: input.force)
        guard rule.targets.isEmpty else {
            throw .invalidEvents("Rule can't be deleted since it has targets.")
        }
        try own.delete(rule)
        try own.cancel(RunSchedule.self, id: rule.id)
        try own.endListening(to: bus)
        return Output()
    }
}

extension EventBridge.ListRules: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.eventsAccess("*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let bus = try BusReference(input.eventBusName, call)
        guard bus.account == call.accountID else { throw .noBus(bus.name) }
        _ = try records.bus(bus)
        let prefix = input.namePrefix ?? ""
        let page = try records.page(StoredRule.self, try EventsPage.paging(input.nextToken, input.limit)) {
            $0.bus == bus.name && $0.name.hasPrefix(prefix)
        }
        return Output {
            $0.rules = page.items.map(\.view)
            $0.nextToken = page.marker
        }
    }
}

extension EventBridge.ListRuleNamesByTarget: ReadOperation, OnAllEvents {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let bus = try BusReference(input.eventBusName, call)
        guard bus.account == call.accountID else { throw .noBus(bus.name) }
        _ = try records.bus(bus)
        let page = try records.page(StoredRule.self, try EventsPage.paging(input.nextToken, input.limit)) { rule in
            rule.bus == bus.name && rule.targets.contains { $0.arn == input.targetArn }
        }
        return Output {
            $0.ruleNames = page.items.map(\.name)
            $0.nextToken = page.marker
        }
    }
}

/// What condition keys say of the pattern that a rule is to have.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html>
enum PatternKeys {
    static func keys(of pattern: String) -> [String: ContextValue] {
        guard let value = try? Wire.JSONValue(parsing: Array(pattern.utf8)) else { return [:] }
        let places: [(key: String, path: [String])] = [
            ("events:source", ["source"]), ("events:detail-type", ["detail-type"]),
            ("events:detail.service", ["detail", "service"]),
            ("events:detail.eventtypecode", ["detail", "eventTypeCode"]),
            ("events:detail.useridentity.principalid", ["detail", "userIdentity", "principalId"]),
        ]
        var keys: [String: ContextValue] = [:]
        for (key, path) in places {
            var found: Wire.JSONValue? = value
            for name in path { found = found?[name] }
            guard case .array(let elements)? = found else { continue }
            let texts = elements.compactMap { element in
                if case .string(let text) = element { text } else { nil }
            }
            if texts.count == 1, elements.count == 1 {
                keys[key] = .one(texts[0])
            } else if !texts.isEmpty, texts.count == elements.count {
                keys[key] = .many(texts)
            }
        }
        return keys
    }
}
